"""Routing and ending conversations on the wire: twice is once, and what is over stays over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.domain.model.errors import (
    BotFull,
    Conflict,
    OutcomeUnknown,
    PlatformRejected,
)
from jackfield.domain.model.sessions.attributes import SESSION_KEY, Attributes
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.sessions import Conversation
from tests.unit.genesys.answering import answers, client, lost, refused
from tests.unit.genesys.conversing import ANSWER, CLOSED, ENDS, ID

TRIES: Final = 4


def test_the_routing_is_one_update_with_all_attributes() -> None:
    send = answers(ANSWER)
    attributes = Attributes.of({SESSION_KEY: "s-1", "z": 1, "a": 2.0})
    GenesysSessions(client(send)).route(ID, "q-1", attributes, ends=ENDS)
    GenesysSessions(client(send)).route(ID, None, Attributes(), ends=ENDS)
    assert send.asked == [("PATCH", f"/api/v2/conversations/{ID}")] * 2
    assert send.bodies == [
        b'{"routing":{"queueId":"q-1"},"attributes":{"jackfield.session":"s-1","z":1,"a":2.0}}',
        b'{"routing":null,"attributes":{}}',
    ]


def test_the_end_says_what_came_of_it() -> None:
    send = answers(CLOSED)
    GenesysSessions(client(send)).close(ID, Resolution.ABANDONED, ends=ENDS)
    assert send.asked == [("PATCH", f"/api/v2/conversations/{ID}")]
    assert send.bodies == [b'{"state":"closed","resolutionStatus":"abandoned"}']


UPDATES: Final[dict[str, Callable[[GenesysSessions], Conversation]]] = {
    "route": lambda gateway: gateway.route(ID, "q-1", Attributes(), ends=ENDS),
    "close": lambda gateway: gateway.close(ID, Resolution.ABANDONED, ends=ENDS),
}


@pytest.mark.parametrize("name", UPDATES)
@pytest.mark.parametrize("trouble", [lost(), refused(503), refused(429)])
def test_an_update_is_sent_again_until_it_is_answered(name: str, trouble: object) -> None:
    send = answers(trouble, trouble, CLOSED)
    assert UPDATES[name](GenesysSessions(client(send))).id == ID
    assert len({*send.bodies}) == 1
    assert len(send.requests) == 3


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_that_is_never_answered_is_unknown(name: str) -> None:
    send = answers(lost())
    with pytest.raises(OutcomeUnknown):
        UPDATES[name](GenesysSessions(client(send)))
    assert len(send.requests) == TRIES


def test_what_is_over_cannot_be_routed() -> None:
    with pytest.raises(Conflict, match="it is over"):
        UPDATES["route"](GenesysSessions(client(answers(refused(409, "conversation.closed")))))


def test_a_routing_whose_first_try_was_not_answered_may_have_happened() -> None:
    with pytest.raises(OutcomeUnknown):
        UPDATES["route"](GenesysSessions(client(answers(lost(), refused(409, "conversation.closed")))))


def test_a_bot_that_is_full_gets_no_conversation_back() -> None:
    gateway = GenesysSessions(client(answers(refused(409, "conversation.limit"))))
    with pytest.raises(BotFull):
        gateway.route(ID, None, Attributes(), ends=ENDS)


@pytest.mark.parametrize("before", [[], [lost()]])
def test_what_is_over_is_read_where_it_cannot_be_closed(before: list[object]) -> None:
    send = answers(*before, refused(409, "conversation.closed"), CLOSED)
    found = GenesysSessions(client(send)).close(ID, Resolution.RESOLVED, ends=ENDS)
    assert found.resolution is Resolution.ABANDONED
    assert send.asked[-1] == ("GET", f"/api/v2/conversations/{ID}")


def test_a_conflict_about_what_goes_on_stays_one() -> None:
    with pytest.raises(PlatformRejected, match="other"):
        UPDATES["close"](GenesysSessions(client(answers(refused(409, "other"), ANSWER))))


def test_an_end_that_ends_nothing_is_none() -> None:
    with pytest.raises(OutcomeUnknown, match="goes on"):
        UPDATES["close"](GenesysSessions(client(answers(ANSWER))))
