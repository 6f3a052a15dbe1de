"""The tree of errors: as it is drawn, written in one way, and carried between processes."""

from __future__ import annotations

import copy
import pickle
import re
from datetime import timedelta

import pytest

from jackfield.domain.model import errors
from jackfield.domain.model.errors import (
    Attempt,
    ChainBroken,
    Conflict,
    InvalidInput,
    InvalidPrompt,
    JackfieldError,
    NotSent,
    OutcomeUnknown,
    PlatformRejected,
    RateLimited,
    Refused,
)
from jackfield.domain.model.problems import Problem

ATTEMPTS = (
    Attempt(method="POST", path="/a", status=503, correlation_id="c-1", elapsed=timedelta(seconds=1)),
    Attempt(method="POST", path="/a", status=None, error="timed out"),
)
PROBLEMS = (Problem(code="c", message="first", line=1, column=2), Problem(code="d", message="second"))
CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, JackfieldError)]


def drawn() -> set[tuple[str, str]]:
    """Read (class, parent) from the module's docstring."""
    tree = (errors.__doc__ or "").partition("\n\n")[2].splitlines()
    above, edges = ["Exception"], set[tuple[str, str]]()
    for line in tree:
        branch, text = re.match(r"([│├└─ ]*)(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]  # it matches any line
        depth = len(branch) // 4 + 1
        names = re.findall(r"[A-Z]\w+", text.split("   ")[0] if "·" not in text else text)
        edges |= {(name, above[depth - 1]) for name in names}
        above[depth:] = [*names[-1:]]
    return edges


def sample(kind: type[JackfieldError]) -> JackfieldError:
    if kind is ChainBroken:
        return ChainBroken("broken", position=7, remedy="compare")
    if issubclass(kind, InvalidInput):
        return kind("wrong", place="here", remedy="mend it", problems=PROBLEMS)
    if kind is RateLimited:
        return RateLimited("slow", attempts=ATTEMPTS, retry_after=timedelta(seconds=3))
    if kind is PlatformRejected:
        return PlatformRejected("no", attempts=ATTEMPTS, code="bad.request")
    return kind("wrong", place="here", remedy="mend it", attempts=ATTEMPTS)


def test_the_tree_is_as_it_is_drawn() -> None:
    assert {(c.__name__, c.__bases__[0].__name__) for c in CLASSES} == drawn()


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_one_parent_and_a_docstring(kind: type[JackfieldError]) -> None:
    assert (len(kind.__bases__), bool(vars(kind).get("__doc__"))) == (1, True)


@pytest.mark.parametrize("kind", [c for c in CLASSES if c is not JackfieldError])
def test_every_error_tells_in_one_way_whether_it_happened(kind: type[JackfieldError]) -> None:
    assert sum(issubclass(kind, answer) for answer in (NotSent, Refused, OutcomeUnknown)) == 1


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Conflict("it moved"), "it moved"),
        (Conflict("it moved", place="greeting"), "greeting: it moved"),
        (Conflict("it moved", remedy="read it again"), "it moved; read it again"),
        (Conflict("it moved", place="greeting", remedy="read it again"), "greeting: it moved; read it again"),
        (ChainBroken("it was changed", position=7), "audit entry 7: it was changed"),
        (ChainBroken("it was changed", position=7, place="a.jsonl"), "a.jsonl: it was changed"),
        (InvalidPrompt("bad", place="p", problems=PROBLEMS), "p: bad\n  1:2: first [c]\n  second [d]"),
    ],
)
def test_an_error_is_written_as_place_message_remedy(error: JackfieldError, text: str) -> None:
    assert str(error) == text


def test_the_correlation_id_is_that_of_the_last_attempt_that_has_one() -> None:
    assert OutcomeUnknown("no answer", attempts=ATTEMPTS).correlation_id == "c-1"


def test_an_error_without_attempts_has_no_correlation_id() -> None:
    assert Conflict("it moved").correlation_id is None


def test_problems_may_come_from_a_generator() -> None:
    assert InvalidInput("bad", problems=(p for p in PROBLEMS)).problems == PROBLEMS


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_is_the_same_after_a_pickle(kind: type[JackfieldError]) -> None:
    error = sample(kind)
    back: JackfieldError = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert (type(back), str(back), back.args, vars(back)) == (kind, str(error), error.args, vars(error))


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_is_the_same_after_a_copy(kind: type[JackfieldError]) -> None:
    error = sample(kind)
    assert vars(copy.copy(error)) == vars(error)
