"""What the platform routes where it sends the units of a rollout, and what it should."""

from __future__ import annotations

from jackfield.domain.model.rollouts import Rollout
from jackfield.domain.model.shares import share_text
from jackfield.ports.prompts import PromptGateway, RemoteId, Split


def split_of(rollout: Rollout) -> Split | None:
    """Return the split of *rollout* on the platform; None before its start and after its end.

    The variant's name stays the same through all steps, so that metrics can be told by it.
    """
    if rollout.split is None:
        return None
    return Split(version=rollout.candidate, share=rollout.share, variant=f"rollout-{rollout.id[:12]}")


def split_drift(gateway: PromptGateway, prompt: RemoteId, rollout: Rollout) -> str | None:
    """Say how the platform's routing differs from that of *rollout*; None if it does not.

    Raises what `PromptGateway.versions` does.
    """
    wanted = split_of(rollout)
    found = [version.split for version in gateway.versions(prompt) if version.split is not None]
    if found == ([] if wanted is None else [wanted]):
        return None
    return f"it routes {_told(found)}, not {_told([] if wanted is None else [wanted])}"


def _told(splits: list[Split]) -> str:
    said = [f"{share_text(split.share)} to {split.version} ({split.variant})" for split in splits]
    return " and ".join(said) or "nothing"
