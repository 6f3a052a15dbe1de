"""Each answer of an assistant, posted to a telemetry endpoint."""

from __future__ import annotations

from typing import ClassVar, Final

from attrs import define, field, frozen

from jackfield.domain.model.canonical import JSON, ordered
from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.model.events import timestamp
from jackfield.domain.model.measurements import Asked, Measurement
from jackfield.plugins.isolation import Junk
from jackfield.plugins.markers import hookimpl
from jackfield.plugins.receivers import RECEIVER, variable
from jackfield.ports.http import Answer, Http

VARIABLE: Final = "OBSERVABILITY_ENDPOINT"
_FINE: Final = range(200, 300)


def _named(_instance: object, _field: object, endpoint: str) -> None:
    if not endpoint:
        raise InvalidInput(
            f"no endpoint is named: set it, or the variable {VARIABLE}", place="plugins.telemetry.endpoint"
        )


@frozen(kw_only=True)
class TelemetrySettings:
    """`[plugins.telemetry]`: where it is posted; `OBSERVABILITY_ENDPOINT` if the table does not say."""

    endpoint: str = field(
        default="", repr=False, metadata={**RECEIVER, **variable(VARIABLE)}, validator=_named
    )


@define
class Telemetry:
    """Posts once, on the thread that hears of measurements; what fails is lost, and counted."""

    Settings: ClassVar[type[TelemetrySettings]] = TelemetrySettings

    settings: TelemetrySettings
    _http: Http | None = field(default=None, init=False)

    @hookimpl
    def jackfield_connect(self, http: Http) -> None:
        """Keep what calls the endpoint."""
        self._http = http

    @hookimpl
    def jackfield_measure(self, measurement: Measurement) -> None:
        """Post it if it is an answer; raise what is counted and shown otherwise."""
        if not isinstance(measurement, Asked):
            return
        answer = self._posted(ordered(body(measurement)).encode())
        if answer.status not in _FINE:
            raise Junk(f"the endpoint answers with status {answer.status}")

    def _posted(self, content: bytes) -> Answer:
        if self._http is None:
            raise Junk("no core is open, so nothing is posted")
        try:
            return self._http(
                "POST",
                self.settings.endpoint,
                headers={"Content-Type": "application/json"},
                body=content,
            )
        except JackfieldError as error:  # its words are ours, and name the host at most
            raise Junk(f"the endpoint was not reached: {error.message}") from None


def body(asked: Asked) -> dict[str, JSON]:
    """Return the tutorial's fields in its order, and the tokens a second (`wire.md` §11).

    `tokensConsumed` are the answer's, as the tutorial counts them.
    """
    return {
        "conversationId": asked.conversation,
        "assistantId": asked.assistant,
        "injectionLatencyMs": round(asked.injection_s * 1000),
        "tokensConsumed": asked.completion_tokens,
        "timestamp": timestamp(asked.time, "milliseconds"),
        "safetyPolicyTriggered": asked.safety,
        "tokensPerSecond": None if asked.tokens_per_second is None else round(asked.tokens_per_second, 3),
    }
