"""Attributes: JSON alone, counted to the byte, and a hand-off's keys give way in their order."""

from __future__ import annotations

import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.attributes import LIMIT_BYTES, Attributes, joined, merge, weigh
from jackfield.domain.model.sessions.weighing import DEEPEST

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=3)


def nested(levels: int) -> list[Any]:
    value = list[Any]()
    for _ in range(levels - 1):
        value = [value]
    return value


def of_size(size: int) -> dict[str, str]:
    return {"key": "x" * (size - len('{"key":""}'))}


@given(OBJECTS)
def test_what_is_sent_is_what_was_given(values: dict[str, Any]) -> None:
    assert orjson.loads(Attributes.of(values).text) == Attributes.of(values).values() == values


@given(OBJECTS, st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_what_joins_them_is_as_if_it_had_been_there(values: dict[str, Any], more: dict[str, str]) -> None:
    assert joined(values, more) == Attributes.of({**values, **more})


def test_what_has_no_room_beside_them_is_named_and_what_is_no_json_refused() -> None:
    values = of_size(LIMIT_BYTES - 20)
    with pytest.raises(InvalidInput, match="the largest are 'key'"):
        joined(values, {"more": "x" * 20})
    with pytest.raises(InvalidInput, match="not all of them are JSON"):
        joined({}, {"more": "\ud83d"})


@given(OBJECTS)
def test_every_byte_is_counted(values: dict[str, Any]) -> None:
    sizes = weigh(values)
    assert 2 + sum(sizes.values()) + max(0, len(sizes) - 1) == Attributes.of(values).size


@given(st.dictionaries(TEXTS, TEXTS | st.integers(-9, 2**53 - 1) | st.booleans() | st.none()))
def test_the_count_is_that_of_another_writer_of_json(values: dict[str, Any]) -> None:
    assert Attributes.of(values).size == len(orjson.dumps(values))


@pytest.mark.parametrize("filling", ["x", "é", "😀", "\x00", '"', "\n"])
def test_the_limit_is_one_of_bytes_and_not_of_characters(filling: str) -> None:
    size = len(orjson.dumps({"key": filling})) - len(orjson.dumps({"key": ""}))
    most, rest = divmod(LIMIT_BYTES - len('{"key":""}'), size)
    assert Attributes.of({"key": filling * most + "x" * rest}).size == LIMIT_BYTES
    with pytest.raises(InvalidInput, match="40,961 bytes of at most 40,960"):
        Attributes.of({"key": filling * most + "x" * (rest + 1)})


def test_the_error_names_the_largest_keys_with_their_bytes() -> None:
    values = {"small": 1, "notes": "n" * 30_000, "history": ["h" * 20_000]}
    with pytest.raises(InvalidInput) as caught:
        Attributes.of(values)
    assert "the largest are 'notes' (30,010), 'history' (20,014), 'small' (9)" in str(caught.value)


def test_the_error_shows_no_value() -> None:
    with pytest.raises(InvalidInput) as caught:
        Attributes.of({"key": ["4111111111111111" * 3_000, object()]})
    assert "4111" not in str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**53, (1,), {1}, b"x", object(), "\ud800"])
def test_what_is_not_json_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        Attributes.of({"deep": [0, {"er": value}]})
    assert [problem.place for problem in caught.value.problems] == ["attributes['deep'][1]['er']"]


@pytest.mark.parametrize("key", [1, None, True, (1,), math.nan, 10**400])
def test_a_key_is_a_text(key: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        Attributes.of({"inner": {key: 1}})
    assert "a key is a text" in str(caught.value)


@pytest.mark.parametrize("values", [None, [], "text", 1])
def test_attributes_are_an_object(values: Any) -> None:
    with pytest.raises(InvalidInput, match="write a dict"):
        Attributes.of(values)


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        Attributes.of({"a": math.nan, "b": (1,), "c": {2: 3}})
    assert len(caught.value.problems) == 3


def test_of_very_much_that_is_wrong_the_beginning_is_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        Attributes.of({"list": [math.nan] * 1_000, "keys": dict.fromkeys(range(1_000))})
    assert len(caught.value.problems) == 20


def test_a_list_that_holds_itself_is_refused() -> None:
    around = list[Any]()
    around.append({"again": around})
    with pytest.raises(InvalidInput, match="it holds itself"):
        Attributes.of({"around": around})


def test_depth_has_a_limit() -> None:
    assert Attributes.of({"deep": nested(DEEPEST - 1)}).values() == {"deep": nested(DEEPEST - 1)}
    with pytest.raises(InvalidInput, match="levels deep"):
        Attributes.of({"deep": nested(DEEPEST)})
    with pytest.raises(InvalidInput, match="levels deep"):
        Attributes.of({"deep": nested(100_000)})


def test_a_shared_list_is_as_deep_as_its_deepest_place() -> None:
    shared = nested(DEEPEST - 3)
    with pytest.raises(InvalidInput, match="levels deep"):
        Attributes.of({"flat": shared, "deep": [[[shared]]]})


def test_lists_in_lists_in_lists_are_weighed_without_writing_them_out() -> None:
    value: list[Any] = ["x"]
    for _ in range(DEEPEST - 2):  # 3^30 texts, if somebody counted
        value = [value, value, value]
    with pytest.raises(InvalidInput, match=r"bytes of at most 40,960"):
        Attributes.of({"many": value})


def test_what_is_changed_later_is_not_changed_in_them() -> None:
    values: dict[str, Any] = {"list": [1]}
    attributes = Attributes.of(values)
    values["list"].append(2)
    attributes.values()["list"].append(3)
    assert attributes.values() == {"list": [1]}


def test_repr_shows_no_customer() -> None:
    assert repr(Attributes.of({"name": "Crystal"})) == "Attributes(text=<18 bytes>)"


def test_a_text_that_is_too_long_is_no_attributes() -> None:
    with pytest.raises(InvalidInput, match="40,961"):
        Attributes(" " * (LIMIT_BYTES + 1))


ADDED = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 15_000).map(lambda size: "y" * size)),
    unique_by=lambda pair: pair[0],
)
SIZES = st.lists(st.integers(5_000, 9_000), min_size=8, max_size=8)
TOO_MANY = SIZES.map(lambda sizes: [(f"key{size}.{n}", "y" * size) for n, size in enumerate(sizes)])


@given(size=st.integers(10, LIMIT_BYTES), added=ADDED)
def test_merged_attributes_are_never_over_and_drop_the_least_important(
    size: int, added: list[tuple[str, str]]
) -> None:
    merged = merge(Attributes.of(of_size(size)), added)
    kept = added[: len(added) - len(merged.dropped)]
    assert merged.attributes.size <= LIMIT_BYTES
    assert merged.attributes.values() == of_size(size) | dict(kept)
    assert list(merged.dropped) == [key for key, _ in added[len(kept) :]]


@given(size=st.integers(1_000, 30_000), added=TOO_MANY)
def test_no_key_is_dropped_that_would_have_fitted(size: int, added: list[tuple[str, str]]) -> None:
    merged = merge(Attributes.of(of_size(size)), added)
    kept = added[: len(added) - len(merged.dropped)]
    with pytest.raises(InvalidInput):
        Attributes.of(of_size(size) | dict([*kept, added[len(kept)]]))


def test_what_is_added_replaces_its_like_named() -> None:
    merged = merge(Attributes.of({"intent": "old", "name": "n"}), [("intent", "new")])
    assert merged.attributes.values() == {"intent": "new", "name": "n"}


def test_what_is_dropped_leaves_its_like_named() -> None:
    merged = merge(Attributes.of({"intent": "old"}), [("intent", "n" * LIMIT_BYTES)])
    assert (merged.attributes.values(), merged.dropped) == ({"intent": "old"}, ("intent",))
