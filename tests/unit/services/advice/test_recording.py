"""What is remembered between two batches of the log, and never believed where it is not so."""

from __future__ import annotations

from contextlib import suppress

from attrs import define, evolve

from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.advice.records import advice_subject
from jackfield.domain.model.advice.states import AdviceState
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.events import verify
from jackfield.domain.services.advice import Advice
from jackfield.domain.services.advice.hearing.spelling import Spelled
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.unit.services.advice.conftest import ACME, Desk, query


def _delivered(desk: Desk) -> int:
    state = desk.ledger.read(advice_subject(ACME, "c-1")).state
    assert isinstance(state, AdviceState)
    return state.delivered


def test_what_another_process_wrote_meanwhile_is_counted(desk: Desk, advice: Advice) -> None:
    other = desk.open()
    for each in (advice, other, other, advice, other, advice, advice):
        each.query(query())
        each.flush()
    assert _delivered(desk) == 7
    assert verify(desk.told()).entries == 7


@define(eq=False)
class Answerless(ShakyLedger):
    """Commits, and says that it could not, as often as it is told to."""

    silent: int = 0

    def commit(self, *changes: Change) -> Receipt | Repeat:
        done = self.ledger.commit(*changes)
        if self.silent:
            self.silent -= 1
            raise Unavailable("nobody knows", place="ledger", remedy="try again")
        return done


def test_after_a_failure_the_ledger_is_asked_what_it_has(desk: Desk) -> None:
    ledger = Answerless(desk.ledger)
    advice = desk.open(ledger=ledger)
    advice.query(query())
    advice.flush()
    ledger.silent = 1
    advice.query(query())
    with suppress(Unavailable):
        advice.flush()
    advice.flush()
    assert _delivered(desk) == 3  # the second one twice: its commit could not be believed
    assert verify(desk.told()).entries == 3


def test_an_answer_is_spelled_once_while_it_is_remembered(desk: Desk, advice: Advice) -> None:
    one, two = (advice.query(query(said)).accepted for said in ("one", "two"))
    spelled = Spelled(most=1)
    first = spelled.of(one)
    assert spelled.of(one) is first
    spelled.of(two)
    assert (spelled.of(one) is first, spelled.of(one) == first) == (False, True)


def test_what_is_remembered_as_it_was_spelled_is_bounded_by_bytes(desk: Desk, advice: Advice) -> None:
    desk.gateway.items = [evolve(desk.item("one"), content="x" * 40_000)]
    spelled = Spelled(most_bytes=100_000)
    answers = [advice.query(query(f"{number}")).accepted for number in range(9)]
    for each in answers:
        spelled.of(each)
    assert [known[0] for known in spelled._known.values()] == answers[-2:]
    assert 80_000 < spelled._bytes <= 100_000
    spelled.of((*answers[0], *answers[1], *answers[2]))
    assert (spelled._known, spelled._bytes) == ({}, 0)


def test_what_is_redacted_is_redacted_each_time(desk: Desk, advice: Advice) -> None:
    accepted, said = advice.query(query()).accepted, list[str]()

    def redact(text: str) -> str:
        said.append(text)
        return f"<{len(said)}>"

    spelled = Spelled(redact)
    assert spelled.of(accepted) != spelled.of(accepted)
