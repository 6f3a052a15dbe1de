"""Why a session ended, where the platform does not say so."""

from __future__ import annotations

from typing import Final

from jackfield.domain.model.sessions.ends import EndReason, Resolution, exit_reason
from jackfield.domain.model.sessions.policy import Reason
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState

_WORDS: Final = {
    Resolution.RESOLVED: EndReason.TRIGGERED_BY_FLOW,
    Resolution.ABANDONED: EndReason.TRIGGERED_BY_USER,
    Resolution.FAILED: EndReason.ERROR,
}


def why_ended(
    state: SessionState, *, said: EndReason | None = None, resolution: Resolution | None = None
) -> EndReason:
    """Return why the session of *state* ended: *said* and *resolution* are what the platform tells, if it does.

    The first line that fits:

    | what is known | reason |
    |---|---|
    | our close knows better than the platform (its time was over), which says nothing else of what came of it | what the close says |
    | the platform says a reason | that |
    | what came of it, as the platform says, or else our close: resolved | TriggeredByFlow |
    | … abandoned | TriggeredByUser |
    | … failed | Error |
    | … escalated, or nothing, and people have it, or their queue | why the bot left it: AgentRequestedByUser for a request, RecognitionFailure for confidence, Error for failures, else TriggeredByFlow |
    | … escalated, and the bot never left it | AgentRequestedByUser |
    | nothing, and the bot has it, or it was on its way to a queue | TriggeredByUser: nobody of ours ended it |
    """  # noqa: E501  # a table's row is a line
    closing = state.session.closing
    known = (closing.reason if closing and resolution in {None, closing.resolution} else None) or said
    return known or _derived(state, resolution or (closing.resolution if closing else None))


def _derived(state: SessionState, resolution: Resolution | None) -> EndReason:
    if resolution is not None and resolution in _WORDS:
        return _WORDS[resolution]
    if resolution is Resolution.ESCALATED:
        return _left(state) if state.session.handoffs else EndReason.AGENT_REQUESTED_BY_USER
    return _left(state) if _is_with_people(state) else EndReason.TRIGGERED_BY_USER


def _is_with_people(state: SessionState) -> bool:
    """Whether people have it, or the queue, of which nobody said that the customer left it."""
    standing = state.session.standing
    return standing is Standing.WITH_PEOPLE or (standing is Standing.HANDING_OVER and state.routed)


def _left(state: SessionState) -> EndReason:
    """Why the bot left it first; a reason that is none of the policy's was somebody's will."""
    return exit_reason(next((each for each in Reason if each == state.escalation), None))
