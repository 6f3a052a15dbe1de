"""What every token counter must do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from jackfield.domain.model.budgets import TokenCount
from jackfield.ports.tokens import TokenCounter

TEXTS: Final = (
    "",
    " ",
    "Be kind.",
    "a" * 4_000,
    "Größe, Straße, naïve",
    "日本語のテキスト",
    "🚀👩‍👩‍👧‍👦" * 50,
    "\ud800 half of a pair",
    "\x00\x01\u202e\u0301",
    "<|endoftext|>",
    " \t\n\r\n" * 100,
    "1234567890" * 40,
    "{{customer}} {{{{ }}",
)


class TokenCounterContract:
    """Provide a `counter` fixture and inherit the tests."""

    def test_has_a_name_that_can_be_shown(self, counter: TokenCounter) -> None:
        assert counter.name
        assert counter.name.isprintable()

    def test_no_text_has_no_tokens(self, counter: TokenCounter) -> None:
        assert counter.count("").tokens == 0

    @pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
    def test_counts_any_text(self, counter: TokenCounter, text: str) -> None:
        count = counter.count(text)
        assert isinstance(count, TokenCount)
        assert count.tokens >= bool(text)

    @pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
    def test_no_text_has_more_than_the_worst_of_its_length(self, counter: TokenCounter, text: str) -> None:
        assert counter.count(text).tokens <= counter.worst(len(text))

    @pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
    def test_counts_the_same_again(self, counter: TokenCounter, text: str) -> None:
        assert counter.count(text) == counter.count(text)

    def test_the_worst_grows_with_the_length(self, counter: TokenCounter) -> None:
        worst = [counter.worst(characters) for characters in (0, 1, 2, 10, 100, 10_000)]
        assert worst == sorted(worst)
        assert worst[0] == 0

    def test_several_threads_count_the_same(self, counter: TokenCounter) -> None:
        with ThreadPoolExecutor(4) as threads:
            counts = list(threads.map(counter.count, TEXTS * 4))
        assert counts == [counter.count(text) for text in TEXTS] * 4
