"""Rollback directives: while one stands, the platform takes no version of anybody."""

from __future__ import annotations

from attrs import evolve

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.states import Verb
from jackfield.domain.services.prompts.changing.basis import Changing, remote_of
from jackfield.domain.services.prompts.operations.intents import Intent
from jackfield.domain.services.prompts.values import Moved


def freeze_left(changing: Changing, moved: Moved) -> Moved:
    """Set the rollback directive of the version that a rollback left."""
    if moved.before is None:
        return moved
    try:
        _direct(changing, moved.name, Verb.FREEZE, moved.before)
    except JackfieldError as error:
        error.remedy += f"; the rollback to {moved.after} is done, only the freeze is not"
        raise
    return evolve(moved, frozen=moved.before)


def unfreeze(changing: Changing, name: str) -> tuple[str, ...]:
    """Clear every rollback directive of the prompt, whoever set it; return the versions that had one."""
    loaded = changing.known(name)
    versions = changing.gateway.versions(remote_of(loaded))
    standing = tuple(v.number for v in versions if v.frozen)
    cleared_elsewhere = tuple(v.number for v in versions if not v.frozen and v.number in loaded.state.frozen)
    for number in (*standing, *cleared_elsewhere):
        _direct(changing, name, Verb.UNFREEZE, number)
    return standing


def _direct(changing: Changing, name: str, verb: Verb, number: str) -> None:
    loaded = changing.known(name)
    remote = remote_of(loaded)
    intent = Intent(
        verb=verb,
        version=number,
        content_hash=loaded.state.versions.get(number, ""),
        call=lambda: changing.gateway.freeze(remote, number, frozen=verb is Verb.FREEZE),
        payload={"rollback_directive": verb is Verb.FREEZE},
    )
    changing.carry_out(loaded, intent)
