"""What the use cases of prompts answer."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from jackfield.domain.model.history import Activation, Move
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.states import Operation


@frozen(kw_only=True)
class PromptVersion:
    """One published version: the name and number of a prompt, and the hash of its content."""

    name: str
    number: str
    content_hash: str

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


@frozen(kw_only=True)
class Published(PromptVersion):
    """A publication: `changed` is False if the version was there already; `live` if it went live by it."""

    changed: bool
    live: bool


@frozen(kw_only=True)
class LiveVersion(PromptVersion):
    """The version that is live by our record: its definition, since when, and who moved it, how and why."""

    definition: PromptDefinition
    since: datetime
    actor: str
    move: Move
    reason: str


@frozen(kw_only=True)
class Moved:
    """A promotion or rollback: `changed` is False if that version was live already."""

    name: str
    before: str | None
    after: str
    changed: bool
    frozen: str | None = None


@frozen(kw_only=True)
class PlatformView:
    """What the platform says is live; `drift` tells that somebody edited it behind our back.

    `version` and `drift` are None if the platform did not answer; `trouble` says why.
    """

    version: str | None
    drift: bool | None
    trouble: str | None = None

    def __str__(self) -> str:
        if self.trouble is not None:
            return self.trouble
        return f"DRIFT: the platform has {self.version}" if self.drift else "the platform agrees"


@frozen(kw_only=True)
class PromptStatus:
    """One prompt at a glance."""

    name: str
    live: LiveVersion | None
    versions: tuple[str, ...]
    platform: PlatformView
    pending: Operation | None
    frozen: tuple[str, ...]

    def __str__(self) -> str:
        if self.live is None:
            return f"{self.name}: nothing is live"
        since = f"{self.live.since:%Y-%m-%d %H:%M:%S} UTC"
        return (
            f"{self.name} {self.live.number}, {self.live.move} {since} by {self.live.actor}; {self.platform}"
        )


@frozen(kw_only=True)
class LogEntry:
    """One entry of a prompt's history, numbered from 1; `restores` is the number of an earlier entry."""

    number: int
    activation: Activation
