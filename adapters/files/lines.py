"""JSON as people write it, read strictly: no key twice, no number that is none, no half of a character."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from jackfield.domain.model.errors import InvalidInput


def parse(text: str) -> object:
    """Return what *text* says as JSON; raise `InvalidInput`, which never repeats what it holds."""
    try:
        said: object = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        json.dumps(said, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if "\n" in text else ""
        place = f"{line}column {error.colno}"
        raise InvalidInput(f"this is not JSON: {error.msg}, {place}; mend it there") from None
    except UnicodeEncodeError:
        raise InvalidInput("it holds half of a surrogate pair, which UTF-8 cannot carry; remove it") from None
    except (RecursionError, ValueError):
        raise InvalidInput(
            "it is nested too deeply, or has a number of thousands of digits; mend it"
        ) from None
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidInput("it has a key twice; drop one")
    return found


def _no_number(word: str) -> NoReturn:
    raise InvalidInput(f"{word} is no JSON number; write a finite one")
