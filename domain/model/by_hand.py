"""What a person does with a rollout: to stop it, to take its version back, to hold it, to let it go on."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.rollouts import Phase, Rollout


def ended_by_hand(rollout: Rollout, phase: Phase, why: str, *, now: datetime, prompt: str) -> Rollout:
    """Return *rollout* stopped or rolled back because a person says so.

    One that was stopped can still be rolled back. Raises `Conflict`, which names *prompt*, for any other end.
    """
    if rollout.ended and (rollout.phase, phase) != (Phase.STOPPED, Phase.ROLLED_BACK):
        raise _over(rollout, prompt)
    if phase not in (Phase.STOPPED, Phase.ROLLED_BACK):
        raise InvalidInput(
            f"a rollout does not become {phase} by hand", place=f"prompt {prompt}", remedy="let it step"
        )
    return evolve(rollout, phase=phase, since=max(now, rollout.since), why=(why,), holding=())


def held(rollout: Rollout, by: str, *, prompt: str) -> Rollout:
    """Return *rollout* held by somebody, or let go for an empty text; raise `Conflict` if it has ended."""
    if rollout.ended:
        raise _over(rollout, prompt)
    return evolve(rollout, held_by=by)


def _over(rollout: Rollout, prompt: str) -> Conflict:
    remedy = "start another rollout"
    if rollout.phase is Phase.STOPPED:
        remedy += (
            f"; 'jackfield rollout stop {prompt} --roll-back' takes {rollout.candidate} also from"
            " conversations that have it"
        )
    return Conflict(f"the rollout is {rollout.phase} already", place=f"prompt {prompt}", remedy=remedy)
