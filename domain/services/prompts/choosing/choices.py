"""Which version a unit gets: by the same knowledge as `live`, so it works with ledger and platform away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from attrs import define, field

from jackfield.domain.model import decisions
from jackfield.domain.model.decisions import Choice, Route
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.freshness import Source
from jackfield.domain.model.pins import PinFault
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.rollouts import Router
from jackfield.domain.services.prompts.choosing.seals import Seals
from jackfield.domain.services.prompts.live.versions import LiveVersions
from jackfield.domain.services.prompts.values import LiveVersion
from jackfield.ports.clock import Clock

_NEW: Final = timedelta()
_LOCAL: Final = Router.LOCAL
_FORGED: Final = PinFault.FORGED


@define(eq=False)
class Choosing:
    """Chooses; safe for threads. With `router = platform` there is nothing to choose here."""

    live_versions: LiveVersions
    seals: Seals
    clock: Clock
    router: Router = Router.LOCAL
    _routes: dict[str, tuple[LiveVersion, Route]] = field(
        factory=dict[str, "tuple[LiveVersion, Route]"], init=False
    )

    def choose(
        self, name: str, unit: str, *, pin: str | None, force: str | None, fallback: PromptDefinition | None
    ) -> Choice:
        """Return the version for *unit*, as `Prompts.choose` says."""
        if self.router is not _LOCAL:
            raise InvalidInput(
                "the platform sends the units to their versions",
                place="router",
                remedy='ask it for the conversation; to choose here, set router = "local" for the target',
            )
        live, seal = self.live_versions.get(name, fallback), self.seals.get()
        choice = decisions.choose(
            self._route(live),
            unit,
            now=self.clock.now(),
            seal=seal,
            pin=pin,
            force=force,
            age=live.age or _NEW,
        )
        if choice.ignored is _FORGED and self.seals.has_newer(seal):
            return self.choose(name, unit, pin=pin, force=force, fallback=fallback)
        return choice

    def _route(self, live: LiveVersion) -> Route:
        """Make what is chosen by, once for each answer of `live`."""
        known = self._routes.get(live.name)
        if known is not None and known[0] is live:
            return known[1]
        route = Route(
            prompt=live.name,
            live=live.number,
            candidate=None if live.trial is None else live.trial.candidate,
            revoked=live.revoked,
            fallback=live.source is Source.FALLBACK,
            source=live.source,
            freshness=live.freshness,
            definitions=self._at_hand(live),
        )
        self._routes[live.name] = live, route
        return route

    def _at_hand(self, live: LiveVersion) -> Mapping[str, PromptDefinition]:
        definitions = {
            **self.live_versions.upstream.records.remembered(live.name),
            live.number: live.definition,
        }
        if live.trial is not None:
            definitions[live.trial.candidate.version] = live.trial.definition
        return MappingProxyType(definitions)
