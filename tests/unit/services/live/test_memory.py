"""What is live, from memory: how old it may be, and when the ledger is asked again."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest
from attrs import evolve

from jackfield.domain.model.errors import (
    InvalidInput,
    JackfieldError,
    OpenedBeforeFork,
    Unavailable,
)
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, version
from tests.unit.services.live.conftest import AWAY, Reader, Wait

DAMAGED = InvalidInput("what is stored was not written as its state")


def test_the_first_look_is_into_the_ledger(reader: Reader) -> None:
    assert reader.said() == ("1.0.0", Source.LEDGER, Freshness.FRESH)


def test_the_next_is_from_memory(known: Reader) -> None:
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.FRESH)


def test_memory_asks_nobody_for_half_a_second(known: Reader, wait: Wait) -> None:
    wait(0.49)
    known.live.get(NAME)
    assert known.ledger.reads == 2  # the prompt and its version


def test_after_half_a_second_the_ledger_is_asked_again(known: Reader, wait: Wait) -> None:
    wait(0.5)
    assert known.said() == ("1.0.0", Source.LEDGER, Freshness.FRESH)


def test_the_age_grows_from_when_the_ledger_was_asked(known: Reader, wait: Wait) -> None:
    found = known.live.get(NAME)
    wait(0.4)
    assert (found.age, known.live.get(NAME).age) == (timedelta(seconds=0.4),) * 2


@pytest.mark.parametrize("failure", [AWAY, DAMAGED], ids=["away", "damaged"])
def test_when_the_ledger_does_not_answer_memory_is_given_as_stale(
    known: Reader, wait: Wait, failure: JackfieldError
) -> None:
    known.ledger.failure = failure
    wait(5)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.STALE)


def test_a_stale_version_tells_its_true_age(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AWAY
    wait(5)
    assert known.live.get(NAME).age == timedelta(seconds=5)


def test_over_the_bound_it_is_called_last_known_good(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AWAY
    wait(61)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.LAST_KNOWN_GOOD)


def test_while_nothing_answers_the_ledger_is_asked_twice_a_second_at_most(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AWAY
    wait(1)
    for _ in range(10):
        known.live.get(NAME)
        wait(0.1)
    assert known.ledger.reads - 2 == 2


def test_when_the_ledger_answers_again_it_is_fresh_again(known: Reader, wait: Wait) -> None:
    known.ledger.failure = AWAY
    wait(5)
    known.live.get(NAME)
    known.ledger.failure = None
    wait(0.5)
    assert known.said() == ("1.0.0", Source.LEDGER, Freshness.FRESH)


def test_every_prompt_that_was_read_is_listed(known: Reader, two: ActingPrompts) -> None:
    two.publish(evolve(FIRST, name="other"))
    known.live.get("other")
    known.settle()
    assert known.live.kept.names() == (NAME, "other")


def test_what_is_fresh_in_memory_is_not_measured(known: Reader) -> None:
    known.measured.clear()
    known.live.get(NAME)
    assert known.measured == []


def test_reads_and_looks_are_measured_with_few_labels(known: Reader, wait: Wait) -> None:
    known.measured.clear()
    known.ledger.failure = AWAY
    wait(1)
    known.live.get(NAME)
    assert [(m.organization, m.name, dict(m.labels)) for m in known.measured] == [
        ("acme", "jackfield.live.looks", {"upstream": "ledger", "outcome": "failed"}),
        ("acme", "jackfield.live.reads", {"source": "memory", "freshness": "stale"}),
    ]


def test_after_closing_nothing_is_looked_up(known: Reader, wait: Wait) -> None:
    known.live.close()
    wait(1)
    with pytest.raises(Unavailable, match="the core is closed"):
        known.live.get(NAME)


def test_two_live_versions_are_equal_if_the_same_is_live(known: Reader, wait: Wait) -> None:
    before = known.live.get(NAME)
    wait(3)
    assert known.live.get(NAME) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_a_fork_is_told_to_open_its_own(two: ActingPrompts, core: Core, wait: Wait) -> None:
    two.live(NAME)
    wait(1)
    child = os.fork()
    if not child:
        try:
            core.prompts.live(NAME)
        except OpenedBeforeFork:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_a_fork_that_changes_something_does_not_wait_for_the_parents_lock(
    two: ActingPrompts, core: Core
) -> None:
    live = core.prompts.live_versions
    with live._lock:  # as a reader holds it for a moment at every look
        child = os.fork()
        if not child:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(20)
            try:
                two.publish(version("9.0.0"))
            except OpenedBeforeFork:
                os._exit(0)
            finally:
                os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
