"""Planning: the record is read once for each prompt, and the platform asked only where it matters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import evolve, frozen

from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.progress import Progress
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.routers import Router
from jackfield.domain.services.prompts.planning.deciding import Case, decide
from jackfield.domain.services.prompts.planning.order import by_prompt
from jackfield.domain.services.prompts.planning.sights import UNASKED, Sight, compare, search
from jackfield.domain.services.prompts.planning.values import Plan, PromptPlan, Wish
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.domain.services.prompts.splits import routes, split_drift
from jackfield.ports.prompts import PromptGateway, RemoteId
from jackfield.ports.telemetry import Report, unheard

_LOOKS: Final = 3


@frozen(kw_only=True)
class Planner:
    """Makes plans; it changes nothing.

    A name that our record does not know is looked for on the platform. What is live there of one that it
    knows is read for every prompt if `drift` is wanted, which is a call each, and else for none.
    """

    records: Records
    gateway: PromptGateway
    drift: bool = True
    router: Router = Router.LOCAL

    def plan(self, definitions: Iterable[PromptDefinition], wish: Wish, *, report: Report = unheard) -> Plan:
        """Return what is to be done, as `Prompts.plan` says."""
        groups = by_prompt(definitions)
        plans = list[PromptPlan]()
        for name, versions in groups.items():
            plans.append(self.one(name, versions, wish))
            report(Progress(work="plan", done=len(plans), total=len(groups), item=name))
        return Plan(organization=self.records.organization, wish=wish, prompts=tuple(plans))

    def one(self, name: str, definitions: tuple[PromptDefinition, ...], wish: Wish) -> PromptPlan:
        """Return what is to be done to one prompt."""
        loaded, live, sight = self._seen(name, definitions)
        state, now = loaded.state, self.records.clock.now()
        case = Case(
            name=name, definitions=definitions, state=state, live=live, sight=sight, wish=wish, now=now
        )
        return decide(case)

    def _seen(
        self, name: str, definitions: tuple[PromptDefinition, ...]
    ) -> tuple[Loaded, PromptDefinition | None, Sight]:
        """Look again where the record moved meanwhile: a promotion that ends just now is no drift."""
        loaded, live, sight = self._look(name, definitions)
        for _ in range(_LOOKS):
            if not sight.drift or self.records.load(name).revision == loaded.revision:
                break
            loaded, live, sight = self._look(name, definitions)
        if sight.drift and loaded.state.pending is not None:
            trouble = f"a change that is not settled may have moved it to {sight.live and sight.live.version}"
            sight = evolve(sight, drift=(), trouble=trouble)
        return loaded, live, sight

    def _look(
        self, name: str, definitions: tuple[PromptDefinition, ...]
    ) -> tuple[Loaded, PromptDefinition | None, Sight]:
        loaded = self.records.load(name)
        if loaded.state.remote_id is None:
            return loaded, None, search(self.gateway, name, definitions)
        live = self._live(loaded, definitions)
        if not self.drift:
            return loaded, live, UNASKED
        remote = RemoteId(loaded.state.remote_id)
        sight = compare(self.gateway, remote, live)
        return loaded, live, evolve(sight, split=self._split(loaded, remote))

    def _split(self, loaded: Loaded, remote: RemoteId) -> str | None:
        """Ask about the routing only where the platform routes."""
        if not routes(loaded.state, self.router):
            return None
        try:
            return split_drift(self.gateway, remote, loaded.state.running)
        except JackfieldError as error:
            return f"what the platform routes is not known: {error.message}"

    def _live(self, loaded: Loaded, definitions: Iterable[PromptDefinition]) -> PromptDefinition | None:
        """Read what is live, where it is to be compared with the platform or with what is new."""
        entry = loaded.state.history.live
        published = loaded.state.versions
        new = any(published.get(d.version) != d.content_hash for d in definitions)
        moves = entry is None or all(d.version != entry.version for d in definitions)
        return (
            self.records.definition(loaded, entry.version) if entry and (self.drift or new or moves) else None
        )
