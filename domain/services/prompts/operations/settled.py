"""What a prompt's state becomes when an operation has succeeded."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import evolve

from jackfield.domain.model.evidence.measured import Window
from jackfield.domain.model.history import Activation, Move
from jackfield.domain.model.rollouts import Rollout, Router
from jackfield.domain.model.states import Operation, PromptState, Verb
from jackfield.ports.prompts import RemoteId

_MOVES: Final = {
    Verb.PUBLISH: Move.PUBLISHED,
    Verb.ADOPT: Move.ADOPTED,
    Verb.PROMOTE: Move.PROMOTED,
    Verb.ROLL_BACK: Move.ROLLED_BACK,
}


def settled(
    state: PromptState, operation: Operation, *, time: datetime, created: RemoteId | None
) -> PromptState:
    """Return *state* after *operation*; `created` is the platform's id if it made the prompt."""
    if created is not None:
        state = evolve(state, remote_id=created)
    if operation.rollout is not None:
        rollout = _routed(state.rollout, operation.rollout, asked=operation.started, answered=time)
        state = evolve(state, rollout=rollout)
    match operation.verb:
        case Verb.PUBLISH | Verb.ADOPT:
            state = evolve(
                state, versions={**state.versions, operation.version: operation.content_hash or ""}
            )
            return state if created is None else _live(state, operation, time)
        case Verb.PROMOTE | Verb.ROLL_BACK:
            return _live(_revoked(state, operation), operation, time)
        case Verb.FREEZE:
            return evolve(state, frozen=(*_without(state.frozen, operation.version), operation.version))
        case Verb.UNFREEZE:
            return evolve(state, frozen=_without(state.frozen, operation.version))
        case _:
            return _rolled_out(state, operation)


def _routed(before: Rollout | None, after: Rollout, *, asked: datetime, answered: datetime) -> Rollout:
    """Return *after*, which the platform was asked for in the place of *before* and has from *answered* on.

    What it has of another share than before begins a window, and ends the one before.
    """
    split = None if before is None or before.id != after.id else before.split
    if after.plan.router is not Router.PLATFORM or after.split == split:
        return after
    windows = tuple(window if window.closed else evolve(window, closed=asked) for window in after.windows)
    if after.split is not None:
        windows = (*windows, Window(step=after.step, opened=answered))
    return evolve(after, since=max(after.since, answered), windows=windows)


def _rolled_out(state: PromptState, operation: Operation) -> PromptState:
    """A move of a rollout makes nothing live; a version that is taken back is revoked."""
    revoked = _without(state.revoked, operation.version)
    if operation.verb is Verb.ROLL_BACK_ROLLOUT:
        revoked = (*revoked, operation.version)
    return evolve(state, revoked=revoked)


def _revoked(state: PromptState, operation: Operation) -> PromptState:
    """What goes live may be pinned again; what a rollback leaves may not: it was taken back for a reason."""
    revoked, live = _without(state.revoked, operation.version), state.history.live
    left = live is not None and live.version != operation.version
    if operation.verb is Verb.ROLL_BACK and live is not None and left:
        revoked = (*_without(revoked, live.version), live.version)
    return evolve(state, revoked=revoked)


def _without(versions: tuple[str, ...], version: str) -> tuple[str, ...]:
    return tuple(v for v in versions if v != version)


def _live(state: PromptState, operation: Operation, time: datetime) -> PromptState:
    live = state.history.live
    if live is not None and live.version == operation.version:
        return state
    entry = Activation(
        version=operation.version,
        move=_MOVES[operation.verb],
        time=time,
        actor=operation.actor,
        reason=operation.reason,
        restores=operation.restores,
    )
    return evolve(state, history=state.history.with_entry(entry))
