"""Every token counter does what the port promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackfield.adapters.testing.token_counter import TokenCounterContract
from jackfield.adapters.tokens import QuarterEstimate, UpperEstimate
from jackfield.plugins.builtin.tokens import Tokens, TokensSettings
from jackfield.ports.tokens import TokenCounter
from tests.plugins.vocabulary import write_vocabulary


class TestUpperEstimate(TokenCounterContract):
    @pytest.fixture
    def counter(self) -> TokenCounter:
        return UpperEstimate()


class TestQuarterEstimate(TokenCounterContract):
    @pytest.fixture
    def counter(self) -> TokenCounter:
        return QuarterEstimate()


class TestTiktoken(TokenCounterContract):
    @pytest.fixture(params=["o200k_base", "cl100k_base"])
    def counter(self, request: pytest.FixtureRequest, tmp_path: Path) -> TokenCounter:
        vocabulary = write_vocabulary(tmp_path / "small.tiktoken")
        return Tokens(TokensSettings(vocabulary=str(vocabulary), split=request.param)).make()
