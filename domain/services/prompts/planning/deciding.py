"""The decision what is to be done to one prompt; pure: everything that it depends on is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from attrs import define, evolve, field, frozen

from jackfield.domain.model.errors import Conflict, VersionExists
from jackfield.domain.model.history import History, Move
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.shares import share_text
from jackfield.domain.model.states import PromptState
from jackfield.domain.services.prompts.operations.conditions import is_published
from jackfield.domain.services.prompts.planning.order import is_below, is_prerelease
from jackfield.domain.services.prompts.planning.sights import Sight
from jackfield.domain.services.prompts.planning.values import (
    Do,
    Hold,
    Notice,
    PromptPlan,
    Seen,
    Standing,
    Step,
    Why,
    Wish,
)
from jackfield.domain.services.prompts.values import drifted


@frozen(kw_only=True)
class Case:
    """One prompt to be decided on: its versions, lowest first, our record of it, and what was seen."""

    name: str
    definitions: tuple[PromptDefinition, ...]
    state: PromptState
    live: PromptDefinition | None
    sight: Sight
    wish: Wish
    now: datetime


def decide(case: Case) -> PromptPlan:
    """Return the steps that bring the prompt to where its files want it, and what holds them up."""
    draft = _Draft(case.state)
    if case.sight.trouble is None or case.state.remote_id is not None:
        _publish(draft, case)
        goal = case.definitions[-1] if case.wish.promote else None
        if goal is not None and _is_to_move(draft, goal, case):
            draft.steps.append(_step(Do.PROMOTE, goal))
            draft.holds.extend(() if case.wish.force else _moving_holds(case, draft.live, goal))
    holds = (*draft.holds, *_holds(case, draft.steps))
    seen = case.sight.live
    return PromptPlan(
        name=case.name,
        definitions=case.definitions,
        standing=Standing.of(case.state),
        steps=tuple(draft.steps),
        holds=holds,
        notices=(*_notices(case), *_unripe(draft.steps)),
        seen=None if seen is None else Seen(version=seen.version, content_hash=seen.content_hash),
        live=case.live,
    )


@define
class _Draft:
    """Where the prompt would stand after the steps so far."""

    state: PromptState
    steps: list[Step] = field(factory=list[Step], init=False)
    holds: list[Hold] = field(factory=list[Hold], init=False)
    live: str | None = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.live = Standing.of(self.state).live

    def add(self, do: Do, definition: PromptDefinition) -> None:
        """Take a step that brings a version."""
        self.steps.append(_step(do, definition))
        versions = {**self.state.versions, definition.version: definition.content_hash}
        self.state = evolve(self.state, versions=versions)
        if do is not Do.PUBLISH:
            self.live = definition.version


def _step(do: Do, definition: PromptDefinition) -> Step:
    return Step(do=do, version=definition.version, content_hash=definition.content_hash)


def _publish(draft: _Draft, case: Case) -> None:
    """Publish what is not published; a prompt that only the platform has is adopted first."""
    sight = case.sight
    known = case.state.remote_id is not None
    if not known and sight.live is not None:
        draft.add(Do.ADOPT, sight.same or sight.live)
        known = True
    for definition in case.definitions:
        try:
            if is_published(draft.state, definition):
                continue
        except (Conflict, VersionExists) as error:
            draft.holds.append(Hold(why=Why.CONFLICT, message=error.message, remedy=error.remedy))
            continue
        draft.add(Do.PUBLISH if known else Do.CREATE, definition)
        known = True


def _is_to_move(draft: _Draft, goal: PromptDefinition, case: Case) -> bool:
    published = draft.state.versions.get(goal.version) == goal.content_hash
    overwrites = case.wish.force and bool(case.sight.drift or case.sight.gone)
    return published and (draft.live != goal.version or overwrites)


def _moving_holds(case: Case, live: str | None, goal: PromptDefinition) -> Iterator[Hold]:
    """What somebody decided or did by hand is not undone unless that is wanted."""
    if live is not None and is_below(goal.version, live):
        yield Hold(
            why=Why.NEWER_LIVE,
            message=f"{live} is live, which is newer than the files' {goal.version}",
            remedy=f"add the file of {live}, or go back with --force or 'jackfield rollback {case.name}'",
        )
    if was_rolled_back(case.state.history, goal.version):
        yield Hold(
            why=Why.ROLLED_BACK,
            message=f"somebody rolled back from {goal.version}",
            remedy=f"publish a newer version; or, to have it live again, use --force or 'jackfield promote"
            f" {case.name} {goal.version}'",
        )
    if case.sight.drift and case.sight.live is not None:
        yield Hold(
            why=Why.DRIFT,
            message=_drifted(case, case.sight.live),
            remedy=f"look at 'jackfield diff {case.name} --drift'; to overwrite what is there, use --force",
        )


def _drifted(case: Case, live: PromptDefinition) -> str:
    return drifted(live.version, case.live.version if case.live else None)


def was_rolled_back(history: History, version: str) -> bool:
    """Say whether the last time that *version* was live ended by a rollback."""
    versions = [entry.version for entry in history.entries]
    if version not in versions[:-1] or versions[-1] == version:
        return False
    last = len(versions) - 1 - versions[::-1].index(version)
    return history.entries[last + 1].move is Move.ROLLED_BACK


def _holds(case: Case, steps: Iterable[Step]) -> Iterator[Hold]:
    state, sight = case.state, case.sight
    if state.remote_id is None and sight.trouble is not None:
        message = f"whether the platform has it is not known: {sight.trouble}"
        yield Hold(why=Why.UNAVAILABLE, message=message, remedy="try again when the platform answers")
    doing = {step.do for step in steps}
    if not doing:
        return
    running = state.running
    if running is not None and Do.PROMOTE in doing:
        yield Hold(
            why=Why.ROLLOUT,
            message=f"a rollout of {running.candidate} is running, at {share_text(running.share)}",
            remedy=f"let it end, or end it with 'jackfield rollout stop {case.name}'",
        )
    if state.frozen and doing != {Do.PROMOTE}:
        yield Hold(
            why=Why.FROZEN,
            message=f"a rollback directive stands on {', '.join(state.frozen)}",
            remedy=f"clear it with 'jackfield unfreeze {case.name}'",
        )
    if state.pending is not None and case.now < state.pending.expires:
        yield Hold(
            why=Why.IN_FLIGHT,
            message=f"{state.pending.verb} of {state.pending.version} by {state.pending.actor} is under way",
            remedy=f"wait for it; if that process is gone, try again after"
            f" {state.pending.expires:%H:%M:%S} UTC",
        )
    if sight.gone and not (case.wish.force and doing == {Do.PROMOTE}):
        yield Hold(
            why=Why.GONE,
            message="the prompt is gone from the platform",
            remedy=f"to make it there anew, use 'jackfield promote {case.name} VERSION --force'",
        )


def _unripe(steps: Iterable[Step]) -> Iterator[Notice]:
    for step in steps:
        if step.do in (Do.CREATE, Do.PROMOTE) and is_prerelease(step.version):
            yield Notice(what="pre-release", message=f"{step.version} is a pre-release and would go live")


def _notices(case: Case) -> Iterator[Notice]:
    sight, pending = case.sight, case.state.pending
    if sight.drift and sight.live is not None:
        yield Notice(what="drift", message=_drifted(case, sight.live), lines=sight.drift)
    if sight.split is not None:
        yield Notice(what="split", message=f"the platform's routing: {sight.split}")
    if sight.gone:
        yield Notice(what="gone", message="the prompt is gone from the platform")
    if sight.trouble is not None and case.state.remote_id is not None:
        yield Notice(what="unseen", message=f"what is live on the platform is not known: {sight.trouble}")
    if pending is not None and case.now >= pending.expires:
        message = f"{pending.verb} of {pending.version} was left unsettled: the next change settles it first"
        yield Notice(what="unsettled", message=message)
