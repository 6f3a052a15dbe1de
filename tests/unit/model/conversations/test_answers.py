"""Answers: only a whole one can be required; any other says how it ended, and shows no text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.domain.model.conversations.answers import Answer, End, Spent
from jackfield.domain.model.errors import Unavailable


def answer(end: End, detail: str = "") -> Answer:
    return Answer(
        text="my secret",
        end=end,
        spent=Spent(prompt_tokens=9, completion_tokens=2, exact=True),
        conversation="conv-1",
        injection=timedelta(milliseconds=20),
        took=timedelta(seconds=1),
        detail=detail,
    )


def test_a_whole_answer_can_be_required() -> None:
    assert answer(End.COMPLETE).require() == "my secret"


@pytest.mark.parametrize("end", [end for end in End if end is not End.COMPLETE])
def test_no_other_can(end: End) -> None:
    with pytest.raises(Unavailable) as caught:
        answer(end, "line: it dropped").require()
    assert str(caught.value) == (
        f"conversation conv-1: the answer is not whole: {end} (line: it dropped);"
        " use answer.text for what came, or ask again"
    )


def test_an_end_without_detail_is_said_alone() -> None:
    with pytest.raises(Unavailable, match=r"the answer is not whole: canceled; use"):
        answer(End.CANCELED).require()


def test_its_repr_shows_its_length_alone() -> None:
    assert "<9 characters>" in repr(answer(End.COMPLETE))
    assert "secret" not in repr(answer(End.COMPLETE))
