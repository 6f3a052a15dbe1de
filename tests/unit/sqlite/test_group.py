"""Group commit delivers what is durable, and survives an interrupt at any line."""

from __future__ import annotations

import linecache
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from types import FrameType
from typing import Any

import pytest

from jackfield.adapters import group
from jackfield.adapters.group import GroupCommit
from jackfield.domain.model.errors import Conflict, JackfieldError, OutcomeUnknown, Unavailable

_PATIENCE = 20
FIRST, SECOND = 1, 2


class Interrupt(BaseException):
    """What a signal's handler raises."""


class Store:
    """Durable is what `log` holds; a gate can hold writes open, and faults are raised in the nth write."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.held = False
        self.groups: list[int] = []
        self.gate = threading.Event()
        self.writing = threading.Event()
        self.faults: dict[tuple[int, str], BaseException] = {}
        self._writes = 0
        self._open: list[str] | None = None
        self._durable = False

    def hold(self) -> None:
        self.held = True
        self.gate.clear()
        self.writing.clear()

    def write(self, requests: Sequence[str]) -> Sequence[str | JackfieldError]:
        assert self._open is None
        self._durable, self._writes = False, self._writes + 1
        self._open = list(requests)
        if self.held:
            self.writing.set()
            self.gate.wait()
        self._fail("write")
        return [Conflict(r) if r.startswith("stale") else f"done {r}" for r in requests]

    def commit(self) -> None:
        self._fail("before commit")
        assert self._open is not None
        done, self._open, self._durable = self._open, None, True
        self.log += done
        self.groups.append(len(done))
        self._fail("after commit")

    def settle(self) -> bool:
        self._open = None
        return self._durable

    def _fail(self, place: str) -> None:
        if (self._writes, place) in self.faults:
            raise self.faults.pop((self._writes, place))


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def commits(store: Store) -> GroupCommit[str, str]:
    return GroupCommit(store)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as executor:
        yield executor


def queued(commits: GroupCommit[str, str], length: int) -> None:
    """Wait until so many jobs wait behind the leader."""
    while len(commits._queue) < length:
        threading.Event().wait(0.001)


def behind_a_leader(
    store: Store, commits: GroupCommit[str, str], threads: ThreadPoolExecutor, *names: str
) -> list[Future[str]]:
    """Start a leader that is held in its write, and let *names* wait behind it in this order."""
    store.hold()
    futures = [threads.submit(commits.submit, "leader")]
    store.writing.wait()
    for number, name in enumerate(names, start=1):
        futures.append(threads.submit(commits.submit, name))
        queued(commits, number)
    return futures


def test_a_lone_caller_commits_on_its_own_thread(commits: GroupCommit[str, str], store: Store) -> None:
    assert [commits.submit("a"), commits.submit("b")] == ["done a", "done b"]
    assert store.groups == [1, 1]


def test_who_waits_is_committed_together_and_in_order(
    commits: GroupCommit[str, str], store: Store, threads: ThreadPoolExecutor
) -> None:
    futures = behind_a_leader(store, commits, threads, "a", "b", "c")
    store.gate.set()
    assert [f.result(_PATIENCE) for f in futures] == ["done leader", "done a", "done b", "done c"]
    assert store.log == ["leader", "a", "b", "c"]
    assert store.groups == [1, 3]


def test_where_nobody_knows_what_became_of_a_group_each_is_told_so_and_none_is_written_again(
    threads: ThreadPoolExecutor,
) -> None:
    class Lost(Store):
        def settle(self) -> bool | JackfieldError:  # type: ignore[override]  # as the protocol says
            return super().settle() or OutcomeUnknown("lost")

    store = Lost()
    commits: GroupCommit[str, str] = GroupCommit(store)
    store.faults = {(2, "before commit"): Unavailable("gone")}
    first, a, b = behind_a_leader(store, commits, threads, "a", "b")
    store.gate.set()
    assert first.result(_PATIENCE) == "done leader"
    assert [type(each.exception(_PATIENCE)) for each in (a, b)] == [OutcomeUnknown] * 2
    assert (commits.submit("c"), store.log) == ("done c", ["leader", "c"])


def test_an_interrupted_group_that_may_have_happened_is_not_written_again(
    threads: ThreadPoolExecutor,
) -> None:
    class Lost(Store):
        def settle(self) -> bool | JackfieldError:  # type: ignore[override]  # as the protocol says
            return super().settle() or OutcomeUnknown("lost")

    store = Lost()
    commits: GroupCommit[str, str] = GroupCommit(store)
    store.faults = {(2, "before commit"): Interrupt()}
    _, a, b = behind_a_leader(store, commits, threads, "a", "b")
    store.gate.set()
    assert [type(each.exception(_PATIENCE)) for each in (a, b)] == [Interrupt, OutcomeUnknown]


def test_an_outcome_that_is_an_error_is_raised_for_its_caller_alone(
    commits: GroupCommit[str, str], store: Store, threads: ThreadPoolExecutor
) -> None:
    _, stale, good = behind_a_leader(store, commits, threads, "stale", "good")
    store.gate.set()
    assert isinstance(stale.exception(_PATIENCE), Conflict)
    assert good.result(_PATIENCE) == "done good"


@pytest.mark.parametrize("place", ["write", "before commit"])
def test_a_failed_group_is_told_to_each_with_an_error_of_its_own(
    place: str, commits: GroupCommit[str, str], store: Store, threads: ThreadPoolExecutor
) -> None:
    leader, *others = behind_a_leader(store, commits, threads, "a", "b")
    store.faults[SECOND, place] = Unavailable("the disk is full")
    store.gate.set()
    assert leader.result(_PATIENCE) == "done leader"
    errors = [f.exception(_PATIENCE) for f in others]
    assert [str(e) for e in errors] == ["the disk is full"] * 2
    assert errors[0] is not errors[1]
    assert commits.submit("after") == "done after"
    assert store.log == ["leader", "after"]


@pytest.mark.parametrize("fault", [Interrupt(), KeyboardInterrupt(), TimeoutError("of a signal's handler")])
@pytest.mark.parametrize("place", ["write", "before commit"])
def test_a_leader_that_is_interrupted_before_the_commit_leaves_the_others_to_the_next(
    place: str,
    fault: BaseException,
    commits: GroupCommit[str, str],
    store: Store,
    threads: ThreadPoolExecutor,
) -> None:
    leader, *others = behind_a_leader(store, commits, threads, "a", "b")
    store.faults[FIRST, place] = fault
    store.gate.set()
    assert leader.exception(_PATIENCE) is fault
    assert [f.result(_PATIENCE) for f in others] == ["done a", "done b"]
    assert store.log == ["a", "b"]


def test_a_leader_that_is_interrupted_after_the_commit_delivers(
    commits: GroupCommit[str, str], store: Store, threads: ThreadPoolExecutor
) -> None:
    leader, *others = behind_a_leader(store, commits, threads, "a", "b")
    fault = Interrupt()
    store.faults[FIRST, "after commit"] = fault
    store.gate.set()
    assert leader.exception(_PATIENCE) is fault
    assert [f.result(_PATIENCE) for f in others] == ["done a", "done b"]
    assert store.log == ["leader", "a", "b"]


def test_closing_waits_and_then_refuses(
    commits: GroupCommit[str, str], store: Store, threads: ThreadPoolExecutor
) -> None:
    futures = behind_a_leader(store, commits, threads, "a")
    closing = threads.submit(commits.close)
    store.gate.set()
    closing.result(_PATIENCE)
    assert [f.done() or f.result(_PATIENCE) for f in futures]
    with pytest.raises(Unavailable, match="closed"):
        commits.submit("late")
    assert store.log == ["leader", "a"]


@contextmanager
def interrupted_at(line: int) -> Generator[None]:
    """Raise `Interrupt` in this thread when the group's module comes to its *line*-th line.

    Lines with `with` are left out: a tracer strikes there between a block's end and the release of its
    lock, where CPython runs no signal handler.
    """
    lines = count()

    def tracer(frame: FrameType, what: str, _: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename != group.__file__:
            return None
        blocks = linecache.getline(group.__file__, frame.f_lineno).lstrip().startswith("with ")
        if what == "line" and not blocks and next(lines) == line:
            raise Interrupt
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        yield
    finally:
        sys.settrace(before)


def submitted(commits: GroupCommit[str, str], name: str, line: int) -> str:
    try:
        with interrupted_at(line):
            return commits.submit(name)
    except Interrupt:
        return "interrupted"


@pytest.mark.parametrize("line", range(60))
def test_an_interrupt_at_any_line_of_a_leader_stops_nobody_else(
    line: int, threads: ThreadPoolExecutor
) -> None:
    store = Store()
    commits = GroupCommit(store)
    store.hold()
    leader = threads.submit(submitted, commits, "leader", line)
    while not (store.writing.is_set() or leader.done()):
        threading.Event().wait(0.001)
    others = [threads.submit(commits.submit, name) for name in "abc"]
    if not leader.done() and not store.gate.is_set():
        while len(commits._queue) < 3 and not any(f.done() for f in others):
            threading.Event().wait(0.001)
    store.gate.set()
    assert [f.result(_PATIENCE) for f in others] == ["done a", "done b", "done c"]
    told = leader.result(_PATIENCE)
    assert told == "interrupted" or "leader" in store.log
    assert sorted(set(store.log) - {"leader"}) == ["a", "b", "c"]
    assert len(store.log) == len(set(store.log))
    assert commits.submit("after") == "done after"


@pytest.mark.parametrize("line", range(60))
def test_an_interrupt_at_any_line_of_who_waits_stops_nobody_else(
    line: int, threads: ThreadPoolExecutor
) -> None:
    store = Store()
    commits = GroupCommit(store)
    first = behind_a_leader(store, commits, threads)
    waiter = threads.submit(submitted, commits, "waiter", line)
    while not commits._queue and not waiter.done():
        threading.Event().wait(0.001)
    others = [threads.submit(commits.submit, name) for name in "ab"]
    queued(commits, 2)
    store.gate.set()
    assert [f.result(_PATIENCE) for f in (*first, *others)] == ["done leader", "done a", "done b"]
    told = waiter.result(_PATIENCE)
    assert told == "interrupted" or "waiter" in store.log
    assert sorted(set(store.log) - {"waiter"}) == ["a", "b", "leader"]
    assert len(store.log) == len(set(store.log))
    assert commits.submit("after") == "done after"


def test_the_lines_that_are_interrupted_are_all_there_are(commits: GroupCommit[str, str]) -> None:
    assert submitted(commits, "a", 60) == "done a"
