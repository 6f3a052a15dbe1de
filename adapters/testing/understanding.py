"""What every `Understanding` promises, as tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from jackfield.domain.model.errors import NotFound, Unavailable
from jackfield.domain.model.sessions.signals import LONGEST_UTTERANCE, UNMEASURED, hear
from jackfield.ports.clock import Clock
from jackfield.ports.understanding import Understanding

_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
_SAYINGS: Final = (
    "I want to cancel my recent order",
    "Where is my card? It should have been here a week ago!",
    "?",
    "Grüße, 你好, \u2028 and 👩‍🚀",
    "\u0001 \\ \" '",
    "why " * (LONGEST_UTTERANCE // 4),
)


class UnderstandingContract:
    """Provide the fixtures `understanding`, `clock` (its own) and `bot` (an id), and inherit the tests."""

    @pytest.fixture
    def ends(self, clock: Clock) -> float:
        """A deadline that is far away."""
        return clock.monotonic() + 600

    @pytest.mark.parametrize("text", _SAYINGS, ids=range(len(_SAYINGS)))
    def test_says_of_any_text_what_a_turn_can_be_made_of(
        self, understanding: Understanding, bot: str, ends: float, text: str
    ) -> None:
        said = understanding.evaluate(text, bot=bot, language=None, ends=ends)
        turn = hear(said)
        assert turn.failure is None
        assert turn.confidence == said.confidence
        assert turn.sentiment == (None if said.sentiment is UNMEASURED else said.sentiment)

    @pytest.mark.parametrize("language", [None, "en", "de"])
    def test_may_be_told_the_language(
        self, understanding: Understanding, bot: str, ends: float, language: str | None
    ) -> None:
        said = understanding.evaluate("Hello", bot=bot, language=language, ends=ends)
        assert hear(said).failure is None

    def test_may_be_asked_again(self, understanding: Understanding, bot: str, ends: float) -> None:
        for _ in range(2):
            said = understanding.evaluate("I want my money back", bot=bot, language=None, ends=ends)
            assert hear(said).failure is None

    def test_may_be_asked_by_many_at_once(self, understanding: Understanding, bot: str, ends: float) -> None:
        def ask(text: str) -> object:
            return hear(understanding.evaluate(text, bot=bot, language=None, ends=ends)).failure

        with ThreadPoolExecutor(8) as pool:
            assert {*pool.map(ask, _SAYINGS[:4] * 10)} == {None}

    def test_knows_no_bot_that_is_not_there(self, understanding: Understanding, ends: float) -> None:
        with pytest.raises(NotFound):
            understanding.evaluate("Hello", bot=_NOBODY, language=None, ends=ends)

    def test_asks_nothing_behind_the_deadline(
        self, understanding: Understanding, bot: str, clock: Clock
    ) -> None:
        with pytest.raises(Unavailable):
            understanding.evaluate("Hello", bot=bot, language=None, ends=clock.monotonic() - 1)
