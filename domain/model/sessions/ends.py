"""How a session ends, in the platform's words, and what came of it.

Sources: `platform.md` §3.4 for the reasons, `wire.md` §8 for the resolutions.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import aware
from jackfield.domain.model.sessions.policy import Reason

E = TypeVar("E", bound=StrEnum)

_SHOWN: Final = 40


class EndReason(StrEnum):
    """Why a session ended, as the platform spells it."""

    TRIGGERED_BY_USER = "TriggeredByUser"
    AGENT_REQUESTED_BY_USER = "AgentRequestedByUser"
    TRIGGERED_BY_FLOW = "TriggeredByFlow"
    SESSION_EXPIRED = "SessionExpired"
    ERROR = "Error"
    RECOGNITION_FAILURE = "RecognitionFailure"


class Resolution(StrEnum):
    """What came of a session."""

    RESOLVED = "resolved"
    ESCALATED = "escalated"
    ABANDONED = "abandoned"
    FAILED = "failed"


class Holder(StrEnum):
    """Who had the session when it ended: a queue is where it waits for people."""

    BOT = "bot"
    QUEUE = "queue"
    PEOPLE = "people"


@frozen(kw_only=True)
class End:
    """An end: when it was, when we heard of it, why, what came of it, and who had the session."""

    at: datetime = field(validator=aware)
    recorded: datetime = field(validator=aware)
    reason: EndReason
    resolution: Resolution
    holder: Holder


_RESOLUTIONS: Final = {
    EndReason.TRIGGERED_BY_USER: Resolution.ABANDONED,
    EndReason.AGENT_REQUESTED_BY_USER: Resolution.ESCALATED,
    EndReason.TRIGGERED_BY_FLOW: Resolution.RESOLVED,
    EndReason.SESSION_EXPIRED: Resolution.ABANDONED,
    EndReason.ERROR: Resolution.FAILED,
    EndReason.RECOGNITION_FAILURE: Resolution.FAILED,
}


def resolution_for(reason: EndReason, holder: Holder) -> Resolution:
    """Return what came of a session of which nobody says so.

    What people had was escalated, unless something broke; a customer who leaves the queue abandons it.
    """
    usual = _RESOLUTIONS[reason]
    return Resolution.ESCALATED if holder is Holder.PEOPLE and usual is not Resolution.FAILED else usual


def holder_at_end(holder: Holder, resolution: Resolution, *, routed: bool) -> Holder:
    """Return who had a session when it ended, where nobody may have said that people took it.

    One that is *routed* stays with the queue until somebody says so. A customer who abandoned it left the
    queue; with any other end somebody must have dealt with it, so people had it.
    """
    taken = holder is Holder.QUEUE and routed and resolution is not Resolution.ABANDONED
    return Holder.PEOPLE if taken else holder


_EXITS: Final = {
    Reason.REQUEST: EndReason.AGENT_REQUESTED_BY_USER,
    Reason.FAILURE: EndReason.ERROR,
    Reason.CONFIDENCE: EndReason.RECOGNITION_FAILURE,
}


def exit_reason(reason: Reason | None) -> EndReason:
    """Return the platform's word for why a bot leaves a session to people; None is by hand."""
    return EndReason.TRIGGERED_BY_FLOW if reason is None else _EXITS.get(reason, EndReason.TRIGGERED_BY_FLOW)


def resolution(word: object) -> Resolution:
    """Read a resolution; raise `InvalidInput` with the words there are for another."""
    return _read(Resolution, word, "resolutionStatus")


def _read(kind: type[E], word: object, place: str) -> E:
    found = next((each for each in kind if each == word), None)
    if found is None:
        said = ascii(word[:_SHOWN]) if isinstance(word, str) else f"a value of type {type(word).__name__}"
        raise InvalidInput(f"{said} is unknown", place=place, remedy=f"write one of {', '.join(kind)}")
    return found
