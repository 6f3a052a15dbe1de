"""A state machine of V1: history, promotion and rollback agree with a model; one version is live.

Several processes work on one ledger and one platform, with a clock that moves and steps. Any of them is
killed at any step: before and after each commit, each lease and each call. The model is a linked stack:
a promotion pushes, a rollback goes down to the node below. What became of a process that was killed is
what the platform says; the record must say the same as soon as another process has settled it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import define
from hypothesis.stateful import initialize, invariant, precondition, rule
from hypothesis.strategies import DataObject, data, integers, sampled_from

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, NotFound, OutcomeUnknown
from jackfield.domain.model.states import PromptState
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.ports.prompts import PromptGateway, RemoteId
from tests.proofs.mortal_machines import PROCESSES, SECOND, OnPostgres, Processes
from tests.proofs.mortals import Killed, mortal
from tests.unit.services.conftest import NAME, version

MOST_STEPS = 14
"""As many as a change takes that first settles another one."""

seen = Counter[str]()


@define
class Node:
    """One version that went live, and what was live before it."""

    number: str
    below: Node | None


class OneLiveVersion(Processes):
    """The use cases of several processes over one simulated platform, beside a model of a dozen lines."""

    def __init__(self) -> None:
        super().__init__()
        self.processes = [self.started(number) for number in range(PROCESSES)]
        self.witness = self.processes[-1]
        self.published = list[str]()
        self.numbers = 0
        self.moves = 0
        self.live: Node | None = None

    def started(self, number: int) -> ActingPrompts:
        """A new process in the place of an old one."""
        return mortal(self.new_core(number), self.lives[number], f"process-{number}")

    @initialize()
    def begin(self) -> None:
        self.processes[0].publish(version("0.0.1"))
        self.published, self.live, self.moves = ["0.0.1"], Node("0.0.1", None), 1

    @property
    def state(self) -> PromptState:
        return self.witness.operations.records.load(NAME).state

    @property
    def settled(self) -> bool:
        return self.live is not None and self.state.pending is None

    def fresh(self) -> str:
        self.numbers += 1
        return f"1.0.{self.numbers}"

    @precondition(lambda self: self.settled)
    @rule(who=integers(0, PROCESSES - 2))
    def publish(self, who: int) -> None:
        number = self.fresh()
        self.processes[who].publish(version(number))
        self.published.append(number)

    @precondition(lambda self: self.settled)
    @rule(who=integers(0, PROCESSES - 2), chosen=data())
    def promote(self, who: int, chosen: DataObject) -> None:
        number = chosen.draw(sampled_from(self.published))
        me = self.processes[who]
        me.promote(me.version(NAME, number))
        self._goes_live(Node(number, self.live))

    @precondition(lambda self: self.settled and self.live.below is not None)
    @rule(who=integers(0, PROCESSES - 2))
    def roll_back(self, who: int) -> None:
        self.processes[who].roll_back(NAME)
        assert self.live is not None
        assert self.live.below is not None
        self._goes_live(self.live.below)

    @precondition(lambda self: self.settled and self.live.below is None)
    @rule(who=integers(0, PROCESSES - 2))
    def roll_back_to_nothing(self, who: int) -> None:
        with pytest.raises(NotFound):
            self.processes[who].roll_back(NAME)

    @precondition(lambda self: self.settled)
    @rule(who=integers(0, PROCESSES - 2), chosen=data())
    def lose_the_answer_of_a_promotion(self, who: int, chosen: DataObject) -> None:
        assert self.live is not None
        number = chosen.draw(sampled_from(self.published))
        if number == self.live.number:
            return
        self.line.cut("PUT", When.AFTER, lambda: OutcomeUnknown("lost"))
        me = self.processes[who]
        me.promote(me.version(NAME, number))
        self._goes_live(Node(number, self.live))
        self.passes(timedelta(seconds=11))  # else the breaker opens after several: rightly so

    @precondition(lambda self: self.settled)
    @rule(who=integers(0, PROCESSES - 2), chosen=data(), steps=integers(0, MOST_STEPS))
    def be_killed_in_a_promotion(self, who: int, chosen: DataObject, steps: int) -> None:
        assert self.live is not None
        number = chosen.draw(sampled_from(self.published))
        me = self.processes[who]
        wanted = me.version(NAME, number)
        self._killed(who, steps, lambda: me.promote(wanted))
        if self._platform_has_live() == number:
            self._goes_live(Node(number, self.live))

    @precondition(lambda self: self.settled and self.live.below is not None)
    @rule(who=integers(0, PROCESSES - 2), steps=integers(0, MOST_STEPS))
    def be_killed_in_a_rollback(self, who: int, steps: int) -> None:
        assert self.live is not None
        assert self.live.below is not None
        self._killed(who, steps, lambda: self.processes[who].roll_back(NAME))
        if self._platform_has_live() == self.live.below.number:
            self._goes_live(self.live.below)

    @precondition(lambda self: self.settled)
    @rule(who=integers(0, PROCESSES - 2), steps=integers(0, MOST_STEPS))
    def be_killed_in_a_publication(self, who: int, steps: int) -> None:
        self._publish_and_be_killed(who, steps)

    @precondition(lambda self: self.live is not None and not self.settled)
    @rule(who=integers(0, PROCESSES - 2))
    def wait_for_what_may_be_in_flight(self, who: int) -> None:
        pending = self.state.pending
        assert pending is not None
        if self.clock.now() < pending.expires:
            with pytest.raises(Conflict, match="is under way"):
                self.processes[who].publish(version("9.9.9"))
            seen["waits"] += 1

    @precondition(lambda self: self.live is not None and not self.settled)
    @rule(who=integers(0, PROCESSES - 2), steps=integers(0, MOST_STEPS))
    def be_killed_while_settling(self, who: int, steps: int) -> None:
        self._expire()
        try:
            self._publish_and_be_killed(who, steps)
        except Conflict as error:
            self._is_being_settled(error)
            self.lives[who].steps = float("inf")

    @precondition(lambda self: self.live is not None and not self.settled)
    @rule(who=integers(0, PROCESSES - 2))
    def settle(self, who: int) -> None:
        self._expire()
        number = self.fresh()
        try:
            self.processes[who].publish(version(number))
        except Conflict as error:
            self._is_being_settled(error)
            self._let_the_lease_expire()
            self.processes[who].publish(version(number))
        self.published.append(number)
        seen["settled"] += 1

    @rule(seconds=integers(0, 90))
    def time_passes(self, seconds: int) -> None:
        self.passes(seconds * SECOND)

    @rule(minutes=sampled_from((-60, -1, 1, 60)))
    def the_clock_is_set(self, minutes: int) -> None:
        self.clock.step(timedelta(minutes=minutes))

    @invariant()
    def the_platform_has_the_models_live_version(self) -> None:
        if self.live is not None:
            assert self._platform_has_live() == self.live.number

    @invariant()
    def the_record_has_it_too(self) -> None:
        if self.settled:
            assert self.live is not None
            entry = self.state.history.live
            assert entry is not None
            assert (entry.version, self.witness.status(NAME).platform.drift) == (self.live.number, False)

    @invariant()
    def the_history_only_grows(self) -> None:
        if self.settled:
            assert len(self.witness.log(NAME)) == self.moves

    @invariant()
    def every_version_on_the_platform_is_recorded(self) -> None:
        if self.settled:
            assert set(self.state.versions) == set(self.published)

    def _is_being_settled(self, error: Conflict) -> None:
        """By a process that was killed in the middle of it: its lease has to expire."""
        assert "is being settled by" in str(error)
        seen["settled after the settler was killed"] += 1

    def _killed(self, who: int, steps: int, act: Callable[[], object]) -> bool:
        """Let a process live for so many steps more; another one takes its place."""
        self.lives[who].steps = steps
        try:
            act()
        except Killed:
            self.processes[who] = self.started(who)
            seen["killed, and nothing left"] += self.settled
            seen["killed, and left unsettled"] += not self.settled
            return True
        self.lives[who].steps = float("inf")
        return False

    def _publish_and_be_killed(self, who: int, steps: int) -> None:
        number = self.fresh()
        self._killed(who, steps, lambda: self.processes[who].publish(version(number)))
        if number in {v.number for v in self._gateway.versions(self._remote)}:
            self.published.append(number)

    @property
    def _gateway(self) -> PromptGateway:
        return self.witness.operations.gateway

    @property
    def _remote(self) -> RemoteId:
        return RemoteId(self.state.remote_id or "")

    def _platform_has_live(self) -> str:
        return self._gateway.active(self._remote).version

    def _expire(self) -> None:
        """Let the time of what is pending run out, wherever the clock was set meanwhile."""
        pending = self.state.pending
        assert pending is not None
        self.passes(pending.expires - self.clock.now() + SECOND)

    def _let_the_lease_expire(self) -> None:
        """As `_expire`: a clock that was set back makes this wait longer, too."""
        operations = self.witness.operations
        subject = operations.records.load(NAME).subject
        (lease,) = operations.leases.held(subject.organization, f"recover {subject}")
        self.passes(lease.expires - self.clock.now() + SECOND)

    def _goes_live(self, node: Node) -> None:
        if self.live is None or self.live.number != node.number:
            self.live, self.moves = node, self.moves + 1


class OneLiveVersionOnPostgres(OnPostgres, OneLiveVersion):
    """The same on several machines."""
