"""A look at the ledger that hangs: who waits for it, and who has something meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from jackfield.domain.model.errors import (
    Unavailable,
)
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.services.prompts.live.versions import Patience
from tests.unit.services.conftest import FIRST, NAME
from tests.unit.services.live.conftest import PATIENT, Reader, Wait

IMPATIENT = Patience(wait=timedelta())


def test_a_look_that_hangs_is_not_waited_for_by_who_has_something(known: Reader) -> None:
    live = known.restart(IMPATIENT)
    known.ledger.hold()
    assert (live.get(NAME).source, known.ledger.reads) == (Source.DISK, 1)


def test_nobody_begins_a_second_look_meanwhile(known: Reader, wait: Wait) -> None:
    live = known.restart(IMPATIENT)
    known.ledger.hold()
    for _ in range(5):
        live.get(NAME)
        wait(1)
    assert known.ledger.reads == 1


def test_who_has_a_fallback_does_not_wait_either(reader: Reader) -> None:
    live = reader.restart(IMPATIENT)
    reader.ledger.hold()
    assert live.get(NAME, FIRST).source is Source.FALLBACK


def test_who_has_nothing_waits_for_the_answer(reader: Reader) -> None:
    live = reader.restart(IMPATIENT)
    reader.ledger.hold()
    found = list[str]()
    waiting = threading.Thread(target=lambda: found.append(live.get(NAME).number))
    waiting.start()
    reader.ledger.let_go()
    waiting.join(20)
    assert found == ["1.0.0"]


def test_what_a_slow_look_brings_is_fresh_for_all(known: Reader) -> None:
    live = known.restart(IMPATIENT)
    known.ledger.hold()
    live.get(NAME)
    flight, _ = live._flights.join(NAME, lambda: pytest.fail("there is one"), now=0, here=True)
    known.ledger.let_go()
    flight.landed(20)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.FRESH)


def test_while_somebody_looks_others_have_the_overdue_one_at_once(known: Reader, wait: Wait) -> None:
    known.ledger.hold()
    wait(1)
    first = threading.Thread(target=lambda: known.live.get(NAME))
    first.start()
    while known.ledger.reads == 2:
        pass
    said = known.said()
    known.ledger.let_go()
    first.join(20)
    assert said == ("1.0.0", Source.MEMORY, Freshness.STALE)


def test_a_look_that_hangs_is_made_anew_after_ten_seconds(known: Reader, wait: Wait) -> None:
    live = known.restart(IMPATIENT)
    known.ledger.hold()
    live.get(NAME)
    known.ledger.let_others_go()
    wait(10)
    live.patience = PATIENT
    assert known.said() == ("1.0.0", Source.LEDGER, Freshness.FRESH)


def test_who_has_nothing_waits_no_longer_than_one_look_may_take(reader: Reader) -> None:
    live = reader.restart(Patience(wait=timedelta(), look=timedelta()))
    reader.ledger.hold()
    with pytest.raises(Unavailable, match="prompt escalation: no answer came within 0 s"):
        live.get(NAME)


def test_a_ledger_that_may_hang_is_never_asked_on_the_readers_thread(known: Reader, wait: Wait) -> None:
    known.brief = False
    live = known.restart(Patience(wait=timedelta(seconds=0.01)))
    while live.get(NAME).source is not Source.LEDGER:  # on a busy machine that takes longer
        wait(1)
    known.ledger.hold()
    wait(1)
    assert known.said() == ("1.0.0", Source.MEMORY, Freshness.STALE)
