"""Prompts: what is live, which version somebody gets, and moving them."""

from __future__ import annotations

from typing import Final

from jackfield.domain.services.prompts import Moved
from jackfield.entrypoints.cli.rolling import choice_view
from jackfield.entrypoints.cli.views import finding_view, status_view
from jackfield.entrypoints.service.deadlines import within
from jackfield.entrypoints.service.operations import Call, Operation, View
from jackfield.entrypoints.service.shapes.prompts import (
    ChoiceShape,
    Choosing,
    MovedShape,
    Promoting,
    PromptShape,
    PromptsShape,
    RollingBack,
)
from jackfield.entrypoints.settings.service import Scope


def list_prompts(call: Call) -> View:
    """Return every prompt at a glance."""
    core = call.serving.core
    with within(call):
        found = core.prompts.overview()
    return {"target": core.settings.target, "prompts": [status_view(each) for each in found]}


def get_prompt(call: Call) -> View:
    """Return one prompt at a glance."""
    with within(call):
        return status_view(call.serving.core.prompts.status(call.path["name"]))


def choose_version(call: Call) -> View:
    """Return the version that a unit gets, and why."""
    wanted = call.said(Choosing)
    with within(call):
        choice = call.serving.core.prompts.choose(
            call.path["name"], unit=wanted.unit, pin=wanted.pin, force=wanted.version
        )
    return choice_view(choice)


def promote_version(call: Call) -> View:
    """Make a published version live for everybody."""
    wanted, name, me = call.said(Promoting), call.path["name"], call.acting().prompts
    expecting = None if wanted.expecting is None else me.version(name, wanted.expecting)
    with within(call):
        moved = me.promote(me.version(name, wanted.version), expecting=expecting, force=wanted.force)
    return _moved(call, moved)


def roll_back_prompt(call: Call) -> View:
    """Make an earlier version live again."""
    wanted = call.said(RollingBack)
    with within(call):
        moved = call.acting().prompts.roll_back(call.path["name"], to=wanted.to, freeze=wanted.freeze)
    return _moved(call, moved)


def _moved(call: Call, moved: Moved) -> View:
    call.serving.deliver()
    return {
        "name": moved.name,
        "before": moved.before,
        "live": moved.after,
        "changed": moved.changed,
        "frozen": moved.frozen,
        "findings": [finding_view(each) for each in moved.findings],
    }


_TAG: Final = "prompts"
_MOVING: Final = (404, 409, 422)

OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/prompts",
        answer=list_prompts,
        summary="List every prompt, with what is live.",
        tag=_TAG,
        gives=PromptsShape,
        waits=True,
    ),
    Operation(
        method="GET",
        path="/v1/prompts/{name}",
        answer=get_prompt,
        summary="Show what is live of a prompt, since when and by whom.",
        tag=_TAG,
        gives=PromptShape,
        refuses=(404,),
        waits=True,
    ),
    Operation(
        method="POST",
        path="/v1/prompts/{name}/choose",
        answer=choose_version,
        summary="Choose the version for a customer or a conversation.",
        tag=_TAG,
        takes=Choosing,
        gives=ChoiceShape,
        refuses=(404,),
        waits=True,
    ),
    Operation(
        method="POST",
        path="/v1/prompts/{name}/promote",
        answer=promote_version,
        summary="Make a published version live for everybody.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=Promoting,
        gives=MovedShape,
        refuses=_MOVING,
        waits=True,
    ),
    Operation(
        method="POST",
        path="/v1/prompts/{name}/roll-back",
        answer=roll_back_prompt,
        summary="Make an earlier version live again.",
        tag=_TAG,
        scope=Scope.WRITE,
        takes=RollingBack,
        may_be_empty=True,
        gives=MovedShape,
        refuses=_MOVING,
        waits=True,
    ),
)
