"""What a plugin's ledger and leases return: taken if it is what their ports promise, else `Junk`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

from jackfield.domain.model.kept import State
from jackfield.plugins.isolation import Junk
from jackfield.ports.leases import Lease
from jackfield.ports.ledger import Receipt, Repeat, Versioned

T = TypeVar("T")


def versioned(returned: object) -> Versioned:
    """Return it if it is a state at a revision."""
    found = one(returned, Versioned)
    whole_number(found.revision)
    state = cast("object", found.state)
    if state is not None and not isinstance(state, State):
        raise Junk(f"it returned a state of type {type(state).__name__}")
    return found


def committed(returned: object) -> Receipt | Repeat:
    """Return it if it tells of a commit."""
    return returned if isinstance(returned, Repeat) else receipt(returned)


def receipt(returned: object) -> Receipt:
    """Return it if it is a position and a hash."""
    found = one(returned, Receipt)
    whole_number(found.position)
    one(found.head, str)
    return found


def perhaps(returned: object) -> Lease | None:
    """Return it if it is a lease, or None."""
    return None if returned is None else one(returned, Lease)


def one(returned: object, kind: type[T]) -> T:
    """Return it if it is of *kind*."""
    if not isinstance(returned, kind):
        raise Junk(f"it returned a value of type {type(returned).__name__}, no {kind.__name__}")
    return returned


def several(returned: object, kind: type[T]) -> tuple[T, ...]:
    """Return it if it is a sequence of *kind*."""
    if isinstance(returned, str | bytes) or not isinstance(returned, Sequence):
        raise Junk(f"it returned a value of type {type(returned).__name__}, no list of {kind.__name__}")
    return tuple(one(each, kind) for each in cast("Sequence[object]", returned))


def whole_number(value: object) -> int:
    """Return it if it is a whole number from 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Junk("it returned no whole number from 0")
    return int(value)
