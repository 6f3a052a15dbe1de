"""What the platform routes where it sends the units of a rollout, and what it should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jackfield.domain.model.routers import Router
from jackfield.domain.model.shares import share_text
from jackfield.ports.prompts import PromptGateway, RemoteId, Split

if TYPE_CHECKING:
    from jackfield.domain.model.rollouts import Rollout
    from jackfield.domain.model.states import PromptState

_OURS: Final = "rollout-"
"""What the variants of rollouts begin with."""


def split_of(rollout: Rollout) -> Split | None:
    """Return the split of *rollout* on the platform; None before its start and after its end.

    The variant's name stays the same through all steps, so that metrics can be told by it.
    """
    if rollout.split is None:
        return None
    return Split(version=rollout.candidate, share=rollout.share, variant=variant_of(rollout))


def variant_of(rollout: Rollout) -> str:
    """Return the name by which the platform and its metrics tell the units of *rollout*."""
    return f"{_OURS}{rollout.id[:12]}"


def routes(state: PromptState, router: Router) -> bool:
    """Whether the platform's routing is ours to look at: that of the rollout that runs, else by *router*.

    While a change of it is under way nothing can be said of it.
    """
    running = state.running
    return (router if running is None else running.plan.router) is Router.PLATFORM and state.pending is None


def split_drift(gateway: PromptGateway, prompt: RemoteId, rollout: Rollout | None) -> str | None:
    """Say how the platform's routing differs from that of *rollout*; None if it does not.

    While one runs every split counts, since another's changes the odds, too; else only those that are ours.
    Raises what `PromptGateway.versions` does.
    """
    wanted = None if rollout is None else split_of(rollout)
    found = _splits(gateway, prompt)
    if wanted is not None:
        return None if found == [wanted] else f"it routes {_told(found)}, not {_told([wanted])}"
    left = [split for split in found if split.variant.startswith(_OURS)]
    if not left:
        return None
    return f"it routes {_told(left)}, and no rollout runs; to end that, promote what is live with --force"


def is_routed(gateway: PromptGateway, prompt: RemoteId, rollout: Rollout) -> bool:
    """Whether the platform has the split of *rollout*, or none after its end, whatever else it routes.

    Raises what `PromptGateway.versions` does.
    """
    wanted, variant = split_of(rollout), variant_of(rollout)
    found = [split for split in _splits(gateway, prompt) if split.version == rollout.candidate]
    return wanted in found if wanted is not None else all(split.variant != variant for split in found)


def _splits(gateway: PromptGateway, prompt: RemoteId) -> list[Split]:
    return [version.split for version in gateway.versions(prompt) if version.split is not None]


def _told(splits: Sequence[Split]) -> str:
    said = [f"{share_text(split.share)} to {split.version} ({split.variant})" for split in splits]
    return " and ".join(said) or "nothing"
