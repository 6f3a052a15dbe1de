"""Whether an unsettled operation happened, told by the platform."""

from __future__ import annotations

from typing import Final

from jackfield.domain.model.errors import NotFound
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.states import Operation, Verb
from jackfield.domain.services.prompts.operations.creating import of_prompt
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.domain.services.prompts.splits import is_routed
from jackfield.ports.prompts import PromptGateway, RemoteId

_DIRECTIVES: Final = frozenset({Verb.FREEZE, Verb.UNFREEZE})
_SPLITS: Final = frozenset({Verb.START_ROLLOUT, Verb.RAMP_ROLLOUT, Verb.STOP_ROLLOUT, Verb.ROLL_BACK_ROLLOUT})
"""The moves of a rollout that the platform routes; all others need no call."""


def happened(
    records: Records, gateway: PromptGateway, loaded: Loaded, operation: Operation
) -> tuple[bool, RemoteId | None]:
    """Say whether *operation* is done on the platform, and the id of the prompt if it was made by it.

    Nothing is done to a prompt that is gone from there, but that it routes nothing any more.
    """
    try:
        if operation.verb in _SPLITS:
            return _routed(gateway, loaded, operation), None
        if operation.verb in _DIRECTIVES:
            return _directed(gateway, loaded, operation), None
        definition = records.kept(loaded.name, operation.version)
        if definition is None:
            return False, None
        if loaded.state.remote_id is None:
            return _created(gateway, definition)
        return _changed(gateway, RemoteId(loaded.state.remote_id), operation.verb, definition), None
    except NotFound:
        return False, None


def _directed(gateway: PromptGateway, loaded: Loaded, operation: Operation) -> bool:
    """Compare the directive alone: the version may be somebody else's, of which nothing is kept here."""
    standing = _frozen(gateway, RemoteId(loaded.state.remote_id or ""))
    return (operation.version in standing) is (operation.verb is Verb.FREEZE)


def _routed(gateway: PromptGateway, loaded: Loaded, operation: Operation) -> bool:
    if operation.rollout is None:
        return False
    try:
        return is_routed(gateway, RemoteId(loaded.state.remote_id or ""), operation.rollout)
    except NotFound:
        return operation.rollout.split is None


def _changed(gateway: PromptGateway, prompt: RemoteId, verb: Verb, definition: PromptDefinition) -> bool:
    if verb is Verb.PUBLISH:
        return gateway.stored(prompt, definition)
    return gateway.matches(gateway.active(prompt), definition)


def _created(gateway: PromptGateway, definition: PromptDefinition) -> tuple[bool, RemoteId | None]:
    found = of_prompt(gateway, definition)()
    return found is not None, found


def _frozen(gateway: PromptGateway, prompt: RemoteId) -> frozenset[str]:
    return frozenset(v.number for v in gateway.versions(prompt) if v.frozen)
