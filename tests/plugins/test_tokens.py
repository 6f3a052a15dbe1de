"""The built-in plugin `tokens`: exact counts from a vocabulary file, and nothing from the network."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.plugins.builtin.tokens import Tokens, TokensSettings
from jackfield.plugins.builtin.vocabulary import read_ranks
from jackfield.plugins.samples import CANDIDATE
from jackfield.testing import OpenCore
from tests.plugins.vocabulary import entries, write_vocabulary


def _settings(path: Path, **more: str) -> dict[str, str]:
    return {"vocabulary": str(path), "split": "o200k_base", **more}


def test_counts_exactly_what_the_vocabulary_gives(tmp_path: Path) -> None:
    counter = Tokens(TokensSettings(**_settings(write_vocabulary(tmp_path / "v")))).make()
    count = counter.count("the thing and the")
    assert (count.tokens, count.exact) == (5, True)


def test_the_settings_choose_it_for_a_core(open_core: OpenCore, tmp_path: Path) -> None:
    table = _settings(write_vocabulary(tmp_path / "v"))
    core = open_core(settings={"tokens": table}, token_counter="tiktoken")
    assert core.prompts.check(CANDIDATE.definition).tokens == len("Greet  kindly.") - 1 + 4 * 80


def test_nothing_is_asked_of_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*_: object) -> NoReturn:
        raise AssertionError("it wanted the network")

    monkeypatch.setattr(socket, "socket", no_socket)
    Tokens(TokensSettings(**_settings(write_vocabulary(tmp_path / "v")))).make().count("a text")


_SMALL = b"\n".join(entries())


@given(st.text(max_size=60))
def test_no_text_has_more_tokens_than_the_worst_of_its_length(text: str) -> None:
    import tiktoken

    from jackfield.plugins.builtin.tokens import Tiktoken
    from jackfield.plugins.builtin.vocabulary import PATTERNS

    ranks = read_ranks(_SMALL)
    counter = Tiktoken(
        tiktoken.Encoding("v", pat_str=PATTERNS["o200k_base"], mergeable_ranks=ranks, special_tokens={})
    )
    assert counter.count(text).tokens <= counter.worst(len(text))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vocabulary": "nowhere/v"}, r"plugins\.tokens\.vocabulary: it cannot be read: No such file"),
        ({"vocabulary": "nul\0"}, r"plugins\.tokens\.vocabulary: it cannot be read"),
        (
            {"split": "p50k"},
            r"plugins\.tokens\.split: this vocabulary is not known by its hash; .*o200k_base",
        ),
        ({"sha256": "0" * 64}, r"plugins\.tokens\.sha256: the vocabulary has another SHA-256"),
    ],
)
def test_settings_that_do_not_fit_are_an_error_with_their_place(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    table = _settings(write_vocabulary(tmp_path / "v")) | change
    with pytest.raises(InvalidInput, match=said):
        Tokens(TokensSettings(**table)).make()


def test_without_a_vocabulary_it_says_what_to_set() -> None:
    with pytest.raises(InvalidInput, match="no vocabulary is named"):
        Tokens().make()


def test_a_hash_that_is_given_is_checked(tmp_path: Path) -> None:
    path = write_vocabulary(tmp_path / "v")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert Tokens(TokensSettings(**_settings(path, sha256=found.upper()))).make().count("a").tokens == 1


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(InvalidInput, match=r"tiktoken is not installed; pip install 'jackfield\[tokens\]'"):
        Tokens(TokensSettings(**_settings(write_vocabulary(tmp_path / "v")))).make()


_FIRST = base64.b64encode(b"\0")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "lacks some of the 256"),
        (b"\n".join(entries()[1:]), "lacks some of the 256"),
        (_SMALL + b"\n" + entries()[0], "line 267: this token is there twice"),
        (_SMALL + b"\n" + base64.b64encode(b"zz") + b" 0", "two of its tokens have one rank"),
        (_SMALL + b"\nnot base64!", "line 267 is not"),
        (_SMALL + b"\n" + _FIRST, "line 267 is not"),
        (_SMALL + b"\n" + _FIRST + b" -1", "line 267 is not"),
        (_SMALL + b"\n" + _FIRST + b" " + b"9" * 5_000, "line 267 is not"),
        (_SMALL + b"\n 7", "line 267 is not"),
        (b"<html>404</html>", "line 1 is not"),
        (b"x" * 32_000_001, "more than 32000000 bytes"),
    ],
    ids=range(11),
)
def test_a_file_that_is_no_vocabulary_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_ranks(content)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(content: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert read_ranks(content)
