"""A platform that keeps prompts, their versions and which one is live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NewType, Protocol

from attrs import frozen

from jackfield.domain.model.prompts import PromptDefinition

RemoteId = NewType("RemoteId", str)


@frozen(kw_only=True)
class Capabilities:
    """What a platform can do; what it cannot is refused or replaced by name, never in silence."""

    client_versions: bool
    lists_versions: bool
    native_split: bool


@frozen(kw_only=True)
class RemotePrompt:
    """A prompt as the platform has it: its id, and the definition that is live there."""

    id: RemoteId
    live: PromptDefinition


@frozen(kw_only=True)
class Split:
    """A share of the traffic for one version: basis points 0..10,000, and the variant's name there."""

    version: str
    share: int
    variant: str


@frozen(kw_only=True)
class RemoteVersion:
    """A version that the platform keeps; `frozen` while its rollback directive stands, `split` if it gets
    a share of the traffic."""

    number: str
    frozen: bool
    split: Split | None = None


class PromptGateway(Protocol):
    """Prompts on a platform. Every verb may raise any `Refused`, `Unavailable` (nothing was sent) and,
    where it changes something, `OutcomeUnknown` (no answer tells whether it happened)."""

    @property
    def capabilities(self) -> Capabilities:
        """What this platform can do."""
        ...

    def find(self, name: str) -> RemotePrompt | None:
        """Return the prompt of exactly that name, or None."""
        ...

    def create(self, definition: PromptDefinition) -> RemoteId:
        """Make the prompt with its very first version, which is live at once. Not idempotent."""
        ...

    def store(self, prompt: RemoteId, definition: PromptDefinition) -> None:
        """Add a version; what is live stays. Raises `VersionExists` for a number that is there,
        `RollbackActive` while another version's rollback directive stands. Not idempotent."""
        ...

    def stored(self, prompt: RemoteId, definition: PromptDefinition) -> bool:
        """Say whether the version is there with the same content, as far as the platform keeps it."""
        ...

    def activate(self, prompt: RemoteId, definition: PromptDefinition) -> None:
        """Make the definition live for everybody; a split ends. Idempotent."""
        ...

    def active(self, prompt: RemoteId) -> PromptDefinition:
        """Return what is live."""
        ...

    def matches(self, live: PromptDefinition, definition: PromptDefinition) -> bool:
        """Say whether *live*, read from the platform, is *definition* as far as the platform keeps it."""
        ...

    def kept(self, definition: PromptDefinition) -> PromptDefinition:
        """Return *definition* as far as the platform keeps it, to be shown beside what is live there."""
        ...

    def versions(self, prompt: RemoteId) -> Sequence[RemoteVersion]:
        """List the versions, newest first."""
        ...

    def freeze(self, prompt: RemoteId, version: str, *, frozen: bool) -> None:
        """Set or clear the version's rollback directive. Idempotent."""
        ...

    def split(self, prompt: RemoteId, split: Split | None, *, version: str) -> None:
        """Route a share of the traffic to *version*, or none to it. Idempotent."""
        ...
