"""Reading the values of a prompt's variables: a mapping by name, in JSON, YAML or TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final, cast

from jackfield.adapters.files import lines, yaml
from jackfield.adapters.texts import LARGEST as LARGEST_BY_HAND
from jackfield.adapters.texts import read_text
from jackfield.domain.model.errors import InvalidInput

LARGEST: Final = 10 * 1024 * 1024
"""Of JSON, which programs write; the others are written by hand."""

_KINDS: Final = (".json", ".yaml", ".yml", ".toml")


def read_values(path: Path) -> dict[str, Any]:
    """Return the values of a file by name; raise `InvalidInput` with every problem, and no value in it.

    Whether they fit the prompt's variables is said when it is rendered.
    """
    suffix = path.suffix.lower()
    if suffix not in _KINDS:
        raise InvalidInput(
            "its name does not tell what it is",
            place=str(path),
            remedy=f"name a file that ends in {', '.join(_KINDS)}",
        )
    text = read_text(path, largest=LARGEST if suffix == ".json" else LARGEST_BY_HAND)
    said = {".json": _json, ".toml": _toml}.get(suffix, _yaml)(text, path)
    if not isinstance(said, dict):
        raise InvalidInput(
            "it is no mapping", place=str(path), remedy="give each value by its variable's name"
        )
    return cast("dict[str, Any]", said)


def _json(text: str, path: Path) -> object:
    try:
        return lines.parse(text)
    except InvalidInput as error:
        raise InvalidInput(error.message, place=str(path)) from None


def _toml(text: str, path: Path) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"this is not TOML: {error}"
    except (ValueError, RecursionError):  # what TOML allows and its reader does not
        message = "it has a number of thousands of digits, or values nested thousands deep"
    raise InvalidInput(message, place=str(path), remedy="mend it there")


def _yaml(text: str, path: Path) -> object:
    document = yaml.parse(text)
    if document.problems:
        raise InvalidInput(
            "this is not plain YAML",
            place=str(path),
            remedy="mend what is listed",
            problems=[problem.at(str(path)) for problem in document.problems],
        )
    return document.data
