"""Creating something on the platform without ever doing it twice: what got no answer is read back first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from attrs import frozen

from jackfield.domain.model.errors import JackfieldError, OutcomeUnknown, Refused, Unavailable
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.ports.clock import Clock
from jackfield.ports.prompts import PromptGateway, RemoteId

_PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4))


@frozen(kw_only=True)
class Creation:
    """A creating call by the rule of `wire.md` §2: read back, and only then sent again.

    `find` answers the prompt's id if it is there. Its name and number are the platform's own keys: a call
    that arrives late is refused there, and publishing again takes up what arrived. `within` bounds when a
    call may still begin.
    """

    send: Callable[[], RemoteId]
    find: Callable[[], RemoteId | None]
    clock: Clock
    within: timedelta

    def __call__(self) -> RemoteId:
        """Create it. Raises what the call raises; `Unavailable` if it is not there after every try."""
        began = self.clock.monotonic()
        failure: OutcomeUnknown | Refused | None = None
        for pause in (*_PAUSES, None):
            try:
                return self.send()
            except OutcomeUnknown as error:
                failure = error
            except Refused as error:
                if failure is None:
                    raise
                failure = error
            found = self._read_back(failure)
            if found is not None:
                return found
            if pause is None or self._is_late(began, pause):
                break
            self.clock.sleep(pause)
        raise _absent(failure)

    def _read_back(self, failure: JackfieldError) -> RemoteId | None:
        try:
            return self.find()
        except JackfieldError as error:
            raise failure from error

    def _is_late(self, began: float, pause: timedelta) -> bool:
        return self.clock.monotonic() - began + pause.total_seconds() > self.within.total_seconds()


def _absent(failure: JackfieldError | None) -> JackfieldError:
    if not isinstance(failure, OutcomeUnknown):
        return failure or Unavailable("it was not sent")
    return Unavailable(
        f"{failure.message}; read back, it is not there",
        place=failure.place,
        remedy="publish it again; should it arrive there after all, that takes it up",
        attempts=failure.attempts,
    )


def of_prompt(gateway: PromptGateway, definition: PromptDefinition) -> Callable[[], RemoteId | None]:
    """Return what reads back whether the prompt was made with this version."""

    def find() -> RemoteId | None:
        found = gateway.find(definition.name)
        return found.id if found is not None and gateway.stored(found.id, definition) else None

    return find


def of_version(
    gateway: PromptGateway, prompt: RemoteId, definition: PromptDefinition
) -> Callable[[], RemoteId | None]:
    """Return what reads back whether the version was added."""
    return lambda: prompt if gateway.stored(prompt, definition) else None
