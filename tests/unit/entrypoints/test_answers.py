"""What is told of an answer beside its text: each line once, whatever was left out."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from jackfield.domain.model.conversations.answers import Answer, Dropped, End, Spent
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.entrypoints.cli.answers import answer_view, became, summary

PROMPT = PromptDefinition(name="refund", version="1.2.0", model="m", max_tokens=9, template="You help.")
ANSWER = Answer(
    text="Hello",
    end=End.COMPLETE,
    spent=Spent(prompt_tokens=1, completion_tokens=1, exact=True),
    conversation="conv-1",
    injection=timedelta(),
    took=timedelta(seconds=1),
)


def history(place: int, reason: str) -> Dropped:
    return Dropped(kind="history", place=str(place), messages=2, tokens=10, reason=reason)


def test_a_history_that_is_left_out_is_one_line_with_the_newest_reason() -> None:
    dropped = (history(0, "it is older"), history(2, "it is older"), history(4, "it takes 10 of 3"))
    lines = list(summary(evolve(ANSWER, dropped=dropped, summarized=True), PROMPT))
    assert lines[:2] == [
        "left out: 6 message(s) of the history, [0] to [5], 30 tokens: it takes 10 of 3",
        "a summary of it was sent in its place",
    ]
    assert len(lines) == 4


def test_json_has_everything_that_was_left_out_by_the_same_places() -> None:
    view = answer_view(evolve(ANSWER, dropped=(history(0, "a"), history(2, "b"))), "asst-1", PROMPT)
    places = [(each["place"], each["reason"]) for each in view["dropped"]]
    assert (view["summarized"], places) == (False, [("0", "a"), ("2", "b")])


def test_examples_beyond_twenty_are_counted() -> None:
    dropped = [
        Dropped(kind="example", place=f"e{n}", messages=0, tokens=9, reason="too long") for n in range(23)
    ]
    lines = list(summary(evolve(ANSWER, dropped=tuple(dropped)), PROMPT))
    assert lines[0] == "left out: example e0: too long"
    assert (lines[20], len(lines)) == ("left out: 3 more examples", 23)


def test_what_could_not_be_written_is_told_by_how_the_answer_ended() -> None:
    canceled = became(evolve(ANSWER, end=End.CANCELED))
    assert ("the answer was canceled" in canceled, "is complete" in became(ANSWER)) == (True, True)
