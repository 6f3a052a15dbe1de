"""A prompt at a glance: our record beside the platform, or the last known good if there is no reading it."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from jackfield.domain.model.errors import (
    JackfieldError,
    NotFound,
    NotSent,
    OpenedBeforeFork,
    OutcomeUnknown,
    Unavailable,
)
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.rollouts import Router
from jackfield.domain.model.states import Operation, Verb
from jackfield.domain.model.versions import SemVer
from jackfield.domain.services.prompts.live.versions import LiveVersions, live_version
from jackfield.domain.services.prompts.operations.intents import Operations
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.prompts.splits import routes, split_drift
from jackfield.domain.services.prompts.values import LiveVersion, PlatformView, PromptStatus
from jackfield.ports.prompts import RemoteId

_LOOKS: Final = 3
_MOVING: Final = frozenset({Verb.PROMOTE, Verb.ROLL_BACK})


@frozen
class Statuses:
    """Compares what our record has with what the platform has."""

    operations: Operations
    live_versions: LiveVersions
    router: Router = Router.LOCAL

    def status(self, name: str) -> PromptStatus:
        """Return one prompt's; raise what kept us from reading the record if nothing is known of it."""
        try:
            return self._compared(name)
        except (NotFound, OpenedBeforeFork):
            raise
        except JackfieldError as error:
            found = self._last_known(name, error)
            if found is None:
                raise
            return found

    def overview(self) -> tuple[PromptStatus, ...]:
        """Return every prompt's, by name; if the record cannot be read, of those that were live here."""
        try:
            names = self.operations.records.names()
        except OpenedBeforeFork:
            raise
        except JackfieldError as error:
            known = [self._last_known(name, error) for name in self.live_versions.kept.names()]
            found = tuple(status for status in known if status is not None)
            if not found:
                raise
            return found
        return tuple(self.status(name) for name in names)

    def _last_known(self, name: str, error: JackfieldError) -> PromptStatus | None:
        live = self.live_versions.last_known(name)
        if live is None:
            return None
        return PromptStatus(
            name=name,
            live=live,
            versions=(),
            platform=PlatformView(
                version=None, drift=None, trouble="not asked while our record cannot be read", answered=False
            ),
            pending=None,
            frozen=(),
            trouble=f"{error.place}: {error.message}" if error.place else error.message,
        )

    def _compared(self, name: str) -> PromptStatus:
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
        return _told(loaded, live, platform, self._split(loaded, platform))

    def _split(self, loaded: Loaded, platform: PlatformView) -> str | None:
        """Say how the platform's routing differs from the rollout's; an unsettled move of it is no drift."""
        remote = loaded.state.remote_id
        if remote is None or not platform.answered or not routes(loaded.state, self.router):
            return None
        try:
            return split_drift(self.operations.gateway, RemoteId(remote), loaded.state.running)
        except JackfieldError as error:
            return f"what it routes is not known: {error.message}"

    def _platform(self, loaded: Loaded, live: LiveVersion | None) -> PlatformView:
        if loaded.state.remote_id is None:
            return _uncreated(loaded.state.pending)
        gateway = self.operations.gateway
        try:
            remote = gateway.active(RemoteId(loaded.state.remote_id))
        except NotFound:
            return PlatformView(version=None, drift=True, trouble="the prompt is gone from the platform")
        except JackfieldError as error:
            return _unanswered(error)
        drift = live is None or not gateway.matches(remote, live.definition)
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
        return definition is not None and self.operations.gateway.matches(remote, definition)


def _told(
    loaded: Loaded, live: LiveVersion | None, platform: PlatformView, split: str | None
) -> PromptStatus:
    return PromptStatus(
        name=loaded.name,
        live=live,
        versions=tuple(sorted(loaded.state.versions, key=_order)),
        platform=platform,
        pending=loaded.state.pending,
        frozen=loaded.state.frozen,
        rollout=loaded.state.running,
        split=split,
    )


def _uncreated(pending: Operation | None) -> PlatformView:
    """The platform is not asked for what our record did not make there; a lost answer leaves it open."""
    if pending is None:
        return PlatformView(version=None, drift=None, trouble="not created there, by our record")
    trouble = f"whether it is there is not known: {pending.verb} of {pending.version} is not settled"
    return PlatformView(version=None, drift=None, trouble=trouble, answered=False)


def _unanswered(error: JackfieldError) -> PlatformView:
    """A platform that says no has answered; one that was never asked (no credentials) has not either."""
    trouble = error.message
    if isinstance(error, Unavailable | OutcomeUnknown):
        trouble = f"the platform did not answer: {trouble}"
    answered = not isinstance(error, NotSent | OutcomeUnknown)
    return PlatformView(version=None, drift=None, trouble=trouble, answered=answered)


def _order(number: str) -> tuple[object, ...]:
    try:
        return 1, SemVer.parse(number).precedence, number
    except JackfieldError:
        return 0, number
