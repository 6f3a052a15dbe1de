"""What is asked: values by their types, and what the customer says."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import click

from jackfield.adapters.files.lines import parse
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.variables import Variable, VariableType, mismatch

LARGEST: Final = 10 * 1024 * 1024


def pairs_of(settings: Iterable[str]) -> dict[str, str]:
    """Return `name=value` pairs by name; a name that comes twice is wrong usage."""
    found = dict[str, str]()
    for each in settings:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise click.BadParameter("a value is given as NAME=VALUE", param_hint="--set")
        if name in found:
            raise click.BadParameter(f"{name[:80]!r} is set twice", param_hint="--set")
        found[name] = value
    return found


def typed(definition: PromptDefinition, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return *texts* as values of the variables' types: a text as it is, all else as JSON.

    Names of no variable stay texts: rendering lists them. Raises `InvalidInput` with every text that is none.
    """
    known, problems = definition.matrix.by_name, list[Problem]()
    values = dict[str, Any]()
    for name, text in texts.items():
        try:
            values[name] = _value(known.get(name), text)
        except InvalidInput as error:
            message = f"value {name!r} {error.message}"
            problems.append(Problem(code="value-type", message=message, variable=name))
    if problems:
        raise InvalidInput(
            "the values do not fit the variables",
            place="--set",
            remedy="write numbers, true, false and lists as in JSON",
            problems=problems,
        )
    return values


def _value(variable: Variable | None, text: str) -> object:
    if variable is None or variable.type is VariableType.STRING:
        return text
    try:
        value = parse(text)
    except InvalidInput:
        value = None
    wrong = mismatch(variable.type, value)
    if wrong is not None:
        raise InvalidInput(wrong)
    return value


def said_by_user(given: str | None, definition: PromptDefinition) -> str | None:
    """Return what the customer says: what was given, else standard input; None if the prompt says it."""
    if given is None and definition.user_template is not None:
        return None
    return standard_input() if given in (None, "-") else given


def standard_input(what: str = "what the customer says", remedy: str = "say it with --user") -> str:
    """Return all of it, without the line end that a shell adds; on a terminal ask for *what*."""
    if sys.stdin is None or sys.stdin.closed:
        raise InvalidInput("it is closed", place="standard input", remedy=remedy)
    if sys.stdin.isatty():
        click.echo(f"{what}, and Ctrl-D behind it:", err=True)
    try:
        data = b"".join(_chunks())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is closed"
        raise InvalidInput(f"it cannot be read: {reason}", place="standard input", remedy=remedy) from None
    if len(data) > LARGEST:
        raise InvalidInput(
            f"it has more than {LARGEST // 1024} KiB", place="standard input", remedy="say less"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"it is not UTF-8: byte {error.start + 1}", place="standard input", remedy="write it in UTF-8"
        ) from None
    return text.removesuffix("\n").removesuffix("\r")


def _chunks() -> Iterator[bytes]:
    total = 0
    while total <= LARGEST and (chunk := sys.stdin.buffer.read(65_536)):
        total += len(chunk)
        yield chunk
