"""What simulated assistants say, and in which pieces: scripts, examples, commonplaces, seeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.simulator import AT_ONCE, Assistant, Pace, Scripted
from jackfield.adapters.simulator.platform.pieces import Dice, cut, times
from jackfield.domain.model.errors import InvalidInput

ABCD = Path(__file__).parents[4] / "shared" / "data" / "abcd" / "abcd_sample.json"
DICE = Dice(0, "assistant", 0)


def test_the_first_script_that_meets_answers() -> None:
    assistant = Assistant(
        scripts=[
            Scripted(asked="Where is my order?", text="On its way."),
            Scripted(asked="*refund*", text="In three days."),
            Scripted(asked="*", text="I see."),
        ]
    )
    asked = ("Where is my order?", "where is it?", "My\nrefund, please", "refund")
    assert [assistant.answer(each, 0).text for each in asked] == [
        "On its way.",
        "I see.",
        "In three days.",
        "In three days.",
    ]


@pytest.mark.parametrize("text", ["(a+)+$", "a.c", "[x", "\\", "what?"])
def test_but_for_the_star_a_script_means_what_it_says(text: str) -> None:
    script = Scripted(asked=text, text="")
    assert (script.meets(text), script.meets("abc")) == (True, False)


def test_the_nearest_example_answers() -> None:
    assistant = Assistant(
        examples=[
            ("I want to return my jeans", "Sure, may I have your name?"),
            ("Where is my package", "Let me look."),
            ("My package has not arrived", "I am sorry."),
        ]
    )
    assert assistant.answer("where is the package?", 0).text == "Let me look."
    assert assistant.answer("RETURN JEANS", 0).text == "Sure, may I have your name?"


def test_of_equally_near_examples_the_first_answers() -> None:
    assistant = Assistant(examples=[("red one", "first"), ("red two", "second")])
    assert assistant.answer("red", 0).text == "first"


def test_what_is_like_no_example_gets_a_commonplace() -> None:
    assistant = Assistant(examples=[("red", "first")])
    said = {assistant.answer("blue", chance / 100).text for chance in range(100)}
    assert len(said) == 5
    assert "first" not in said


def test_real_conversations_answer_their_own_questions() -> None:
    pairs = _abcd()
    assistant = Assistant(examples=pairs)
    asked = [question for question, _ in pairs]
    own = sum(assistant.answer(question, 0).text == answer for question, answer in pairs)
    assert own >= len({*asked}) * 0.9


def _abcd() -> Sequence[tuple[str, str]]:
    """Every customer's turn that an agent answers at once."""
    if not ABCD.is_file():
        pytest.skip(f"no conversations of ABCD at {ABCD.parent.name}")
    spoken = [each["original"] for each in orjson.loads(ABCD.read_bytes())]
    return [
        (said, answer)
        for turns in spoken
        for (who, said), (other, answer) in pairwise(turns)
        if (who, other) == ("customer", "agent")
    ]


@given(st.text(max_size=600), st.integers(0, 5))
def test_the_pieces_are_the_text(text: str, seed: int) -> None:
    pieces = [*cut(text, Dice(seed, "assistant", 3))]
    assert "".join(pieces) == text
    assert all(pieces)


@given(st.text(alphabet="ab \n", min_size=1, max_size=4_000))
def test_no_piece_is_long(text: str) -> None:
    assert max(map(len, cut(text, DICE))) <= 3 * 250


def test_words_keep_the_blanks_behind_them() -> None:
    pieces = [*cut("one two  three\nfour five six", DICE)]
    assert all(piece[-1].isspace() and not piece[0].isspace() for piece in pieces[:-1])


def test_chance_is_of_seed_assistant_and_number_alone() -> None:
    text = "word " * 200
    same = [[*cut(text, Dice(1, "a", 2))] for _ in range(2)]
    others = [[*cut(text, dice)] for dice in (Dice(2, "a", 2), Dice(1, "b", 2), Dice(1, "a", 3))]
    assert same[0] == same[1]
    assert all(other != same[0] for other in others)


def test_the_pace_is_kept() -> None:
    pace = Pace(
        first=timedelta(milliseconds=300),
        shortest=timedelta(milliseconds=20),
        longest=timedelta(milliseconds=60),
    )
    told = [*times(500, pace, DICE)]
    gaps = [after - before for before, after in pairwise(told)]
    assert (told[0], len(told)) == (300, 501)
    assert 19 <= min(gaps) < 24
    assert 56 < max(gaps) <= 61


def test_everything_can_come_at_once() -> None:
    assert [*times(3, AT_ONCE, DICE)] == [0, 0, 0, 0]


@pytest.mark.parametrize(("first", "shortest", "longest"), [(-1, 0, 0), (0, -1, 0), (0, 2, 1)])
def test_a_pace_that_goes_back_is_refused(first: int, shortest: int, longest: int) -> None:
    milliseconds = [timedelta(milliseconds=each) for each in (first, shortest, longest)]
    with pytest.raises(InvalidInput):
        Pace(first=milliseconds[0], shortest=milliseconds[1], longest=milliseconds[2])
