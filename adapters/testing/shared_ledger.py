"""What every ledger must do for several threads, and from one opening to the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeAlias, TypeVar

import pytest

from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, change_again, prompt
from jackfield.domain.model.errors import Conflict, Unavailable
from jackfield.domain.model.events import START, verify
from jackfield.domain.model.subjects import Kind
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat, Versioned

OpenLedger: TypeAlias = Callable[[], Ledger]

_T = TypeVar("_T")
_THREADS: Final = 8
_COMMITS: Final = 40


class SharedLedgerContract:
    """Provide a fixture `open_ledger`, which opens one and the same empty store, and inherit the tests."""

    @pytest.fixture
    def ledger(self, open_ledger: OpenLedger) -> Iterator[Ledger]:
        ledger = open_ledger()
        yield ledger
        ledger.close()

    def test_threads_lose_no_update_and_make_one_chain(self, ledger: Ledger) -> None:
        def work(number: int) -> None:
            for i in range(_COMMITS):
                change_again(ledger, change(prompt(), text=f"{number}/{i}"))

        _in_threads(work)
        assert ledger.read(prompt()).revision == _THREADS * _COMMITS
        assert verify(chain(ledger)).entries == _THREADS * _COMMITS

    def test_of_threads_that_change_one_revision_one_wins(self, ledger: Ledger) -> None:
        start = threading.Barrier(_THREADS)

        def work(number: int) -> bool:
            start.wait()
            try:
                ledger.commit(change(prompt(), text=str(number)))
            except Conflict:
                return False
            return True

        assert sum(_in_threads(work)) == 1

    def test_of_threads_that_commit_one_once_one_does_it(self, ledger: Ledger) -> None:
        start = threading.Barrier(_THREADS)

        def work(_: int) -> type[Receipt | Repeat]:
            start.wait()
            return type(ledger.commit(change(prompt(), once="key")))

        assert sorted(t.__name__ for t in _in_threads(work)) == ["Receipt"] + ["Repeat"] * (_THREADS - 1)

    def test_a_conflict_does_not_disturb_its_neighbors(self, ledger: Ledger) -> None:
        def work(number: int) -> int:
            return sum(_happened(ledger, change(prompt(str(number)), i - i % 2)) for i in range(_COMMITS))

        assert _in_threads(work) == [1] * _THREADS
        assert verify(chain(ledger)).entries == _THREADS

    def test_a_thread_reads_what_it_committed(self, ledger: Ledger) -> None:
        def work(number: int) -> None:
            subject = prompt(str(number))
            for i in range(_COMMITS):
                ledger.commit(change(subject, i))
                assert ledger.read(subject).revision == i + 1

        _in_threads(work)

    def test_everything_is_there_after_reopening(self, open_ledger: OpenLedger) -> None:
        before = open_ledger()
        receipt = before.commit(change(prompt(), once="key", events=3))
        before.close()
        after = open_ledger()
        assert after.read(prompt()) == Versioned(1, change(prompt()).state)
        assert after.head(ORGANIZATION) == receipt
        assert verify(chain(after)).entries == 3  # noqa: PLR2004 - as many as were committed
        assert after.commit(change(prompt(), once="key")) == Repeat(prompt(), "key")
        after.close()

    def test_two_ledgers_on_one_store_see_each_other(self, open_ledger: OpenLedger, ledger: Ledger) -> None:
        other = open_ledger()
        for revision in range(6):
            (ledger, other)[revision % 2].commit(change(prompt(), revision, once=str(revision)))
        with pytest.raises(Conflict):
            ledger.commit(change(prompt(), 5))
        assert other.commit(change(prompt(), 6, once="0")) == Repeat(prompt(), "0")
        assert verify(chain(other)).head == ledger.head(ORGANIZATION).head
        other.close()

    def test_closing_twice_is_fine_and_a_closed_ledger_is_unavailable(self, open_ledger: OpenLedger) -> None:
        ledger = open_ledger()
        ledger.close()
        ledger.close()
        verbs: tuple[Callable[[], object], ...] = (
            lambda: ledger.read(prompt()),
            lambda: ledger.subjects(ORGANIZATION, Kind.PROMPT),
            lambda: ledger.commit(change(prompt())),
            lambda: ledger.follow(ORGANIZATION, START, 1),
            lambda: ledger.head(ORGANIZATION),
        )
        for verb in verbs:
            with pytest.raises(Unavailable, match="closed"):
                verb()

    def test_closing_waits_for_what_was_begun(self, open_ledger: OpenLedger) -> None:
        ledger = open_ledger()
        started = threading.Barrier(_THREADS + 1)

        def work(number: int) -> int:
            started.wait()
            for i in range(10_000):
                try:
                    ledger.commit(change(prompt(str(number)), i))
                except Unavailable:
                    return i
            return 0

        with ThreadPoolExecutor(_THREADS) as threads:
            done = [threads.submit(work, number) for number in range(_THREADS)]
            started.wait()
            ledger.close()
            acknowledged = sum(future.result() for future in done)
        again = open_ledger()
        assert verify(chain(again)).entries == acknowledged
        again.close()


def _happened(ledger: Ledger, wanted: Change) -> bool:
    try:
        ledger.commit(wanted)
    except Conflict:
        return False
    return True


def _in_threads(work: Callable[[int], _T]) -> list[_T]:
    with ThreadPoolExecutor(_THREADS) as threads:
        return list(threads.map(work, range(_THREADS)))
