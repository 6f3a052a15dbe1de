"""Conversations on the wire: what is sent, what is sent again, and what the answers mean."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    BotFull,
    BreakerOpen,
    InvalidInput,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    PlatformRejected,
    Unavailable,
)
from jackfield.domain.model.sessions.attributes import LIMIT_BYTES, SESSION_KEY, Attributes
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.sessions import Conversation, Opening
from tests.proofs.sizes import sized
from tests.unit.genesys.answering import answers, client, lost, odd, refused
from tests.unit.genesys.conversing import ANSWER, CLOSED, ENDS, ID, OPENING, one, page


def test_a_start_is_the_request_of_the_contract() -> None:
    send = answers(ANSWER)
    opening = Opening(
        session="s-1",
        bot="bot-id-123",
        title="Support Bot",
        customer="user-456",
        attributes=Attributes.of({"customer_segment": "premium", "n": 1.50, "ä": [True]}),
        queue="human-support-queue",
    )
    GenesysSessions(client(send)).start(opening, ends=ENDS)
    assert send.asked == [("POST", "/api/v2/conversations")]
    assert send.bodies == [
        '{"to":[{"id":"bot-id-123","name":"Support Bot"}],"from":{"id":"user-456"},"type":"chat",'
        '"attributes":{"customer_segment":"premium","n":1.5,"ä":[true],"jackfield.session":"s-1"},'
        '"routing":{"queueId":"human-support-queue"}}'.encode()
    ]


def test_a_start_without_attributes_title_and_queue_says_none_of_them() -> None:
    send = answers(ANSWER)
    GenesysSessions(client(send)).start(OPENING, ends=ENDS)
    assert send.bodies == [
        b'{"to":[{"id":"bot-1"}],"from":{"id":"user-456"},"type":"chat",'
        b'"attributes":{"jackfield.session":"s-1"}}'
    ]


json_values: Final[st.SearchStrategy[Any]] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=9), json_values, max_size=5))
def test_attributes_are_sent_byte_by_byte_before_our_id(values: dict[str, Any]) -> None:
    send, attributes = answers(ANSWER), Attributes.of(values)
    opening = Opening(session="s-1", bot="b", customer="c", attributes=attributes)
    GenesysSessions(client(send)).start(opening, ends=ENDS)
    comma = "," if values else ""
    sent = f'"attributes":{attributes.text[:-1]}{comma}"{SESSION_KEY}":"s-1"}}}}'
    assert (send.bodies[0] or b"").endswith(sent.encode())


def test_an_attribute_that_is_named_as_our_id_gives_way_to_it() -> None:
    send = answers(ANSWER)
    attributes = Attributes.of({SESSION_KEY: "another", "x": 1})
    GenesysSessions(client(send)).start(
        Opening(session="s-1", bot="b", customer="c", attributes=attributes), ends=ENDS
    )
    assert b'"attributes":{"jackfield.session":"s-1","x":1}' in (send.bodies[0] or b"")


def test_attributes_that_have_our_id_are_sent_as_they_are() -> None:
    send = answers(ANSWER)
    attributes = Attributes.of({SESSION_KEY: "s-1", "x": "x" * (LIMIT_BYTES - 34)})
    GenesysSessions(client(send)).start(
        Opening(session="s-1", bot="b", customer="c", attributes=attributes), ends=ENDS
    )
    assert attributes.size == LIMIT_BYTES
    assert (send.bodies[0] or b"").endswith(f'"attributes":{attributes.text}}}'.encode())


@pytest.mark.parametrize("named", [{}, {SESSION_KEY: ""}])
def test_attributes_that_leave_no_room_are_not_sent(named: dict[str, str]) -> None:
    send = answers(ANSWER)
    room = LIMIT_BYTES - Attributes.of({**named, "ä": ""}).size
    full = Attributes.of({**named, "ä": "ä" * (room // 2)})
    with pytest.raises(InvalidInput, match="no room for the session's id"):
        GenesysSessions(client(send)).start(
            Opening(session="s" * 36, bot="b", customer="c", attributes=full), ends=ENDS
        )
    assert send.requests == []


@pytest.mark.parametrize("session", ["ü" * 5, "\ud800"])
def test_a_session_counts_by_its_bytes_and_is_text(session: str) -> None:
    attributes = Attributes.of({"x": "x" * (LIMIT_BYTES - len('{"x":"","jackfield.session":"12345"}'))})
    with pytest.raises(InvalidInput):
        GenesysSessions(client(answers(ANSWER))).start(
            Opening(session=session, bot="b", customer="c", attributes=attributes), ends=ENDS
        )


def test_reads_all_that_an_answer_says() -> None:
    send = answers({**CLOSED, "routing": {"queueId": "q-1"}})
    assert GenesysSessions(client(send)).find(ID, ends=ENDS) == Conversation(
        id=ID,
        bot="bot-1",
        active=False,
        started=datetime(2024, 1, 15, 10, 30, tzinfo=UTC),
        queue="q-1",
        session="s-1",
        attributes={"segment": "premium", SESSION_KEY: "s-1"},
        ended=datetime(2024, 1, 15, 10, 35, tzinfo=UTC),
        resolution=Resolution.ABANDONED,
    )
    assert send.asked == [("GET", f"/api/v2/conversations/{ID}")]


@pytest.mark.parametrize(
    "fields",
    [
        {"to": [], "attributes": None, "routing": None, "startTime": None, "resolutionStatus": None},
        {"to": "bot-1", "attributes": [], "routing": "q", "startTime": "yesterday", "resolutionStatus": "ok"},
        {"to": [None], "attributes": {SESSION_KEY: 5}, "routing": {}, "startTime": 5, "resolutionStatus": 7},
        {
            "to": [{"id": ""}],
            "attributes": {SESSION_KEY: "\n"},
            "routing": {"queueId": ""},
            "startTime": "2024",
        },
    ],
)
def test_what_is_odd_of_an_answer_is_taken_for_nothing(fields: dict[str, Any]) -> None:
    found = GenesysSessions(client(answers({**ANSWER, **fields}))).find(ID, ends=ENDS)
    assert (found.active, found.bot, found.session, found.queue) == (True, None, None, None)
    assert (found.started, found.resolution) == (None, None)


@pytest.mark.parametrize(
    "fields",
    [{"id": None}, {"id": ""}, {"id": "a\nb"}, {"id": "other"}, {"state": None}, {"state": "canary"}],
)
def test_an_answer_without_its_id_and_state_is_none(fields: dict[str, Any]) -> None:
    with pytest.raises(Unavailable) as caught:
        GenesysSessions(client(answers({**ANSWER, **fields}))).find(ID, ends=ENDS)
    assert "canary" not in str(caught.value)


def test_a_start_that_got_no_answer_is_not_sent_again() -> None:
    send = answers(lost())
    with pytest.raises(OutcomeUnknown, match="nobody knows whether the conversation was made"):
        GenesysSessions(client(send)).start(OPENING, ends=ENDS)
    assert len(send.requests) == 1


@pytest.mark.parametrize("answer", [refused(503), refused(500), {}, {"id": ID}])
def test_a_start_whose_answer_tells_nothing_is_unknown(answer: object) -> None:
    send = answers(answer)
    with pytest.raises(OutcomeUnknown):
        GenesysSessions(client(send)).start(OPENING, ends=ENDS)
    assert len(send.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (refused(409, "conversation.limit", "to.id"), BotFull, "bot 'bot-1'"),
        (refused(409, "other"), PlatformRejected, "other"),
        (refused(404, "not.found"), NotFound, "there is no bot 'bot-1'"),
        (refused(400, "field.size"), PlatformRejected, "field.size"),
    ],
)
def test_a_start_that_is_refused_says_why(answer: object, error: type[JackfieldError], told: str) -> None:
    with pytest.raises(error, match=told) as caught:
        GenesysSessions(client(answers(answer))).start(OPENING, ends=ENDS)
    assert caught.value.attempts[-1].path == "/api/v2/conversations"
    assert "canary" not in str(caught.value)


def test_a_queue_that_may_be_wrong_is_named_with_what_mends_it() -> None:
    with pytest.raises(NotFound, match=r"or no queue 'q-1'; .*sessions\.bots\.NAME\.queue.*sessions recover"):
        GenesysSessions(client(answers(refused(404, "not.found")))).route(ID, "q-1", Attributes(), ends=ENDS)
    opening = evolve(OPENING, queue="q-1")
    with pytest.raises(NotFound, match=r"bot or queue: there is no bot 'bot-1', or no queue 'q-1'"):
        GenesysSessions(client(answers(refused(404, "not.found")))).start(opening, ends=ENDS)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("to.id", r"^bot \(to\.id\): there is no bot 'bot-1'; take its id"),
        ("routing.queueId", r"^queue \(routing\.queueId\): there is no queue 'q-1'; write the queue"),
        ("odd", r"^bot or queue \(odd\): there is no bot 'bot-1', or no queue 'q-1'"),
    ],
)
def test_what_the_platform_names_is_what_is_not_there(field: str, said: str) -> None:
    opening, send = evolve(OPENING, queue="q-1"), answers(refused(404, "not.found", field))
    with pytest.raises(NotFound, match=said) as caught:
        GenesysSessions(client(send)).start(opening, ends=ENDS)
    assert caught.value.field == field


def test_a_queue_that_the_platform_names_is_no_conversation_that_is_gone() -> None:
    send = answers(refused(404, "not.found", "routing.queueId"))
    with pytest.raises(NotFound, match=r"there is no queue 'q-1'; write") as caught:
        GenesysSessions(client(send)).route(ID, "q-1", Attributes(), ends=ENDS)
    assert caught.value.field == "routing.queueId"


def test_sessions_have_a_breaker_of_their_own() -> None:
    target = client(answers(refused(500)), rules=CallRules(retries=0))
    gateway = GenesysSessions(target)
    for _ in range(5):
        with pytest.raises(OutcomeUnknown):
            gateway.start(OPENING, ends=ENDS)
    with pytest.raises(BreakerOpen, match=r"sessions\.change on api\.mypurecloud"):
        gateway.start(OPENING, ends=ENDS)
    assert [(each.operation, each.state) for each in target.breakers()] == [("sessions.change", "open")]


def test_odd_answers_raise_only_our_errors(capsys: pytest.CaptureFixture[str]) -> None:
    dice, clock = random.Random(20260601), FrozenClock()

    def send(request: Request) -> Response:
        fitting = page(one(1), one(2)) if "?" in request.url else dice.choice((ANSWER, CLOSED))
        return odd(dice, *[fitting] * 9, page(), {"code": "request.conflict", "details": [{}]})

    gateway = GenesysSessions(client(send, clock, CallRules(retries=0)))
    calls: tuple[Callable[[float], object], ...] = (
        lambda ends: gateway.start(OPENING, ends=ends),
        lambda ends: gateway.look_up("bot-1", "s-1", ends=ends),
        lambda ends: gateway.count_active("bot-1", enough=1, ends=ends),
        lambda ends: gateway.active("bot-1", ends=ends),
        lambda ends: gateway.find(ID, ends=ends),
        lambda ends: gateway.route(ID, "q-1", Attributes(), ends=ends),
        lambda ends: gateway.close(ID, Resolution.RESOLVED, ends=ends),
    )
    count, errors = sized(3_000, full=20_000), 0
    for _ in range(count):
        clock.advance(timedelta(days=3))  # past any gate or breaker
        try:
            dice.choice(calls)(clock.monotonic() + ENDS)
        except JackfieldError:
            errors += 1
    with capsys.disabled():
        print(f"\n{count} odd answers: {errors} refused, none escaped")
    assert 0 < errors < count
