"""What is left of a plan: nobody but the plan itself may have moved the prompt since."""

from __future__ import annotations

from attrs import evolve

from jackfield.domain.services.prompts.planning.values import Do, PromptPlan, Standing, Step


def remaining(planned: PromptPlan, now: Standing) -> tuple[Step, ...] | None:
    """Return the steps that are left; None if the prompt stands where none of them leads: it was moved."""
    standing = planned.standing
    if standing == now:
        return planned.steps
    for count, step in enumerate(planned.steps, start=1):
        standing = after(standing, step)
        if standing == now:
            return planned.steps[count:]
    return None


def after(standing: Standing, step: Step) -> Standing:
    """Return where the prompt stands when *step* is done."""
    versions = {**standing.versions, step.version: step.content_hash}
    if step.do is Do.PUBLISH:
        return evolve(standing, versions=versions)
    moves = step.version != standing.live
    return evolve(standing, versions=versions, live=step.version, activations=standing.activations + moves)
