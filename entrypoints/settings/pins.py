"""The keys of pins that the environment gives, for machines that share no ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret

VARIABLE: Final = "JACKFIELD_PIN_KEY"
_SHORTEST: Final = 32
_MOST: Final = 4


def find_pin_keys(environ: Mapping[str, str]) -> tuple[Secret, ...]:
    """Return the keys, the one that signs first; none if the variable is not set.

    Raises `InvalidInput` for a key of fewer than 32 bytes, and for more than four; people are told of
    characters, which are no more than that.
    """
    text = environ.get(VARIABLE, "")
    keys = [key.strip() for key in text.split(",")] if text else []
    if len(keys) > _MOST or any(len(key.encode("utf-8", "surrogatepass")) < _SHORTEST for key in keys):
        raise InvalidInput(
            f"it holds 1 to {_MOST} keys of {_SHORTEST} characters or more, with commas between",
            place=VARIABLE,
            remedy="make one with 'openssl rand -hex 32'",
        )
    return tuple(map(Secret, keys))
