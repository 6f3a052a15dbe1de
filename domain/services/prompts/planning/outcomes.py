"""What became of a plan's prompts."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import frozen

from jackfield.domain.model.errors import Conflict, JackfieldError, NotFound, RollbackActive, Unavailable
from jackfield.domain.model.reviews import Finding
from jackfield.domain.services.prompts.planning.values import Hold, PromptPlan, Step, Why


class Result(StrEnum):
    """How far a prompt came."""

    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    LEFT = "left"


@frozen(kw_only=True)
class Outcome:
    """What became of one prompt: the steps that were done now, and why not all, if not all were.

    `findings` are the warnings of the reviewers of what went live.
    """

    name: str
    result: Result
    steps: tuple[Step, ...] = ()
    error: JackfieldError | None = None
    findings: tuple[Finding, ...] = ()


_KINDS: dict[Why, type[JackfieldError]] = {
    Why.FROZEN: RollbackActive,
    Why.GONE: NotFound,
    Why.UNAVAILABLE: Unavailable,
}


def refusal(name: str, holds: Sequence[Hold]) -> JackfieldError:
    """Return *holds*, one at least, as the error that doing it anyway would have been; it names them all."""
    kind = _KINDS.get(holds[0].why, Conflict)
    message = "; and ".join(hold.message for hold in holds)
    remedy = "; and ".join(dict.fromkeys(hold.remedy for hold in holds))
    return kind(message, place=f"prompt {name}", remedy=remedy)


def moved(planned: PromptPlan) -> Conflict:
    """Return the error of a prompt that was moved since it was planned."""
    return Conflict(
        "somebody moved it since the plan was made",
        place=f"prompt {planned.name}",
        remedy=f"look at 'jackfield log {planned.name}' and plan again",
    )
