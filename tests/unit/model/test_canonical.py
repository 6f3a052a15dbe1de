"""The one spelling of a JSON value, fixed for ever."""

from __future__ import annotations

import hashlib
import json
import math
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.domain.model.canonical import canonical, digest

KEYS = st.text(st.characters(codec="utf-8"), max_size=5)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | KEYS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1, "1"),
        (1.0, "1.0"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e16, "1e+16"),
        (1e-7, "1e-07"),
        (123456789012345680.0, "1.2345678901234568e+17"),
        (2**64, "18446744073709551616"),
        ("", '""'),
        ("é😀", '"é😀"'),
        ("\x00\x1f\x7f", '"\\u0000\\u001f\x7f"'),
        ('"\\/\b\f\n\r\t', '"\\"\\\\/\\b\\f\\n\\r\\t"'),
        ("\N{LINE SEPARATOR}</script>", '"\N{LINE SEPARATOR}</script>"'),
        ([], "[]"),
        ((1, "a"), '[1,"a"]'),
        ({}, "{}"),
        ({"b": 1, "a": [2, {"d": 3, "c": 4}]}, '{"a":[2,{"c":4,"d":3}],"b":1}'),
        ({"a": 1, "B": 2, "é": 3, "_": 4, "": 5}, '{"":5,"B":2,"_":4,"a":1,"é":3}'),
        ({"😀": 1, "\N{LATIN SMALL LIGATURE FI}": 2}, '{"\N{LATIN SMALL LIGATURE FI}":2,"😀":1}'),
        (MappingProxyType({"b": MappingProxyType({"c": 2}), "a": 1}), '{"a":1,"b":{"c":2}}'),
    ],
)
def test_a_value_has_one_spelling(value: object, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_in_json_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"a": [number]})


@pytest.mark.parametrize("value", [b"a", {1, 2}, object(), 1j, range(3), {("a",): 1}, {b"a": 1}])
def test_what_json_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_keys_that_would_be_doubled_are_refused() -> None:
    doubled: dict[Any, int] = {"1": 1, 1: 2}
    with pytest.raises(TypeError):
        canonical(doubled)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("é", "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"),
    ],
)
def test_a_digest_is_the_sha_256_of_the_utf8_text(text: str, expected: str) -> None:
    assert digest(text) == expected


@given(VALUES)
@settings(deadline=None)
def test_a_spelling_reads_back_as_the_value(value: object) -> None:
    assert json.loads(canonical(value)) == value


@given(VALUES)
@settings(deadline=None)
def test_a_spelling_is_its_own_spelling(value: object) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(st.dictionaries(KEYS, SCALARS, max_size=6), st.randoms())
@settings(deadline=None)
def test_the_order_of_keys_does_not_matter(value: dict[str, object], random: Any) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert canonical({key: value[key] for key in keys}) == canonical(value)


@given(KEYS)
@settings(deadline=None)
def test_a_digest_agrees_with_hashlib(text: str) -> None:
    assert digest(text) == hashlib.sha256(text.encode("utf-8")).hexdigest()
