"""A plan: for each prompt the steps to be done, what holds them up, and what it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from attrs import field, frozen

from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.states import PromptState
from jackfield.domain.model.subjects import Organization


class Do(StrEnum):
    """What a step does."""

    ADOPT = "adopt"
    CREATE = "create"
    PUBLISH = "publish"
    PROMOTE = "promote"


class Why(StrEnum):
    """Why a prompt's steps are not done."""

    CONFLICT = "conflict"
    NEWER_LIVE = "newer-live"
    ROLLED_BACK = "rolled-back"
    DRIFT = "drift"
    GONE = "gone"
    FROZEN = "frozen"
    IN_FLIGHT = "in-flight"
    ROLLOUT = "rollout"
    UNAVAILABLE = "unavailable"


@frozen(kw_only=True)
class Wish:
    """What is wanted beyond publishing: that the highest version goes live, and over what it may go."""

    promote: bool = False
    force: bool = False


@frozen(kw_only=True)
class Step:
    """One change of one prompt: what is done with which version, known by the hash of its content."""

    do: Do
    version: str
    content_hash: str

    def __str__(self) -> str:
        return f"{self.do} {self.version}"


@frozen(kw_only=True)
class Hold:
    """Why nothing is done to a prompt, and what mends it."""

    why: Why
    message: str
    remedy: str


@frozen(kw_only=True)
class Notice:
    """What should be known of a prompt and keeps nobody from changing it; `lines` is a unified diff."""

    what: str
    message: str
    lines: tuple[str, ...] = ()


def _read_only(mapping: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(mapping))


@frozen(kw_only=True)
class Standing:
    """Where a prompt stands by our record: whatever a change of it changes, and a failed attempt does not.

    `activations` counts the entries of its history, so that a change and the change back are seen.
    """

    live: str | None = None
    activations: int = 0
    versions: Mapping[str, str] = field(factory=dict[str, str], converter=_read_only)
    frozen: tuple[str, ...] = ()

    @classmethod
    def of(cls, state: PromptState) -> Standing:
        """Return the standing that *state* says."""
        history = state.history
        return cls(
            live=None if history.live is None else history.live.version,
            activations=len(history.entries),
            versions=state.versions,
            frozen=state.frozen,
        )


@frozen(kw_only=True)
class Seen:
    """What the platform had live when the plan was made, by number and hash."""

    version: str
    content_hash: str


@frozen(kw_only=True)
class PromptPlan:
    """What is to be done to one prompt, from the lowest version to the highest.

    `standing` is what it was planned from, `seen` what the platform had live (None if it was not asked or
    has no such prompt), `live` the content that is live by our record.
    """

    name: str
    definitions: tuple[PromptDefinition, ...]
    standing: Standing
    steps: tuple[Step, ...] = ()
    holds: tuple[Hold, ...] = ()
    notices: tuple[Notice, ...] = ()
    seen: Seen | None = None
    live: PromptDefinition | None = field(default=None, eq=False)

    @property
    def pending(self) -> bool:
        """Whether something would be changed."""
        return bool(self.steps) and not self.holds

    def definition(self, version: str) -> PromptDefinition | None:
        """Return the content planned for a number, if the plan brings it."""
        return next((d for d in self.definitions if d.version == version), None)


@frozen(kw_only=True)
class Plan:
    """What is to be done to the prompts of one organization, in the order in which it is done."""

    organization: Organization
    wish: Wish
    prompts: tuple[PromptPlan, ...]

    @property
    def pending(self) -> tuple[PromptPlan, ...]:
        """The prompts that would be changed."""
        return tuple(p for p in self.prompts if p.pending)

    @property
    def held(self) -> tuple[PromptPlan, ...]:
        """The prompts that would be changed if nothing held them up."""
        return tuple(p for p in self.prompts if p.holds)
