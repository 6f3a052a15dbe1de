"""The platform's notices of ended conversations: believed if they are signed, and recorded once."""

from __future__ import annotations

from typing import Any, Final

from attrs import evolve, field, frozen

from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.fields import all_of, expect
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import key_of, verify
from jackfield.domain.services.sessions.asked.values import Forged, Headers, Received
from jackfield.domain.services.sessions.ending.hearing import Hearing
from jackfield.ports.clock import Clock
from jackfield.ports.end_notices import EndNotices, Notice

LARGEST_BODY: Final = 512_000
"""The most bytes of a webhook's body; what is larger is not even looked at."""
_LONGEST_ID: Final = 200
_UNREADABLE: Final = 400
_TOO_LARGE: Final = 413


def _secrets(values: Any) -> tuple[Secret, ...]:
    return all_of(Secret, values, "secrets")


def _with_keys(_instance: object, _attribute: Any, values: tuple[Secret, ...]) -> None:
    for value in values:
        key_of(value)


@frozen(kw_only=True)
class Noticing:
    """Hears webhooks. `secrets` are the current and the previous one: while it changes both are believed.

    `unset` names the environment variable of the current secret where the settings name one that is not set.
    """

    notices: EndNotices
    hearing: Hearing
    clock: Clock
    secrets: tuple[Secret, ...] = field(converter=_secrets, validator=_with_keys)
    unset: str | None = None

    def receive(self, headers: Headers, body: bytes) -> Received:
        """Take a webhook's headers, of names in any case, and its body, byte by byte as it came.

        Whatever a sender can send is answered, with the `status` for HTTP, and nothing is raised; many
        threads and processes may hear the same at once, and one of them answers Accepted. What is raised is
        ours: `Unavailable` of the ledger, or while the secret is not set, and `Conflict` if the session was
        moved at each of 20 tries. Nothing was recorded then: answer 503, and the sender comes again.
        `InvalidInput` for headers without `items()`, and for a body that is not bytes.
        """
        _expect_items(headers)
        expect(bytes, body, "body", "give the raw bytes of the request, not what was read from them")
        if len(body) > LARGEST_BODY:
            return Forged(f"its body has more than {LARGEST_BODY:,} bytes", _TOO_LARGE)
        if self.unset is not None:
            raise Unavailable(
                f"the environment variable {self.unset} is not set, so no notice can be believed",
                place="sessions.notices.secret_env",
                remedy="set it where notices are received; the platform sends them again",
            )
        if not self.secrets:
            return Forged("no secret of webhooks is set here, so none is believed")
        try:
            verify(_plain(headers), body, self.secrets, self.clock.now())
        except InvalidInput as error:
            return Forged(error.message)
        try:
            notice = _checked(self.notices.read(body))
        except InvalidInput as error:
            return Forged(error.message, _UNREADABLE)
        return self.hearing.hear(notice)


def _expect_items(headers: object) -> None:
    """A server's own class of headers need not be a mapping: that of `http.server` is none."""
    if not callable(getattr(headers, "items", None)):
        raise InvalidInput(
            "they must have items(), as a dict has",
            place="headers",
            remedy="give the request's headers as the server has them, or as a dict",
        )


def _plain(headers: Headers) -> dict[str, str]:
    """Return the headers by their names in lower case; some servers give bytes."""
    pairs = ((_text(name), _text(value)) for name, value in headers.items())
    return {name.lower(): value for name, value in pairs}


def _text(value: object) -> str:
    """Return a header's text: of bytes every one is a character, as HTTP has it."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _checked(notice: Notice) -> Notice:
    """Return *notice* if its names can be kept; of ours it may say what it likes, and is not believed."""
    if not _can_be_kept(notice.conversation):
        raise InvalidInput("what it calls the conversation is no id", place="webhook", remedy="refuse it")
    ours = notice.session
    return notice if ours is None or _can_be_kept(ours) else evolve(notice, session=None)


def _can_be_kept(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_ID and name.isprintable()
