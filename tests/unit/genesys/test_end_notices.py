"""Webhooks on the wire: made once, named by their secret without telling it, removed behind a rotation."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.end_notices import GenesysEndNotices, name_of
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import InvalidInput, JackfieldError, OutcomeUnknown, Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.assistants import ConversationId
from jackfield.ports.end_notices import Notice, Registered
from tests.proofs.sizes import sized
from tests.unit.genesys.answering import answers, client, lost, mutated, odd, refused

ENDS: Final = 60.0
URL: Final = "https://crm.example.com/hook?key=canary"
SECRET: Final = Secret("canary-new")
OLD: Final = Secret("canary-old")
WEBHOOKS: Final = "/api/v2/integrations/webhooks"
LIST: Final = ("GET", f"{WEBHOOKS}?pageNumber=1&pageSize=100")
POST: Final = ("POST", WEBHOOKS)
GONE: Final = Response(status=204)
ENDED: Final = {
    "id": "a1b2",
    "state": "closed",
    "startTime": "2024-01-15T10:30:00.000Z",
    "endTime": "2024-01-15T10:35:00.000Z",
    "resolutionStatus": "escalated",
    "attributes": {"jackfield.session": "s-1"},
}


def webhook(number: int, secret: Secret = SECRET, **fields: Any) -> dict[str, Any]:
    return {"id": f"w-{number}", "name": name_of(secret), "url": URL, **fields}


def page(*found: Any, number: int = 1, total: int | None = None) -> dict[str, Any]:
    return {"entities": found, "pageNumber": number, "total": len(found) if total is None else total}


def test_registers_as_the_contract_says_to_the_byte() -> None:
    send = answers(page(), webhook(1))
    made = GenesysEndNotices(client(send)).ensure(URL, SECRET, ends=ENDS)
    assert made == Registered(id="w-1", name=name_of(SECRET), url=URL, current=True)
    assert send.asked == [LIST, POST]
    assert send.bodies[1] == (
        b'{"name":"' + name_of(SECRET).encode() + b'","url":"https://crm.example.com/hook?key=canary",'
        b'"events":["conversation:ended"],"secret":"canary-new"}'
    )


def test_the_name_is_a_keyed_fingerprint_that_stays() -> None:
    assert name_of(Secret("webhook-secret")) == "jackfield:d6d711f3945a"
    assert name_of(Secret("webhook-secret")) != name_of(Secret("webhook-secret "))


def test_what_is_there_already_is_one_call() -> None:
    send = answers(page(webhook(1)))
    assert GenesysEndNotices(client(send)).ensure(URL, SECRET, ends=ENDS).id == "w-1"
    assert send.asked == [LIST]


def test_a_new_secret_is_registered_before_the_old_one_is_removed() -> None:
    send = answers(page(webhook(1, OLD)), webhook(2), GONE)
    assert GenesysEndNotices(client(send)).ensure(URL, SECRET, ends=ENDS).id == "w-2"
    assert send.asked == [LIST, POST, ("DELETE", f"{WEBHOOKS}/w-1")]


def test_of_two_that_are_the_same_every_process_keeps_the_same() -> None:
    send = answers(page(webhook(2), webhook(1)), GONE)
    assert GenesysEndNotices(client(send)).ensure(URL, SECRET, ends=ENDS).id == "w-1"
    assert send.asked[1:] == [("DELETE", f"{WEBHOOKS}/w-2")]


@pytest.mark.parametrize(
    "fields", [{"url": "https://elsewhere.example.com"}, {"name": "CRM Termination Sync"}, {"name": None}]
)
def test_what_others_registered_is_left_alone(fields: dict[str, Any]) -> None:
    send = answers(page(webhook(1, OLD, **fields)), webhook(2))
    GenesysEndNotices(client(send)).ensure(URL, SECRET, ends=ENDS)
    assert send.asked == [LIST, POST]


def test_a_registration_that_got_no_answer_is_read_back_and_not_sent_again() -> None:
    send = answers(page(), lost(), page(webhook(1)))
    assert GenesysEndNotices(client(send)).ensure(URL, SECRET, ends=ENDS).id == "w-1"
    assert send.asked == [LIST, POST, LIST]


def test_a_registration_that_is_not_there_afterwards_is_unknown_and_the_old_one_stays() -> None:
    send = answers(page(webhook(1, OLD)), lost(), page(webhook(1, OLD)))
    with pytest.raises(OutcomeUnknown):
        GenesysEndNotices(client(send)).ensure(URL, SECRET, ends=ENDS)
    assert send.asked == [LIST, POST, LIST]


def test_a_removal_is_sent_again_and_what_is_gone_is_gone() -> None:
    send = answers(page(webhook(1), webhook(2, OLD)), lost(), refused(404, "not.found"), GONE)
    assert GenesysEndNotices(client(send)).remove(URL, ends=ENDS) == 2
    assert [method for method, _ in send.asked] == ["GET", "DELETE", "DELETE", "DELETE"]


def test_a_removal_that_is_never_answered_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown):
        GenesysEndNotices(client(answers(page(webhook(1)), lost()))).remove(URL, ends=ENDS)


def test_what_was_gone_already_is_not_counted() -> None:
    send = answers(page(webhook(1), webhook(2)), refused(404, "not.found"), GONE)
    assert GenesysEndNotices(client(send)).remove(URL, ends=ENDS) == 1


def test_says_which_one_is_current() -> None:
    notices = GenesysEndNotices(client(answers(page(webhook(1), webhook(2, OLD)))))
    assert [each.current for each in notices.registered(URL, OLD, ends=ENDS)] == [False, True]
    assert [each.current for each in notices.registered(URL, None, ends=ENDS)] == [False, False]


def test_reads_every_page() -> None:
    send = answers(page(webhook(1, url="other"), total=2), page(webhook(2), number=2, total=2))
    assert [each.id for each in GenesysEndNotices(client(send)).registered(URL, SECRET, ends=ENDS)] == ["w-2"]


@pytest.mark.parametrize("listed", [page(webhook(1, id=None)), page(number=2), {"entities": {}}, []])
def test_a_list_that_is_none_is_an_error(listed: Any) -> None:
    with pytest.raises(Unavailable):
        GenesysEndNotices(client(answers(listed))).registered(URL, SECRET, ends=ENDS)


@pytest.mark.parametrize("answer", [refused(400, "invalid.value", "url"), lost(), refused(500), refused(403)])
def test_no_error_tells_the_url_or_the_secret(answer: object) -> None:
    with pytest.raises(JackfieldError) as caught:
        GenesysEndNotices(client(answers(page(), answer))).ensure(URL, SECRET, ends=ENDS)
    assert "canary" not in f"{caught.value!r}{caught.value}{caught.value.attempts}{caught.value.__cause__}"


def test_reads_an_end() -> None:
    assert GenesysEndNotices(client(answers({}))).read(orjson.dumps(ENDED)) == Notice(
        conversation=ConversationId("a1b2"),
        ended=datetime(2024, 1, 15, 10, 35, tzinfo=UTC),
        resolution=Resolution.ESCALATED,
        session="s-1",
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"resolutionStatus": None, "attributes": None},
        {"resolutionStatus": "canary", "attributes": {"jackfield.session": ["canary"]}},
    ],
)
def test_an_end_without_a_known_resolution_is_an_end(fields: dict[str, Any]) -> None:
    told = GenesysEndNotices(client(answers({}))).read(orjson.dumps({**ENDED, **fields}))
    assert (told.conversation, told.resolution, told.session) == ("a1b2", None, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"id": None},
        {"id": "canary\n"},
        {"state": "active"},
        {"state": None},
        {"endTime": "canary"},
        {"endTime": 5},
    ],
)
def test_what_tells_no_end_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        GenesysEndNotices(client(answers({}))).read(orjson.dumps({**ENDED, **fields}))
    assert "canary" not in str(caught.value)


def test_any_body_is_an_end_or_invalid() -> None:
    dice, notices = random.Random(20260603), GenesysEndNotices(client(answers({})))
    count, refusals = sized(4_000, full=20_000), 0
    for _ in range(count):
        try:
            notices.read(mutated(dice, orjson.dumps(ENDED)))
        except InvalidInput:
            refusals += 1
    assert 0 < refusals < count


def test_odd_answers_raise_only_our_errors(capsys: pytest.CaptureFixture[str]) -> None:
    dice, clock = random.Random(20260604), FrozenClock()

    def send(request: Request) -> Response:
        fitting = page(webhook(1, OLD), webhook(2)) if request.method == "GET" else webhook(3)
        return odd(dice, *[fitting] * 9, page(), {"code": "request.conflict", "details": [{}]})

    notices = GenesysEndNotices(client(send, clock, CallRules(retries=0)))
    calls: tuple[Callable[[float], object], ...] = (
        lambda ends: notices.ensure(URL, SECRET, ends=ends),
        lambda ends: notices.registered(URL, SECRET, ends=ends),
        lambda ends: notices.remove(URL, ends=ends),
    )
    count, errors = sized(1_500, full=10_000), 0
    for _ in range(count):
        clock.advance(timedelta(days=3))  # past any gate or breaker
        try:
            dice.choice(calls)(clock.monotonic() + ENDS)
        except JackfieldError:
            errors += 1
    with capsys.disabled():
        print(f"\n{count} odd answers: {errors} refused, none escaped")
    assert 0 < errors < count
