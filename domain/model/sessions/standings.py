"""Where a session is, and where it can go from there: reserved → active ⇄ with people → closed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from jackfield.domain.model.errors import Conflict


class Standing(StrEnum):
    """Where a session is; released is a reservation that came to nothing."""

    RESERVED = "reserved"
    ACTIVE = "active"
    HANDING_OVER = "handing over"
    WITH_PEOPLE = "with people"
    CLOSING = "closing"
    CLOSED = "closed"
    RELEASED = "released"


class Move(StrEnum):
    """What can happen to a session."""

    CONFIRM = "confirm"
    OVERFLOW = "overflow"
    RELEASE = "release"
    TURN = "turn"
    ESCALATE = "escalate"
    ACCEPT = "accept"
    REFUSE = "refuse"
    HAND_BACK = "hand back"
    CLOSE = "close"
    END = "end"


MOVES: Final[Mapping[Standing, Mapping[Move, Standing]]] = {
    Standing.RESERVED: {
        Move.CONFIRM: Standing.ACTIVE,
        Move.OVERFLOW: Standing.HANDING_OVER,
        Move.RELEASE: Standing.RELEASED,
    },
    Standing.ACTIVE: {
        Move.TURN: Standing.ACTIVE,
        Move.ESCALATE: Standing.HANDING_OVER,
        Move.CLOSE: Standing.CLOSING,
        Move.END: Standing.CLOSED,
    },
    Standing.HANDING_OVER: {
        Move.ACCEPT: Standing.WITH_PEOPLE,
        Move.REFUSE: Standing.ACTIVE,
        Move.CLOSE: Standing.CLOSING,
        Move.END: Standing.CLOSED,
    },
    Standing.WITH_PEOPLE: {
        Move.HAND_BACK: Standing.ACTIVE,
        Move.CLOSE: Standing.CLOSING,
        Move.END: Standing.CLOSED,
    },
    Standing.CLOSING: {Move.END: Standing.CLOSED},
    Standing.CLOSED: {},
    Standing.RELEASED: {},
}
"""Each standing's legal moves, and where they lead."""

_VERBS: Final = {
    Move.CONFIRM: "be confirmed",
    Move.RELEASE: "be released",
    Move.TURN: "take a turn",
    Move.ESCALATE: "be escalated",
    Move.ACCEPT: "be accepted",
    Move.REFUSE: "be refused",
    Move.HAND_BACK: "be handed back",
    Move.CLOSE: "be closed",
}

_REMEDIES: Final = {
    Standing.RESERVED: "confirm or release the reservation first",
    Standing.ACTIVE: "the bot has it; escalate it first",
    Standing.HANDING_OVER: "it waits for people; say that they accepted it, hand it back, or close it",
    Standing.WITH_PEOPLE: "people have it; hand it back to the bot first, or close it",
    Standing.CLOSING: "wait for its end notice, or start another session",
    Standing.CLOSED: "start another session",
    Standing.RELEASED: "start another session",
}


def moved_to(standing: Standing, move: Move, *, place: str) -> Standing:
    """Return where *move* leads; raise `Conflict` with the standing and the remedy if it is illegal.

    *place* is the session's id.
    """
    after = MOVES[standing].get(move)
    if after is None:
        raise Conflict(
            f"the session is {standing}, and cannot {_VERBS.get(move, move)}",
            place=place,
            remedy=_REMEDIES[standing],
        )
    return after
