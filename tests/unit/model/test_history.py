"""The history of one prompt, against a stack of what a rollback goes back to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jackfield.domain.model.errors import NotFound
from jackfield.domain.model.history import Activation, History, Move, Target

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VERSIONS = st.sampled_from(["1.0.0", "1.1.0", "2.0.0", "2.1.0", "3.0.0"])


def entry(version: str, move: Move = Move.PROMOTED, restores: int | None = None) -> Activation:
    return Activation(version=version, move=move, time=NOON, actor="me", reason="", restores=restores)


def rolled(history: History, target: Target) -> History:
    return history.with_entry(entry(target.version, Move.ROLLED_BACK, target.restores))


def back(history: History, times: int = 1) -> History:
    return history if times == 0 else back(rolled(history, history.previous()), times - 1)


def promoted(*versions: str) -> History:
    return History(tuple(entry(version) for version in versions))


def live(history: History) -> str | None:
    return history.live.version if history.live else None


class Stacks:
    """A reference: activating pushes, rolling back pops, and each push is remembered with its stack."""

    def __init__(self) -> None:
        self.stack: tuple[str, ...] = ()
        self.pushes: list[tuple[str, ...]] = []

    def push(self, version: str) -> None:
        self.stack = (*self.stack, version)
        self.pushes.append(self.stack)

    def pop_to(self, version: str) -> None:
        below = self.stack[:-1]
        known = [stack for stack in self.pushes if stack[-1] == version]
        if version in below:
            self.stack = below[: len(below) - below[::-1].index(version)]
        elif known:
            self.stack = known[-1]
        else:
            self.push(version)


class HistoryAgreesWithStacks(RuleBasedStateMachine):
    """Moves a history and its reference together."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        self.stacks = Stacks()
        self.moves = 0
        self.seen: tuple[Activation, ...] = ()

    def moved(self, history: History) -> None:
        self.history = history
        self.moves += 1

    @initialize(version=VERSIONS, move=st.sampled_from([Move.PUBLISHED, Move.ADOPTED]))
    def publish(self, version: str, move: Move) -> None:
        self.moved(self.history.with_entry(entry(version, move)))
        self.stacks.push(version)

    @rule(version=VERSIONS)
    def promote(self, version: str) -> None:
        self.moved(self.history.with_entry(entry(version)))
        self.stacks.push(version)

    @precondition(lambda self: len(self.stacks.stack) > 1)
    @rule()
    def roll_back(self) -> None:
        self.moved(back(self.history))
        self.stacks.stack = self.stacks.stack[:-1]

    @precondition(lambda self: len(self.stacks.stack) == 1)
    @rule()
    def roll_back_too_far(self) -> None:
        with pytest.raises(NotFound):
            self.history.previous()

    @rule(version=VERSIONS)
    def roll_back_to(self, version: str) -> None:
        if version != live(self.history):
            self.moved(rolled(self.history, self.history.back_to(version)))
            self.stacks.pop_to(version)

    @invariant()
    def exactly_the_top_of_the_stack_is_live(self) -> None:
        assert live(self.history) == (self.stacks.stack[-1] if self.stacks.stack else None)

    @invariant()
    def entries_only_grow(self) -> None:
        entries = self.history.entries
        assert (len(entries), entries[: len(self.seen)]) == (self.moves, self.seen)
        self.seen = entries

    @invariant()
    def an_entry_restores_an_earlier_one_of_its_version(self) -> None:
        restoring = [(n, e) for n, e in enumerate(self.history.entries, start=1) if e.restores]
        assert [
            (e.restores or 0) < n and self.history.entries[(e.restores or 0) - 1].version == e.version
            for n, e in restoring
        ] == [True] * len(restoring)


TestHistoryAgreesWithStacks = HistoryAgreesWithStacks.TestCase
TestHistoryAgreesWithStacks.settings = settings(deadline=None, max_examples=100, stateful_step_count=40)


def test_nothing_is_live_before_the_first_entry() -> None:
    assert History().live is None


@pytest.mark.parametrize("history", [History(), promoted("a")], ids=["empty", "one"])
def test_there_is_no_way_back_from_the_beginning(history: History) -> None:
    with pytest.raises(NotFound, match="no earlier version"):
        history.previous()


def test_a_rollback_is_a_new_entry_that_names_what_it_restores() -> None:
    assert promoted("a", "b", "c").previous() == Target("b", 2)


@pytest.mark.parametrize(("times", "version"), [(1, "c"), (2, "b"), (3, "a")])
def test_a_second_rollback_goes_one_further_back_not_to_and_fro(times: int, version: str) -> None:
    assert live(back(promoted("a", "b", "c", "d"), times)) == version


def test_a_rollback_past_the_first_entry_is_refused() -> None:
    with pytest.raises(NotFound):
        back(promoted("a", "b"), 2)


def test_after_a_rollback_and_a_promotion_a_rollback_returns_to_the_restored() -> None:
    history = back(promoted("a", "b", "c")).with_entry(entry("d"))
    assert [live(back(history, n)) for n in (1, 2)] == ["b", "a"]


def test_promoting_the_version_that_was_rolled_back_starts_anew() -> None:
    history = back(promoted("a", "b")).with_entry(entry("b"))
    assert [live(back(history, n)) for n in (0, 1)] == ["b", "a"]


def test_back_to_a_version_takes_the_nearest_earlier_entry() -> None:
    assert promoted("a", "b", "a", "c").back_to("a") == Target("a", 3)


def test_after_going_back_to_a_version_the_next_rollback_goes_before_it() -> None:
    history = promoted("a", "b", "c", "d")
    assert rolled(history, history.back_to("b")).previous() == Target("a", 1)


def test_back_to_a_version_that_was_rolled_away_restores_its_entry() -> None:
    assert back(promoted("a", "b", "c"), 2).back_to("c") == Target("c", 3)


def test_back_to_a_version_that_was_never_live_restores_nothing() -> None:
    assert promoted("a", "b").back_to("z") == Target("z", None)


def test_after_going_to_a_version_that_was_never_live_a_rollback_undoes_it() -> None:
    history = promoted("a", "b")
    assert rolled(history, history.back_to("z")).previous() == Target("b", 2)


def test_a_history_is_never_changed_in_place() -> None:
    history = promoted("a")
    history.with_entry(entry("b"))
    assert history == promoted("a")
