"""Looking at prompts: what is live and why, versions, history, differences; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NoReturn

from attrs import frozen

from jackfield.domain.model.budgets import Policy
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import InvalidInput, NotFound
from jackfield.domain.model.fields import all_of
from jackfield.domain.model.prompts import PromptDefinition, expect_definition
from jackfield.domain.model.reviews import Candidate, Finding
from jackfield.domain.model.rollouts import Router
from jackfield.domain.services.prompts.live.versions import LiveVersions, live_version
from jackfield.domain.services.prompts.operations.intents import Operations
from jackfield.domain.services.prompts.values import (
    LiveVersion,
    LogEntry,
    PromptStatus,
    PromptVersion,
)
from jackfield.ports.prompts import PromptGateway
from jackfield.ports.reviews import Review, unreviewed
from jackfield.ports.telemetry import Report as Progressing
from jackfield.ports.telemetry import unheard
from jackfield.ports.tokens import TokenCounter

if TYPE_CHECKING:  # each is loaded by whoever asks for it: reading what is live needs none of them
    from jackfield.domain.services.checking import Report
    from jackfield.domain.services.prompts.changing.exporting import Exports
    from jackfield.domain.services.prompts.choosing.choices import Choosing
    from jackfield.domain.services.prompts.planning import Plan
    from jackfield.domain.services.prompts.statuses import Statuses

_CHANGES: Final = frozenset({"publish", "promote", "roll_back", "apply", "unfreeze"})


@frozen(kw_only=True)
class Prompts:
    """The prompts of one target, to look at; `core.acting_as(…)` gives those that can be changed."""

    operations: Operations
    live_versions: LiveVersions
    counter: TokenCounter
    policy: Policy
    reviewer: Review = unreviewed
    choosing: Choosing | None = None
    exports: Exports | None = None

    if not TYPE_CHECKING:  # a type checker finds that there is no such call by itself

        def __getattr__(self, name: str) -> NoReturn:
            """Say where the changes are."""
            to_change = f"; core.acting_as(ACTOR, reason=WHY).prompts has {name}" if name in _CHANGES else ""
            raise AttributeError(f"core.prompts has no {name!r}{to_change}", name=name, obj=self)

    @property
    def _gateway(self) -> PromptGateway:
        return self.operations.gateway

    def check(self, definition: PromptDefinition) -> Report:
        """Return every problem of *definition*, and its counts against the budgets; nothing is sent."""
        from jackfield.domain.services.checking import check as check_definition

        expect_definition(definition)
        return check_definition(definition, policy=self.policy, counter=self.counter)

    def review(self, definition: PromptDefinition) -> tuple[Finding, ...]:
        """Return what the reviewers say of *definition*, if it were to go live now; nothing is sent."""
        expect_definition(definition)
        records = self.operations.records
        live = records.load(definition.name).state.history.live
        before = None if live is None else live.version
        return self.reviewer(
            Candidate(organization=records.organization, definition=definition, before=before)
        )

    def live(self, name: str, *, fallback: PromptDefinition | None = None) -> LiveVersion:
        """Return what is live by our record, at most 0.5 s old while the record can be read.

        Else the last version that was known to be live, from memory or disk, and else *fallback*:
        `source`, `freshness` and `age` say which. *fallback* is also given where nothing is live. Without
        any of these raises `NotFound` if nothing is live, or what keeps us from knowing.
        """
        if fallback is not None:
            expect_definition(fallback, "fallback")
        return self.live_versions.get(name, fallback)

    def choose(
        self,
        name: str,
        *,
        unit: str,
        pin: str | None = None,
        force: str | None = None,
        fallback: PromptDefinition | None = None,
    ) -> Choice:
        """Return the version for *unit* (a customer, else a conversation), and why.

        It is that of *pin*, which the conversation got with its first choice, else that of the rollout that
        runs, else what is live: by the same knowledge as `live`, so it works with ledger and platform away.
        *force* takes a published version, whatever else holds; such a unit is not compared. Keep `pin` of
        what is returned on the conversation. Raises what `live` does, `NotFound` for a version to force that
        is not there, and `InvalidInput` for a unit that is no text of 1 to 1,000 characters, or where the
        platform routes.
        """
        if self.choosing is None:
            raise InvalidInput(
                "this core chooses nothing", place="prompts.choose", remedy="open it with jackfield.open"
            )
        if force is not None:
            self.definition(name, force)
        return self.choosing.choose(name, unit, pin=pin, force=force, fallback=fallback)

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
        from jackfield.domain.model.differences import differences

        number = self.live(name).number if after is None else after
        return differences(self.definition(name, before), self.definition(name, number))

    def plan(
        self,
        definitions: Iterable[PromptDefinition],
        *,
        promote: bool = False,
        force: bool = False,
        drift: bool = True,
        report: Progressing = unheard,
    ) -> Plan:
        """Return what is to be done so that *definitions* are published, and nothing is sent but questions.

        With *promote* the highest version given of each prompt goes live. What somebody did by hand holds a
        promotion up (a rollback from it, a newer live version, an edit on the platform) unless *force* is
        given. With *drift* the platform is asked about every prompt, a call each; else only about those that
        our record does not know. Raises `InvalidInput` for a number given twice with different contents.
        """
        from jackfield.domain.services.prompts.planning import Wish
        from jackfield.domain.services.prompts.planning.planner import Planner

        definitions = all_of(PromptDefinition, definitions, "definitions")
        planner = Planner(
            records=self.operations.records, gateway=self._gateway, drift=drift, router=self._router
        )
        return planner.plan(definitions, Wish(promote=promote, force=force), report=report)

    def drift(self, name: str) -> tuple[str, ...]:
        """Return a unified diff from what is live by our record to what the platform has, as far as it
        keeps it; empty if they agree."""
        from jackfield.domain.services.prompts.changing.basis import remote_of
        from jackfield.domain.services.prompts.planning.sights import drift

        loaded = self.operations.records.known(name)
        live = live_version(self.operations.records, loaded)
        if live is None:
            raise NotFound(
                "nothing is live yet", place=f"prompt {name}", remedy="publish its first version again"
            )
        return drift(self._gateway, live.definition, self._gateway.active(remote_of(loaded)))

    def status(self, name: str) -> PromptStatus:
        """Return what is live, since when and by whom, and whether the platform agrees.

        When our record cannot be read: the last known good, and why; if there is none, the error is raised.
        """
        return self._statuses.status(name)

    def overview(self) -> tuple[PromptStatus, ...]:
        """Return the `status` of every prompt, by name."""
        return self._statuses.overview()

    @property
    def _statuses(self) -> Statuses:
        from jackfield.domain.services.prompts.statuses import Statuses

        return Statuses(self.operations, self.live_versions, self._router)

    @property
    def _router(self) -> Router:
        return Router.LOCAL if self.choosing is None else self.choosing.router
