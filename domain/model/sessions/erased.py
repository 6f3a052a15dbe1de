"""A session that is over, without what is its customer's."""

from __future__ import annotations

from typing import Final

from attrs import evolve

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.sessions.attributes import Attributes
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState

ERASED: Final = "erased"
"""Stands where the customer's id was."""
_OVER: Final = (Standing.CLOSED, Standing.RELEASED)


def without_customer(state: SessionState) -> SessionState:
    """Return *state* without the customer's id, attributes, words and hand-off; raise `Conflict` if it lives.

    What stays are the bot, times, numbers and ids: who it was cannot be told from them alone.
    """
    if state.session.standing not in _OVER:
        raise Conflict(
            "the session is not over, and what is erased now would be written again",
            place=f"session {state.session.id}",
            remedy="close it first, and erase it when 'jackfield sessions show' says that it is closed",
        )
    session = evolve(state.session, customer=ERASED, attributes=Attributes())
    return evolve(state, session=session, said=(), tried=(), handoff=None, once=None)
