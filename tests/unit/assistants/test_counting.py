"""A counter may guess, fail or hang: an answer on its way is cut by an exact count alone, and goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from attrs import define, evolve

from jackfield import aio
from jackfield.adapters.tokens import QuarterEstimate, UpperEstimate
from jackfield.domain.model.budgets import TokenCount
from jackfield.domain.model.conversations.answers import End, Spent
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed
from jackfield.domain.model.conversations.messages import Budget
from jackfield.domain.services.assistants.asking import ActingAssistants
from jackfield.domain.services.assistants.counting import Lasting, metered
from jackfield.domain.services.assistants.replies import Reply
from tests.unit.assistants.conftest import ASSISTANT, PROMPT, Desk, chunks

TEN = Budget(output=10)


@define
class Letters:
    """Counts letters, until `left` calls were made; then it raises."""

    left: int = 1_000_000
    exact: bool = True
    name: str = "letters"

    def count(self, text: str) -> TokenCount:
        self._tick()
        return TokenCount(len(text), exact=self.exact)

    def worst(self, characters: int) -> int:
        self._tick()
        return characters

    def _tick(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise ValueError("customer text")


def counting(desk: Desk, counter: Any) -> ActingAssistants:
    ours = desk.assistants
    return evolve(ours, composer=evolve(ours.composer, counter=counter))


def asked(desk: Desk, counter: Any, budget: Budget = TEN) -> Reply:
    return counting(desk, counter).ask(ASSISTANT, PROMPT, values={}, user="hi", budget=budget)


def failing_from_now_on(desk: Desk, budget: Budget = TEN) -> Reply:
    """Ask with a counter that fails behind the question's way out."""
    desk.gateway.at_once = False
    counter = Letters()
    reply = asked(desk, counter, budget)
    counter.left = 0
    return reply


def test_an_exact_counter_cuts_at_the_limit(desk: Desk) -> None:
    desk.gateway.events = chunks("x" * 50)
    assert (asked(desk, Letters()).answer.text, desk.payload["end"]) == ("x" * 10, "budget")


@pytest.mark.parametrize("counter", [UpperEstimate(), QuarterEstimate(), Letters(exact=False)])
def test_where_the_counter_guesses_the_platforms_own_limit_decides(desk: Desk, counter: Any) -> None:
    text = "x" * 17  # more than 10 by `Letters`, and less than 20
    desk.gateway.events = chunks(text, tokens=10)
    assert (asked(desk, counter).answer.text, desk.payload["end"]) == (text, "length")


@pytest.mark.parametrize(
    ("counter", "characters"),
    [(UpperEstimate(), 60), (QuarterEstimate(), 80), (Letters(exact=False), 20)],
)
def test_a_server_that_keeps_no_limit_is_cut_at_twice_of_it(
    desk: Desk, counter: Any, characters: int
) -> None:
    desk.gateway.events = chunks(*("word " * 40))
    assert (asked(desk, counter).answer.text, desk.payload["end"]) == (
        ("word " * 40)[:characters],
        "budget",
    )


def test_a_counter_that_fails_does_not_end_an_answer(desk: Desk) -> None:
    reply = failing_from_now_on(desk)
    desk.gateway.lines[0].play()
    assert (list(reply), reply.answer.end) == (["Hel", "lo"], End.COMPLETE)


def test_behind_a_failure_an_estimate_cuts_no_earlier_than_one_does_from_the_start(desk: Desk) -> None:
    desk.gateway.events = chunks(*("word " * 40))
    reply = failing_from_now_on(desk)
    desk.gateway.lines[0].play()
    assert (reply.answer.text, reply.answer.end) == (("word " * 40)[:60], End.BUDGET)


def test_a_counter_that_fails_in_the_middle_leaves_the_text_that_there_was(desk: Desk) -> None:
    desk.gateway.events = (Chunk(0, "x" * 8), Chunk(1, "y" * 8), Completed(2, None))
    desk.gateway.at_once, counter = False, Letters()
    reply = asked(desk, counter)
    desk.gateway.lines[0].play(1)
    counter.left = 0
    desk.gateway.lines[0].play()
    assert reply.answer.text == "x" * 8 + "y" * 8


def test_a_counter_that_failed_is_not_asked_again(desk: Desk) -> None:
    desk.gateway.at_once, counter = False, Letters()
    desk.gateway.events = chunks(*("word " * 10))
    asked(desk, counter)
    counter.left = 0
    desk.gateway.lines[0].play()
    assert counter.left == -1


def test_tokens_of_a_counter_that_fails_are_an_upper_estimate(desk: Desk) -> None:
    reply = failing_from_now_on(desk)
    reply.hear(Chunk(0, "a" * 9))
    reply.hear(Failed("closed", "gone"))
    assert reply.answer.spent == Spent(prompt_tokens=31, completion_tokens=3, exact=False)


def test_in_an_event_loop_it_is_the_same(desk: Desk) -> None:
    desk.gateway.events = chunks("x" * 9, "y" * 9)
    reply = failing_from_now_on(desk)
    desk.gateway.lines[0].play()

    async def taken() -> str:
        async with asyncio.timeout(20):
            return "".join([piece async for piece in aio.pieces(reply)])

    assert (asyncio.run(taken()), reply.answer.end) == ("x" * 9 + "y" * 9, End.COMPLETE)


def test_a_counter_that_cannot_even_say_whether_it_is_exact_is_none() -> None:
    meter = metered(Letters(left=0), UpperEstimate(), 10)
    assert (meter.limit, meter.count("x" * 100).tokens, meter.worst(100)) == (20, 33, 115)


def test_what_lasts_says_what_its_counter_says() -> None:
    lasting = Lasting(Letters(), UpperEstimate())
    assert (lasting.count("abc"), lasting.worst(3)) == (TokenCount(3, exact=True), 3)
