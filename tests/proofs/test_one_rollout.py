"""Promise V1, extended to rollouts: one version is live and at most one is tried, whatever is killed when.

Several processes start, feed, step, hold and stop rollouts of one prompt, promote and roll back by hand
between them, on one ledger and one platform, with a clock that moves and steps; both routers. Any of them is
killed at any step: before and after each commit, each lease and each call. What became of a rollout whose
process was killed is either what was before or what the move makes, and nothing else; the next process goes
on from there. The model is a few variables.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Phases
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import DataObject, booleans, data, integers, sampled_from

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.lines import Line
from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.observations import Observation
from jackfield.domain.model.pins import PinFault
from jackfield.domain.model.rollouts import Act, Phase, Rollout, Router
from jackfield.domain.model.states import PromptState
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.operations.settled import settled as settled_state
from jackfield.domain.services.prompts.splits import split_drift
from jackfield.domain.services.rollouts import ActingRollouts, recording
from jackfield.domain.services.rollouts.folding import Outcome
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.ports.prompts import RemoteId
from tests.proofs.mortals import Killed, Life, MortalLine, mortal, mortal_rollouts
from tests.proofs.sizes import sized
from tests.unit.services.conftest import NAME, version

EXAMPLES = sized(14, full=500)
STEPS = sized(25, full=50)
PROCESSES = 3
SECOND = timedelta(seconds=1)
MOST_STEPS = 16
SHARES = ("50%", "60%", "100%")
GUARD = Guard(success_margin=0.9)
NUMBERS = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")
GOOD, BAD = 40, 80

seen = Counter[str]()


@frozen
class Trial:
    """What the model knows of the rollout that runs: how its present step goes, and whether it is held."""

    candidate: str
    step: int = 0
    good: bool = False
    bad: bool = False
    held: bool = False


@frozen
class World:
    """All that the model knows of the prompt."""

    live: str
    trial: Trial | None = None
    revoked: frozenset[str] = frozenset()
    stopped: str | None = None
    """What the newest rollout tried, if a person stopped it."""


class OneRollout(RuleBasedStateMachine):
    """The use cases of several processes over one simulated platform, beside the model."""

    router = Router.LOCAL

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="jackfield-proof-"))
        self.clock, self.platforms_clock = FrozenClock(), FrozenClock()
        self.line = Line(Platform(clock=self.platforms_clock).send)
        self.cores = list[Core]()
        self.lives = [Life() for _ in range(PROCESSES)]
        self.prompts = list[ActingPrompts]()
        self.processes = list[ActingRollouts]()
        for number in range(PROCESSES):
            self.start_process(number)
        self.units = 0
        self.told = Counter[str]()
        self.pins = dict[str, str]()
        self.world = World(live=NUMBERS[0])

    def start_process(self, number: int) -> None:
        """A new process in the place of an old one."""
        life = self.lives[number] = Life()
        own = Settings(
            target="test",
            platform="simulator",
            organization=organization("acme"),
            folder=self.folder / "root" / "state",
            router=self.router,
        )
        core = build(own, Parts(clock=self.clock, send=MortalLine(self.line, life)))
        self.cores.append(core)
        self.prompts[number : number + 1] = [mortal(core, life, f"process-{number}")]
        self.processes[number : number + 1] = [mortal_rollouts(core, life, f"process-{number}")]

    @initialize()
    def begin(self) -> None:
        for number in NUMBERS:
            self.prompts[0].publish(version(number))

    @property
    def witness(self) -> ActingRollouts:
        return self.processes[-1]

    @property
    def state(self) -> PromptState:
        return self.witness.operations.records.load(NAME).state

    @property
    def settled(self) -> bool:
        return self.state.pending is None

    @property
    def trial(self) -> Trial | None:
        return self.world.trial

    @precondition(lambda self: self.settled and self.trial is None)
    @rule(who=integers(0, PROCESSES - 2), chosen=data(), steps=integers(0, MOST_STEPS))
    def start(self, who: int, chosen: DataObject, steps: int) -> None:
        number = chosen.draw(sampled_from([n for n in NUMBERS if n != self.world.live]))
        after = World(self.world.live, Trial(number), self.world.revoked - {number})
        self._done(who, steps, lambda: self._start(who, number), after)

    @precondition(lambda self: self.settled and self.trial is not None)
    @rule(who=integers(0, PROCESSES - 2))
    def not_start_a_second(self, who: int) -> None:
        with pytest.raises(Conflict, match="is running"):
            self._start(who, NUMBERS[-1] if self.world.live != NUMBERS[-1] else NUMBERS[0])

    @precondition(lambda self: self.settled and self.trial is not None)
    @rule(who=integers(0, PROCESSES - 2), back=booleans())
    def not_move_by_hand(self, who: int, back: bool) -> None:
        me = self.prompts[who]
        wanted = me.version(NAME, NUMBERS[1])
        with pytest.raises(Conflict, match="is running"):
            _ = me.roll_back(NAME, to=NUMBERS[0]) if back else me.promote(wanted, force=True)

    @precondition(lambda self: self.settled and self.trial is None)
    @rule(who=integers(0, PROCESSES - 2), chosen=sampled_from(NUMBERS))
    def promote_by_hand(self, who: int, chosen: str) -> None:
        me = self.prompts[who]
        me.promote(me.version(NAME, chosen))
        self.world = World(chosen, None, self.world.revoked - {chosen}, self.world.stopped)

    @precondition(lambda self: self.settled and self.trial is None)
    @rule(who=integers(0, PROCESSES - 2), chosen=sampled_from(NUMBERS))
    def roll_back_by_hand(self, who: int, chosen: str) -> None:
        if chosen == self.world.live:
            return
        self.prompts[who].roll_back(NAME, to=chosen)
        revoked = self.world.revoked - {chosen} | {self.world.live}
        self.world = World(chosen, None, revoked, self.world.stopped)

    @precondition(lambda self: self.trial is not None and not self.trial.bad and not self.trial.good)
    @rule(who=integers(0, PROCESSES - 2))
    def go_well(self, who: int) -> None:
        self._observe(who, GOOD, well=True)
        assert self.trial is not None
        self.world = evolve(self.world, trial=evolve(self.trial, good=True))

    @precondition(lambda self: self.trial is not None and not self.trial.bad)
    @rule(who=integers(0, PROCESSES - 2))
    def go_badly(self, who: int) -> None:
        self._observe(who, BAD, well=False)
        assert self.trial is not None
        self.world = evolve(self.world, trial=evolve(self.trial, bad=True))

    @precondition(lambda self: self.settled and self.trial is not None)
    @rule(who=integers(0, PROCESSES - 2), steps=integers(0, MOST_STEPS))
    def be_killed_while_folding(self, who: int, steps: int) -> None:
        """All of a batch counts, or nothing."""
        rollout = self._running
        before = self._units(rollout)
        me = self.processes[who]
        for _ in range(3):
            me.buffer.put(self._outcome(rollout, Arm.CONTROL, well=True))
        self._killed(who, steps % 3, me.flush)
        more = self._units(rollout) - before
        assert more in (0, 3)
        self.told[rollout.id] += more
        seen["killed while folding"] += 1

    @precondition(lambda self: self.settled and self.trial is not None)
    @rule(who=integers(0, PROCESSES - 2), steps=integers(0, MOST_STEPS))
    def step(self, who: int, steps: int) -> None:
        assert self.trial is not None
        self._done(who, steps, lambda: self.processes[who].step(NAME), self._stepped(self.trial))

    @precondition(lambda self: self.settled and self.trial is None and self.state.rollout is not None)
    @rule(who=integers(0, PROCESSES - 2))
    def step_behind_the_end(self, who: int) -> None:
        self._let_leases_expire()
        assert not self.processes[who].step(NAME).changed

    @precondition(lambda self: self.settled and self.trial is not None)
    @rule(who=integers(0, PROCESSES - 2), steps=integers(0, MOST_STEPS), back=booleans())
    def stop(self, who: int, steps: int, back: bool) -> None:
        assert self.trial is not None
        tried = self.trial.candidate
        if back:
            after = World(self.world.live, None, self.world.revoked | {tried})
        else:
            after = World(self.world.live, None, self.world.revoked, tried)
        self._done(who, steps, lambda: self.processes[who].stop(NAME, roll_back=back), after)

    @precondition(lambda self: self.settled and self.trial is None and self.state.rollout is not None)
    @rule(who=integers(0, PROCESSES - 2), steps=integers(0, MOST_STEPS))
    def take_back_what_was_stopped(self, who: int, steps: int) -> None:
        stopped, me = self.world.stopped, self.processes[who]
        if stopped is None or stopped == self.world.live:
            with pytest.raises(Conflict, match=r"is live by now|already"):
                me.stop(NAME, roll_back=True)
            return
        after = World(self.world.live, None, self.world.revoked | {stopped})
        self._done(who, steps, lambda: me.stop(NAME, roll_back=True), after)
        seen["taken back after a stop"] += self.world is after

    @precondition(lambda self: self.settled and self.trial is not None)
    @rule(who=integers(0, PROCESSES - 2), steps=integers(0, MOST_STEPS))
    def hold_or_let_go(self, who: int, steps: int) -> None:
        assert self.trial is not None
        me, held = self.processes[who], self.trial.held
        after = evolve(self.world, trial=evolve(self.trial, held=not held))
        self._done(who, steps, lambda: me.go_on(NAME) if held else me.hold(NAME), after)

    @precondition(lambda self: not self.settled)
    @rule(who=integers(0, PROCESSES - 2))
    def wait_for_what_may_be_in_flight(self, who: int) -> None:
        pending = self.state.pending
        assert pending is not None
        if self.clock.now() < pending.expires:
            with pytest.raises(Conflict, match="is under way"):
                self.processes[who].stop(NAME)
            seen["waits"] += 1

    @rule(seconds=integers(0, 90))
    def time_passes(self, seconds: int) -> None:
        self._passes(seconds * SECOND)

    @rule(minutes=sampled_from((-60, -1, 1, 60)))
    def the_clock_is_set(self, minutes: int) -> None:
        self.clock.step(timedelta(minutes=minutes))

    @invariant()
    def the_platform_has_the_models_live_version(self) -> None:
        if self.state.remote_id is not None and self.settled:
            gateway = self.witness.operations.gateway
            assert gateway.active(RemoteId(self.state.remote_id)).version == self.world.live

    @invariant()
    def the_record_has_the_models_rollout(self) -> None:
        if not self.settled or self.state.remote_id is None:
            return
        running = self.state.running
        assert (None if running is None else (running.candidate, running.step, bool(running.held_by))) == (
            None if self.trial is None else (self.trial.candidate, self.trial.step, self.trial.held)
        )
        assert set(self.state.revoked) == self.world.revoked
        assert self._stopped == self.world.stopped
        live = self.state.history.live
        assert live is not None
        assert live.version == self.world.live

    @invariant()
    def the_platform_routes_what_the_record_says(self) -> None:
        rollout, remote = self.state.rollout, self.state.remote_id
        if self.settled and rollout is not None and remote is not None and self.router is Router.PLATFORM:
            assert split_drift(self.witness.operations.gateway, RemoteId(remote), rollout) is None

    @invariant()
    def nobody_gets_what_is_neither_live_nor_tried(self) -> None:
        if self.state.remote_id is None or self.router is Router.PLATFORM:
            return
        self.clock.advance(SECOND)
        for unit in ("a", "b", "c", "d"):
            choice = self._chosen(unit)
            tried = None if self.state.running is None else self.state.running.candidate
            assert choice.version in {self._recorded_live, tried}
            self.pins.setdefault(choice.version, choice.pin)

    @invariant()
    def a_pin_to_a_revoked_version_is_never_honored(self) -> None:
        if self.state.remote_id is None or self.router is Router.PLATFORM:
            return
        self.clock.advance(SECOND)  # what is half a second old need not be known elsewhere
        for number, pin in self.pins.items():
            choice = self.cores[-1].prompts.choose(NAME, unit="x", pin=pin)
            if number in self.state.revoked:
                assert choice.ignored is PinFault.REVOKED
            else:
                assert choice.version == number

    @invariant()
    def every_outcome_counts_once(self) -> None:
        rollout = self.state.rollout
        if rollout is not None:
            assert self._units(rollout) == self.told[rollout.id]

    def teardown(self) -> None:
        self.cores[0].audit.verify()
        for core in self.cores:
            core.close()
        shutil.rmtree(self.folder)

    def _start(self, who: int, number: str) -> object:
        return self.processes[who].start(
            NAME, number, shares=SHARES, guard=GUARD, least=timedelta(), again=True
        )

    def _stepped(self, trial: Trial) -> World:
        """What a step makes of the world, by what the model knows of how it goes."""
        if trial.bad:
            return World(self.world.live, None, self.world.revoked | {trial.candidate})
        held_up = trial.held or not trial.good or self._doubtful
        if held_up:
            return self.world
        if trial.step == len(SHARES) - 2:
            return World(trial.candidate, None, self.world.revoked - {trial.candidate})
        return evolve(self.world, trial=Trial(trial.candidate, trial.step + 1))

    @property
    def _doubtful(self) -> bool:
        """Clocks that were set, and outcomes that are old, hold a rollout: as its status says."""
        return self.witness.status(NAME).next.act is Act.HOLD

    def _done(self, who: int, steps: int, act: Callable[[], object], after: World) -> None:
        """Let a process act, and be killed after so many steps; then either nothing happened, or all did."""
        self._let_leases_expire()
        before = self.world
        if not self._killed(who, steps, act):
            self.world = after
            return
        self._let_leases_expire()
        if not self.settled:
            seen["left unsettled"] += 1
            self._settle()
        self.world = after if self._is(after) else before
        seen["killed, and " + ("done" if self.world is after else "not done")] += before != after

    def _is(self, world: World) -> bool:
        live, running = self.state.history.live, self.state.running
        trial = world.trial
        there = None if running is None else (running.candidate, running.step, bool(running.held_by))
        wanted = None if trial is None else (trial.candidate, trial.step, trial.held)
        return (live and live.version, there, frozenset(self.state.revoked), self._stopped) == (
            world.live,
            wanted,
            world.revoked,
            world.stopped,
        )

    @property
    def _stopped(self) -> str | None:
        rollout = self.state.rollout
        return rollout.candidate if rollout is not None and rollout.phase is Phase.STOPPED else None

    def _settle(self) -> None:
        """Another process settles what was left, when its time has run out."""
        pending = self.state.pending
        assert pending is not None
        self._passes(pending.expires - self.clock.now() + SECOND)
        self.witness.operations.load(NAME)

    def _let_leases_expire(self) -> None:
        operations = self.witness.operations
        for name in (f"rollout {NAME}", f"recover prompt/{NAME}"):
            for lease in operations.leases.held(operations.records.organization, name):
                self._passes(lease.expires - self.clock.now() + SECOND)

    def _killed(self, who: int, steps: int, act: Callable[[], object]) -> bool:
        self.lives[who].steps = steps
        try:
            act()
        except Killed:
            self.start_process(who)
            return True
        self.lives[who].steps = float("inf")
        return False

    def _observe(self, who: int, units: int, *, well: bool) -> None:
        """Tell of as many units of both arms; only the treatment's fail, if it does not go well."""
        rollout, me = self._running, self.processes[who]
        treated = units * rollout.share // 10_000
        for number in range(units):
            arm = Arm.TREATMENT if number < treated else Arm.CONTROL
            me.buffer.put(self._outcome(rollout, arm, well=well or arm is Arm.CONTROL))
        me.flush()
        self.told[rollout.id] += units

    def _outcome(self, rollout: Rollout, arm: Arm, *, well: bool) -> Outcome:
        self.units += 1
        now = self.clock.now()
        observation = Observation(
            unit=f"{self.units}", arm=arm, step=rollout.step, exposed=now, at=now, success=well
        )
        return Outcome(prompt=NAME, rollout=rollout.id, observation=observation)

    @property
    def _running(self) -> Rollout:
        running = self.state.running
        assert running is not None
        return running

    @property
    def _recorded_live(self) -> str | None:
        live = self.state.history.live
        return None if live is None else live.version

    def _units(self, rollout: Rollout) -> int:
        tallies = [
            tally
            for step in recording.evidence_of(self.witness.operations.records, rollout, NAME).evidence.steps
            for tally in (step.control, step.treatment)
        ]
        return sum(tally.units for tally in tallies)

    def _chosen(self, unit: str) -> Choice:
        return self.cores[-1].prompts.choose(NAME, unit=unit)

    def _passes(self, duration: timedelta) -> None:
        self.clock.advance(duration)
        self.platforms_clock.advance(duration)


class OneRoutedRollout(OneRollout):
    """The same where the platform routes: each move is a call between two commits."""

    router = Router.PLATFORM


def _run(machine: type[OneRollout], phases: tuple[Phases, ...], examples: int = EXAMPLES) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
        ),
    )


@pytest.mark.parametrize("machine", [OneRollout, OneRoutedRollout])
def test_one_rollout_at_most_runs_and_every_crash_resumes(machine: type[OneRollout]) -> None:
    seen.clear()
    _run(machine, tuple(Phases))
    told = ", ".join(f"{what} {count}" for what, count in sorted(seen.items()))
    print(f"\nV1, rollouts, router {machine.router}: {EXAMPLES} runs of up to {STEPS} steps ({told})")
    assert seen["killed, and done"] > 0
    assert seen["killed, and not done"] > 0


def test_a_rollback_that_revokes_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from jackfield.domain.services.rollouts import recording as module

    def forgetful(state: PromptState, *arguments: object, **named: object) -> PromptState:
        return evolve(settled_state(state, *arguments, **named), revoked=())  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(module, "settled", forgetful)
    with pytest.raises(AssertionError):
        _run(OneRollout, (Phases.generate,), examples=60)
