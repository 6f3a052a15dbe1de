"""Sessions in columns are the same sessions: what is read back, filtered and summed up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.batches import Batch, Filling, micros
from jackfield.domain.model.sessions.figures import By
from jackfield.domain.model.sessions.outcomes import Outcome
from jackfield.domain.model.sessions.resolutions import report, report_of
from tests.unit.model.sessions.lives import START
from tests.unit.model.sessions.outcomes import OUTCOMES


def batch_of(told: list[Outcome]) -> Batch:
    filling = Filling()
    for outcome in told:
        filling.add(outcome)
    return filling.batch


@given(OUTCOMES, st.sampled_from([None, *By]), st.integers(1, 10))
def test_batches_are_reported_as_their_sessions_are(told: list[Outcome], by: By | None, size: int) -> None:
    until = START + timedelta(days=4)
    batches = [batch_of(told[at : at + size]) for at in range(0, len(told), size)]
    assert report_of(batches, until=until, by=by) == report(told, until=until, by=by)


@given(OUTCOMES)
def test_a_batch_is_read_back_from_its_text(told: list[Outcome]) -> None:
    batch = batch_of(told)
    read = Batch.read(batch.text)
    assert read.text == batch.text
    assert len(read) == len(told)


@given(OUTCOMES, st.integers(0, 96), st.integers(0, 96))
def test_a_batch_is_cut_by_when_sessions_began(told: list[Outcome], first: int, last: int) -> None:
    since, until = START + timedelta(hours=first), START + timedelta(hours=last)
    wanted = [each for each in told if since <= each.started < until and each.bot == "retail"]
    cut, _ = batch_of(told).within(micros(since), micros(until)).parted("retail")
    later = START + timedelta(days=30)
    assert report_of([cut], until=later) == report(wanted, until=later)


@given(OUTCOMES)
def test_one_bots_figures_are_those_that_it_has_among_all(told: list[Outcome]) -> None:
    later = START + timedelta(days=30)
    alone = report_of([batch_of(told)], until=later, bot="retail").whole
    groups = report(told, until=later, by=By.BOT).groups
    among = [group.figures for group in groups if group.key == "retail"]
    assert [alone] == (among or [report([], until=later).whole])


def test_a_batch_goes_on_where_it_was_read_back() -> None:
    whole = batch_of([])
    assert Filling(Batch.read(whole.text)).batch.text == whole.text
    assert len(Batch.read("")) == 0


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"facts":[[]]}', '{"facts":[],"kinds":"AAAAAAAAAAA=","started":""}']
)
def test_what_is_no_batch_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Batch.read(text)
