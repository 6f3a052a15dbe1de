"""What a plugin says in our words, without the secrets that it was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

from attrs import evolve

from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.model.problems import Problem

E = TypeVar("E", bound=JackfieldError)

MASK: Final = "********"
_SHORTEST: Final = 4
"""Shorter ones are parts of words: a text without them would say nothing any more."""


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return *text* with a mask in the place of each secret, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    return text


def without(error: E, secrets: Iterable[str]) -> E:
    """Take the secrets out of what *error* says, and let go of the errors behind it; return it."""
    secrets = tuple(secrets)
    error.message = masked(str(error.message), secrets)
    error.place = masked(str(error.place), secrets)
    error.remedy = masked(str(error.remedy), secrets)
    error.args = (error.message,)
    if isinstance(error, InvalidInput):
        error.problems = tuple(_problem(each, secrets) for each in error.problems)
    error.__cause__ = error.__context__ = None
    return error


def _problem(problem: Problem, secrets: tuple[str, ...]) -> Problem:
    return evolve(problem, message=masked(problem.message, secrets), place=masked(problem.place, secrets))


def secrets_of(address: str) -> Iterator[str]:
    """Name what must not be shown of an address: all of it, and its password."""
    yield address
    try:
        password = urlsplit(address).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
