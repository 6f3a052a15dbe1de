"""Rollouts: where they are, their next step, and how conversations went."""

from __future__ import annotations

from typing import Final

from jackfield.entrypoints.cli.rolling import status_view, stepped_view
from jackfield.entrypoints.service.deadlines import within
from jackfield.entrypoints.service.operations import Call, Operation, View
from jackfield.entrypoints.service.shapes.rollouts import (
    HeardShape,
    Observing,
    RolloutsShape,
    RolloutStatusShape,
    SteppedShape,
)
from jackfield.entrypoints.settings.service import Scope


def list_rollouts(call: Call) -> View:
    """Return the newest rollout of every prompt."""
    core = call.serving.core
    with within(call):
        found = core.rollouts.overview()
    return {"target": core.settings.target, "rollouts": [status_view(each) for each in found]}


def get_rollout(call: Call) -> View:
    """Return a prompt's newest rollout, and what a step would do."""
    with within(call):
        return status_view(call.serving.core.rollouts.status(call.path["name"]))


def step_rollout(call: Call) -> View:
    """Make the one move that the evidence allows."""
    with within(call):
        stepped = call.acting().rollouts.step(call.path["name"])
    if stepped.changed:
        call.serving.deliver()
    return stepped_view(stepped)


def observe_outcome(call: Call) -> View:
    """Tell how a conversation went; nothing is raised for what cannot count."""
    said = call.said(Observing)
    heard = call.serving.core.rollouts.observe(
        said.pin, success=said.success, latency=said.latency_s, tokens=said.tokens, ended=said.ended
    )
    return {"heard": heard.value}


_TAG: Final = "rollouts"

OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/rollouts",
        answer=list_rollouts,
        summary="List the newest rollout of every prompt.",
        tag=_TAG,
        gives=RolloutsShape,
        waits=True,
    ),
    Operation(
        method="GET",
        path="/v1/rollouts/{name}",
        answer=get_rollout,
        summary="Show a prompt's rollout, its evidence, and what a step would do.",
        tag=_TAG,
        gives=RolloutStatusShape,
        refuses=(404,),
        waits=True,
    ),
    Operation(
        method="POST",
        path="/v1/rollouts/{name}/step",
        answer=step_rollout,
        summary="Make the one move that the evidence allows, if there is one.",
        tag=_TAG,
        scope=Scope.WRITE,
        gives=SteppedShape,
        refuses=(404, 409, 422),
        waits=True,
    ),
    Operation(
        method="POST",
        path="/v1/observe",
        answer=observe_outcome,
        summary="Tell how a conversation went, by the pin that its choice gave.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=Observing,
        gives=HeardShape,
    ),
)
