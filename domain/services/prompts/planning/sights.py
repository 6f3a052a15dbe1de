"""What the platform shows of one prompt, as far as it was asked."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from jackfield.domain.model.differences import differences
from jackfield.domain.model.errors import (
    AuthenticationFailed,
    InvalidInput,
    JackfieldError,
    NotFound,
    PermissionDenied,
)
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.ports.prompts import PromptGateway, RemoteId

_OURS: tuple[type[JackfieldError], ...] = (InvalidInput, AuthenticationFailed, PermissionDenied)
"""What keeps us from every prompt: it is told once, as itself."""


@frozen(kw_only=True)
class Sight:
    """What is live on the platform; `same` is the planned version that it is, `drift` how it differs
    from what our record has live, `split` how its routing differs from that of the rollout that runs, or of
    none, and `trouble` why nothing was seen."""

    live: PromptDefinition | None = None
    same: PromptDefinition | None = None
    drift: tuple[str, ...] = ()
    gone: bool = False
    split: str | None = None
    trouble: str | None = None


UNASKED = Sight()


def search(gateway: PromptGateway, name: str, definitions: Iterable[PromptDefinition]) -> Sight:
    """Look for a prompt that our record does not know."""
    try:
        found = gateway.find(name)
    except _OURS:
        raise
    except JackfieldError as error:
        return Sight(trouble=error.message)
    if found is None:
        return UNASKED
    return Sight(live=found.live, same=next((d for d in definitions if gateway.matches(found.live, d)), None))


def compare(gateway: PromptGateway, prompt: RemoteId, recorded: PromptDefinition | None) -> Sight:
    """Look at what is live of a prompt that our record knows."""
    try:
        live = gateway.active(prompt)
    except NotFound:
        return Sight(gone=True)
    except _OURS:
        raise
    except JackfieldError as error:
        return Sight(trouble=error.message)
    return Sight(live=live, drift=() if recorded is None else drift(gateway, recorded, live))


def drift(gateway: PromptGateway, recorded: PromptDefinition, live: PromptDefinition) -> tuple[str, ...]:
    """Return a unified diff from *recorded* to *live* as far as the platform keeps it; empty if they agree.

    A version of another number with the same content is drift too, and has no line but the heads.
    """
    if gateway.matches(live, recorded):
        return ()
    lines = differences(gateway.kept(recorded), gateway.kept(live))
    heads = (f"--- {recorded.name} {recorded.version}", f"+++ {live.name} {live.version}")
    before, after = lines[:2] or heads
    return f"{before} (our record)", f"{after} (the platform)", *lines[2:]
