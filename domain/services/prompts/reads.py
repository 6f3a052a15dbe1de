"""Looking at prompts: what is live and why, versions, history, differences; nothing is changed."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from jackfield.domain.model.budgets import Policy
from jackfield.domain.model.differences import differences
from jackfield.domain.model.errors import JackfieldError, NotFound
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.states import Verb
from jackfield.domain.model.versions import SemVer
from jackfield.domain.services.checking import Report
from jackfield.domain.services.checking import check as check_definition
from jackfield.domain.services.prompts.live import LiveVersions, live_version
from jackfield.domain.services.prompts.operations import Operations
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.prompts.values import (
    LiveVersion,
    LogEntry,
    PlatformView,
    PromptStatus,
    PromptVersion,
)
from jackfield.ports.prompts import PromptGateway, RemoteId
from jackfield.ports.tokens import TokenCounter

_LOOKS: Final = 3
_MOVING: Final = frozenset({Verb.PROMOTE, Verb.ROLL_BACK})


@frozen(kw_only=True)
class Prompts:
    """The prompts of one target, to look at; `core.acting_as(…)` gives those that can be changed."""

    operations: Operations
    live_versions: LiveVersions
    counter: TokenCounter
    policy: Policy

    @property
    def _gateway(self) -> PromptGateway:
        return self.operations.gateway

    def check(self, definition: PromptDefinition) -> Report:
        """Return every problem of *definition*, and its counts against the budgets; nothing is sent."""
        return check_definition(definition, policy=self.policy, counter=self.counter)

    def live(self, name: str) -> LiveVersion:
        """Return what is live by our record, at most 0.5 s old; raise `NotFound` if nothing is."""
        return self.live_versions.get(name)

    def version(self, name: str, number: str) -> PromptVersion:
        """Return a published version by its number, or raise `NotFound`."""
        definition = self.definition(name, number)
        return PromptVersion(name=name, number=number, content_hash=definition.content_hash)

    def definition(self, name: str, number: str) -> PromptDefinition:
        """Return the content of a published version, or raise `NotFound`."""
        records = self.operations.records
        return records.definition(records.known(name), number)

    def names(self) -> tuple[str, ...]:
        """Every prompt that was published here."""
        return self.operations.records.names()

    def log(self, name: str) -> tuple[LogEntry, ...]:
        """Return what was live when, oldest first."""
        entries = self.operations.records.known(name).state.history.entries
        return tuple(LogEntry(number=n, activation=entry) for n, entry in enumerate(entries, start=1))

    def diff(self, name: str, before: str, after: str | None = None) -> tuple[str, ...]:
        """Return a unified diff of two versions' contents; *after* is what is live unless given."""
        number = self.live(name).number if after is None else after
        return differences(self.definition(name, before), self.definition(name, number))

    def status(self, name: str) -> PromptStatus:
        """Return what is live, since when and by whom, and whether the platform agrees."""
        loaded, live, platform = self._compared(name)
        return PromptStatus(
            name=name,
            live=live,
            versions=tuple(sorted(loaded.state.versions, key=_order)),
            platform=platform,
            pending=loaded.state.pending,
            frozen=loaded.state.frozen,
        )

    def _compared(self, name: str) -> tuple[Loaded, LiveVersion | None, PlatformView]:
        """Look again where the record moved meanwhile: a promotion that ends just now is no drift."""
        records = self.operations.records
        loaded = records.known(name)
        live = live_version(records, loaded)
        platform = self._platform(loaded, live)
        for _ in range(_LOOKS):
            newer = records.known(name) if platform.drift else loaded
            if newer.revision == loaded.revision:
                break
            loaded, live = newer, live_version(records, newer)
            platform = self._platform(loaded, live)
        return loaded, live, platform

    def _platform(self, loaded: Loaded, live: LiveVersion | None) -> PlatformView:
        if loaded.state.remote_id is None:
            return PlatformView(version=None, drift=None, trouble="not on the platform yet")
        try:
            remote = self._gateway.active(RemoteId(loaded.state.remote_id))
        except NotFound:
            return PlatformView(version=None, drift=True, trouble="the prompt is gone from the platform")
        except JackfieldError as error:
            return PlatformView(version=None, drift=None, trouble=error.message)
        drift = live is None or not self._gateway.matches(remote, live.definition)
        if drift and self._is_moving(loaded, remote):
            return PlatformView(
                version=remote.version, drift=None, trouble=f"has {remote.version}, which is not settled yet"
            )
        return PlatformView(version=remote.version, drift=drift)

    def _is_moving(self, loaded: Loaded, remote: PromptDefinition) -> bool:
        """Whether the platform shows the outcome of the change that is under way: ours, not an edit."""
        pending = loaded.state.pending
        if pending is None or pending.verb not in _MOVING:
            return False
        definition = self.operations.records.kept(loaded.name, pending.version)
        return definition is not None and self._gateway.matches(remote, definition)


def _order(number: str) -> tuple[object, ...]:
    try:
        return 1, SemVer.parse(number).precedence, number
    except JackfieldError:
        return 0, number
