"""A secret shows itself nowhere but where it is revealed."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from jackfield.domain.model.secrets import Secret

TEXT = "hunter2-canary"
MASK = "********"


@attrs.frozen
class Credentials:
    """Something that holds a secret."""

    client: str
    secret: Secret


def holder() -> Credentials:
    return Credentials("id", Secret(TEXT))


def logged(template: str, *arguments: object) -> str:
    return logging.LogRecord("x", logging.INFO, "f", 1, template, arguments, None).getMessage()


def raised(error: Exception) -> str:
    try:
        raise error
    except type(error) as caught:
        return "".join(traceback.format_exception(caught))


WAYS: dict[str, Callable[[Secret], object]] = {
    "repr": repr,
    "str": str,
    "format": format,
    "format with a width": lambda s: f"{s:>40}",
    "f-string": lambda s: f"{s}{s!r}{s!s}{s!a}",
    "str.format": "{0} {0!r} {0:.20}".format,
    "percent": lambda s: "%s %r" % (s, s),  # noqa: UP031  # this form is tested
    "json": lambda s: json.dumps({"secret": s}, default=str),
    "asdict": lambda s: str(attrs.asdict(Credentials("id", s))),
    "repr of a holder": lambda s: repr(Credentials("id", s)),
    "in containers": lambda s: f"{[s]} {(s,)} { ({'k': s}) }",
    "log %s": lambda s: logged("%s %r", s, s),
    "log of a holder": lambda s: logged("%s", Credentials("id", s)),
    "an exception": lambda s: f"{ValueError(s)} {ValueError(s)!r} {ValueError('x', s)}",
    "a traceback": lambda s: raised(ValueError(s, {"s": s})),
    "dir": lambda s: str([getattr(s, name) for name in ("__slots__", "__class__", "__doc__")]),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_shows_nothing_by(way: str) -> None:
    assert TEXT not in str(WAYS[way](Secret(TEXT)))


@pytest.mark.parametrize("length", [0, 1, 1_000])
def test_a_mask_tells_no_length(length: int) -> None:
    assert (str(Secret("x" * length)), repr(Secret("x" * length))) == (MASK, f"Secret('{MASK}')")


def test_a_width_pads_the_mask() -> None:
    assert f"{Secret(TEXT):>10}" == f"  {MASK}"


def test_a_format_that_does_not_suit_shows_nothing() -> None:
    with pytest.raises(ValueError, match="format") as caught:
        format(Secret(TEXT), "d")
    assert TEXT not in raised(caught.value)


def test_a_secret_is_revealed_on_demand() -> None:
    assert Secret(TEXT).reveal() == TEXT


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(TEXT), protocol)


def test_a_holder_of_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(holder())


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_settings_that_hold_a_secret_can_be_copied(copied: Callable[[Any], Any]) -> None:
    assert copied(holder()) == holder()


def test_equal_texts_are_equal_secrets() -> None:
    assert (Secret(TEXT) == Secret(TEXT), Secret(TEXT) == Secret("other")) == (True, False)


def test_a_secret_does_not_equal_its_text() -> None:
    assert Secret(TEXT) != TEXT


def test_a_secret_that_utf8_cannot_carry_is_compared_without_an_error() -> None:
    assert (Secret("\udcff") == Secret("\udcff"), Secret("\udcff") == Secret("x")) == (True, False)


def test_a_secret_has_no_hash_to_be_known_by() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret(TEXT))


def test_an_empty_secret_is_false() -> None:
    assert (bool(Secret("")), bool(Secret("x"))) == (False, True)


def test_a_secret_has_no_dict_to_look_into() -> None:
    with pytest.raises(TypeError):
        vars(Secret(TEXT))
