"""Whether an unsettled operation happened, told by the platform."""

from __future__ import annotations

from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.states import Operation, Verb
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.ports.prompts import PromptGateway, RemoteId


def happened(
    records: Records, gateway: PromptGateway, loaded: Loaded, operation: Operation
) -> tuple[bool, RemoteId | None]:
    """Say whether *operation* is done on the platform, and the id of the prompt if it was made by it."""
    definition = records.kept(loaded.name, operation.version)
    if definition is None:
        return False, None
    if loaded.state.remote_id is None:
        return _created(gateway, definition)
    prompt = RemoteId(loaded.state.remote_id)
    match operation.verb:
        case Verb.PUBLISH | Verb.ADOPT:
            return gateway.stored(prompt, definition), None
        case Verb.PROMOTE | Verb.ROLL_BACK:
            return gateway.matches(gateway.active(prompt), definition), None
        case Verb.FREEZE:
            return operation.version in _frozen(gateway, prompt), None
        case Verb.UNFREEZE:
            return operation.version not in _frozen(gateway, prompt), None


def _created(gateway: PromptGateway, definition: PromptDefinition) -> tuple[bool, RemoteId | None]:
    found = gateway.find(definition.name)
    if found is None or not gateway.stored(found.id, definition):
        return False, None
    return True, found.id


def _frozen(gateway: PromptGateway, prompt: RemoteId) -> frozenset[str]:
    return frozenset(v.number for v in gateway.versions(prompt) if v.frozen)
