"""The built-in redactor: what it finds, and what it promises for any text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.plugins.builtin.redacting import redacted
from jackfield.plugins.builtin.redacting.numbers import _GROUP, _RUN, luhn
from jackfield.plugins.builtin.redacting.patterns import _EMAIL, _IBAN, _KEY, _SIX

FOUND: Final = [
    ("mail joe.o+x@mail.example.com.", "mail [email]."),
    ("用户@例子.公司", "[email]"),
    ("<joe@a.b>, sue@c.d", "<[email]>, [email]"),
    ("x" * 200 + "@a.b", "[email]"),
    ("0@0.0+@0.0 a@b.c@d", "[email] [email]@d"),
    ("call (555) 123-4567 or +49 30 1234567", "call [phone] or [phone]"),
    ("(see 555-123-4567)", "(see [phone])"),
    ("1-800-555-0199, 030 1234567, 01 23 45 67 89, 0044 20 7946 0958", "[phone], [phone], [phone], [phone]"),
    ("card 4111 1111 1111 1111 exp 12", "card [card] exp 12"),
    ("555 4111-1111-1111-1111", "555 [card]"),
    ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[card]"),
    ("\u0664\u0661\u0661\u0661" + " \u0661\u0661\u0661\u0661" * 3, "[card]"),
    ("378282246310005 and 4111111111111112", "[card] and [number]"),
    ("GB82 WEST 1234 5698 7654 32 please", "[iban] please"),
    ("DE89370400440532013000, de89370400440532013000", "[iban], [iban]"),
    ("DE88370400440532013000", "DE[number]"),
    ("555-0199, 123.4567, 138 1234 5678", "[phone], 123.4567, [phone]"),
    ("ssn 078-05-1120", "ssn [ssn]"),
    ("10.0.0.1:8080, 300.1.1.1", "[ip]:8080, 300.1.1.1"),
    ("fe80::1ff:fe23:4567:890a, 2001:db8:0:0:0:0:0:1", "[ip], [ip]"),
    ("order 123456789, AB123456789", "order [number], AB[number]"),
    ("Authorization: Bearer abcDEF123456", "Authorization: [key]"),
    ("sk-live_abcdefghij0123456789 ghp_abcdefghijklmnopqrstuvwx", "[key] [key]"),
    ("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "[key]"),
    ("AKIAIOSFODNN7EXAMPLE whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "[key] [key]"),
]

KEPT: Final = [
    "at 10:30:00 on 2026-11-21 09:30, 01/02/2026 10:30",
    "bearer securities, risk-management-committee-meetings",
    "price 10.000 20.000 30.000 and 1,299.00 in 2024/05/01",
    "1 2 3 4 5 6 7 8 9 10 11",
    "ticket 12345678, room 12, ::1, std::vector",
    "a@b, @home, joe at mail",
    "[email] [phone] [not kept: the redactor x failed]",
    "",
]

PIECES: Final = st.sampled_from(
    [
        *"aA1049@.-+_:/ ()[]=,\n\u00a0\u0663é",
        *("12", "123", "1234", "12345", "1234567890", "::", "sk-", "bearer ", "eyJ", "AB12", "de89", "fe80:"),
        *("4111111111111111", "078-05-1120", "10.0.0.1", "joe@a.b", "+49 30", "(555) ", "0044", "[email]"),
        *("DE89370400440532013000", "GB82 WEST", "a" * 20, "1" * 20, "xoxb-", "AKIA", "whsec_"),
    ]
)
ANY: Final = st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join))


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_it_finds(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_it_leaves_alone(text: str) -> None:
    assert redacted(text) == text


@given(ANY)
def test_again_changes_nothing_any_more(text: str) -> None:
    once = redacted(text)
    assert redacted(once) == once


@given(ANY)
def test_it_lengthens_by_two_fifths_at_most(text: str) -> None:
    assert len(redacted(text)) <= 1.4 * len(text)


@given(ANY)
def test_what_stays_stood_there_in_its_order(text: str) -> None:
    parts = re.split(r"\[(?:card|email|iban|ip|key|number|phone|ssn)\]", redacted(text))
    position = 0
    for part in parts:
        position = text.index(part, position) + len(part)


@given(st.lists(ANY, min_size=2, max_size=4), st.sampled_from(["\n;\n", " ; ", "\t;;\t"]))
def test_texts_apart_are_redacted_apart(texts: list[str], between: str) -> None:
    assert redacted(between.join(texts)) == between.join(map(redacted, texts))


@given(st.integers(10**12, 10**18))
def test_exactly_one_check_digit_is_right(number: int) -> None:
    assert [luhn(f"{number}{digit}") for digit in range(10)].count(True) == 1


@pytest.mark.parametrize("pattern", [_KEY, _EMAIL, _IBAN, _SIX, _RUN, _GROUP])
def test_whatever_a_pattern_may_take_back_is_bounded(pattern: re.Pattern[str]) -> None:
    """So the steps from one place are bounded too, or they are never gone again."""
    assert all(most <= 64 for most in _backtracking(_PARSER.parse(pattern.pattern)))


def test_control_the_usual_pattern_of_an_address_takes_back_without_bound() -> None:
    assert max(_backtracking(_PARSER.parse(r"[\w.]+@(?:[\w-]+\.)+\w+"))) > 10**6


_PARSER: Final[Any] = import_module("re._parser")


def _backtracking(tree: Any) -> Iterator[int]:
    """The most repetitions of each part of a parsed pattern that gives back what it took."""
    for operation, argument in tree:
        if str(operation) in ("MAX_REPEAT", "MIN_REPEAT"):
            yield int(argument[1])
        for part in _parts(argument):
            yield from _backtracking(part)


def _parts(argument: Any) -> Iterator[Any]:
    several = cast("tuple[Any, ...]", argument) if isinstance(argument, tuple | list) else ()
    for each in several:
        if isinstance(each, _PARSER.SubPattern):
            yield each
        else:
            yield from _parts(each)


@pytest.mark.parametrize(
    "hostile", ["a", "ab@", "a.", "a::", "eyJa-", "bearer ", "1.", "+(", "sk-a ", "0 ", "AB12"]
)
def test_a_long_hostile_text_ends(hostile: str) -> None:
    text = hostile * (50_000 // len(hostile))
    assert redacted(redacted(text)) == redacted(text)
