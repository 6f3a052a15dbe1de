"""Notices of ended conversations: believed if signed, recorded once, whoever they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPMessage
from itertools import repeat
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import evolve

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import Conflict, InvalidInput, OutcomeUnknown, Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.ends import EndReason, Holder, Resolution
from jackfield.domain.model.sessions.happenings import END, NOTICE
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.signatures import signed
from jackfield.domain.services.sessions.asked.values import Accepted, Forged, Received, Repeat, Unknown
from jackfield.domain.services.sessions.ending.noticing import LARGEST_BODY, Noticing
from jackfield.domain.services.sessions.reads import Sessions
from jackfield.domain.services.sessions.recorded.records import Loaded
from tests.unit.services.sessions.enders import FOREIGN, PREVIOUS, SECRET, Ends, ends_in, notice, on_ledger


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path) as found:
        yield found


@pytest.fixture
def loaded(ends: Ends) -> Loaded:
    return ends.house.start()


def body_of(ends: Ends, loaded: Loaded, resolution: str | None = "resolved") -> bytes:
    conversation = loaded.state.session.conversation
    assert conversation is not None
    return notice(conversation, ends.house.clock.now(), resolution, loaded.id)


def test_a_signed_notice_ends_its_session(ends: Ends, loaded: Loaded) -> None:
    ends.house.pass_time(90)
    assert ends.receive(body_of(ends, loaded)) == Accepted(loaded.id)
    end = ends.sessions.get(loaded.id).end
    assert end is not None
    assert (end.resolution, end.holder) == (Resolution.RESOLVED, Holder.BOT)
    assert end.at - loaded.state.session.started == timedelta(seconds=90)


def test_the_previous_secret_is_believed_too(ends: Ends, loaded: Loaded) -> None:
    assert ends.receive(body_of(ends, loaded), PREVIOUS) == Accepted(loaded.id)


def test_names_of_headers_come_in_any_case_and_as_bytes(ends: Ends, loaded: Loaded) -> None:
    body = body_of(ends, loaded)
    headers = signed("msg-1", ends.house.clock.now(), body, [SECRET])
    shouted: Any = {name.title().encode(): value.encode() for name, value in headers.items()}
    assert ends.sessions.receive(shouted, body) == Accepted(loaded.id)


def test_headers_may_be_of_a_server_s_own_class(ends: Ends, loaded: Loaded) -> None:
    body = body_of(ends, loaded)
    headers = HTTPMessage()
    for name, value in signed("msg-1", ends.house.clock.now(), body, [SECRET]).items():
        headers[name.title()] = value
    assert ends.sessions.receive(headers, body) == Accepted(loaded.id)


def test_the_same_webhook_again_is_a_repeat(ends: Ends, loaded: Loaded) -> None:
    body = body_of(ends, loaded)
    ends.receive(body)
    assert ends.receive(body) == Repeat(loaded.id)
    assert ends.receive(body, identifier="msg-2") == Repeat(loaded.id)
    assert len(ends.events(END)) == 1


def test_a_notice_behind_our_own_end_is_a_repeat(ends: Ends, loaded: Loaded) -> None:
    ends.end(loaded, EndReason.SESSION_EXPIRED)
    assert ends.receive(body_of(ends, loaded)) == Repeat(loaded.id)


def test_a_foreign_secret_is_not_believed(ends: Ends, loaded: Loaded) -> None:
    answer = ends.receive(body_of(ends, loaded), FOREIGN)
    assert isinstance(answer, Forged)
    assert (answer.status, ends.events(END)) == (401, [])


def test_an_old_notice_is_not_believed(ends: Ends, loaded: Loaded) -> None:
    body = body_of(ends, loaded)
    headers = signed("msg-1", ends.house.clock.now(), body, [SECRET])
    ends.house.pass_time(301)
    assert isinstance(ends.sessions.receive(headers, body), Forged)


def test_a_notice_of_exactly_five_minutes_ago_is_believed(ends: Ends, loaded: Loaded) -> None:
    body = body_of(ends, loaded)
    headers = signed("msg-1", ends.house.clock.now(), body, [SECRET])
    ends.house.pass_time(300)
    assert ends.sessions.receive(headers, body) == Accepted(loaded.id)


def test_a_body_that_is_too_large_is_not_looked_at(ends: Ends) -> None:
    answer = ends.receive(b" " * (LARGEST_BODY + 1))
    assert isinstance(answer, Forged)
    assert answer.status == 413


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id":"c","state":"active"}', b"\xff", b'{"id":"\\u0000","state":"closed"}']
)
def test_a_signed_body_that_tells_of_no_end_is_refused(ends: Ends, body: bytes) -> None:
    answer = ends.receive(body)
    assert isinstance(answer, Forged)
    assert answer.status == 400


def test_without_a_secret_nothing_is_believed(ends: Ends, loaded: Loaded) -> None:
    before = ends.sessions.noticing
    noticing = Noticing(notices=before.notices, hearing=before.hearing, clock=before.clock, secrets=())
    body = body_of(ends, loaded)
    headers = signed("msg-1", ends.house.clock.now(), body, [SECRET])
    assert isinstance(noticing.receive(headers, body), Forged)


def test_while_the_current_secret_is_not_set_the_platform_comes_again(ends: Ends, loaded: Loaded) -> None:
    noticing = evolve(ends.sessions.noticing, secrets=(PREVIOUS,), unset="NOTICES_SECRET")
    body = body_of(ends, loaded)
    headers = signed("msg-1", ends.house.clock.now(), body, [SECRET])
    with pytest.raises(Unavailable, match="the environment variable NOTICES_SECRET is not set"):
        noticing.receive(headers, body)


def test_a_secret_that_is_none_fails_before_anything_comes(ends: Ends) -> None:
    before = ends.sessions.noticing
    with pytest.raises(InvalidInput, match="secret"):
        Noticing(
            notices=before.notices, hearing=before.hearing, clock=before.clock, secrets=(Secret("whsec_%"),)
        )


@pytest.mark.parametrize(("headers", "body"), [(None, b""), ({}, "text"), ([], b"")])
def test_what_only_a_program_can_do_wrong_is_said_to_it(ends: Ends, headers: Any, body: Any) -> None:
    with pytest.raises(InvalidInput):
        ends.sessions.receive(headers, body)


def test_a_conversation_that_is_none_of_ours_is_recorded_once(ends: Ends) -> None:
    body = notice("theirs", ends.house.clock.now())
    assert ends.receive(body) == Unknown("theirs")
    assert ends.receive(body, identifier="msg-2") == Repeat(None)
    (event,) = ends.events(NOTICE)
    assert event.payload == {
        "conversation": "theirs",
        "ended": "2026-01-01T00:00:00.000000Z",
        "reason": None,
        "resolution": "resolved",
        "session": None,
    }


def test_copied_attributes_do_not_end_another_conversation(ends: Ends, loaded: Loaded) -> None:
    body = notice("theirs", ends.house.clock.now(), session=loaded.id)
    assert ends.receive(body) == Unknown("theirs")
    assert ends.sessions.get(loaded.id).standing is Standing.ACTIVE


def test_a_session_whose_starter_crashed_is_started_and_over_at_once(ends: Ends) -> None:
    ends.house.gateway.cut("start", When.AFTER)
    ends.house.gateway.cut("look_up", When.BEFORE)
    with pytest.raises(OutcomeUnknown):
        ends.house.start()
    (conversation,) = ends.house.gateway.conversations.values()
    assert conversation.session is not None
    body = notice(conversation.id, ends.house.clock.now(), "abandoned", conversation.session)
    assert ends.receive(body) == Accepted(conversation.session)
    found = ends.sessions.get(conversation.session)
    assert (found.standing, found.conversation) == (Standing.CLOSED, conversation.id)
    assert ends.receive(body, identifier="msg-2") == Repeat(conversation.session)
    assert ends.house.leases() == ()


def test_a_session_that_people_have_ends_with_them(ends: Ends, loaded: Loaded) -> None:
    ends.with_people(loaded)
    ends.receive(body_of(ends, loaded, None))
    end = ends.sessions.get(loaded.id).end
    assert end is not None
    assert (end.holder, end.resolution) == (Holder.PEOPLE, Resolution.ESCALATED)


def test_a_notice_from_a_clock_that_is_ahead_ends_now(ends: Ends, loaded: Loaded) -> None:
    conversation = loaded.state.session.conversation
    assert conversation is not None
    ends.receive(notice(conversation, ends.house.clock.now() + timedelta(days=400)))
    end = ends.sessions.get(loaded.id).end
    assert end is not None
    assert end.at == ends.house.clock.now()


def test_of_many_who_hear_the_same_one_accepts(tmp_path: Path) -> None:
    with ends_in(tmp_path) as ends:
        loaded = ends.house.start()
        body = body_of(ends, loaded)
        with SqliteLedger(tmp_path / "ledger.db") as second, ThreadPoolExecutor(16) as pool:
            theirs = on_ledger(ends, second)
            headers = signed("msg-1", ends.house.clock.now(), body, [SECRET])
            answers = list(pool.map(_heard, [ends.sessions, theirs] * 32, repeat(headers), repeat(body)))
        assert Counter(answers) == {Accepted(loaded.id): 1, Repeat(loaded.id): 63}
        assert len(ends.events(END)) == 1
        assert sum(m.name == "jackfield.session.ends" for m in ends.house.heard) == 1


def _heard(sessions: Sessions, headers: dict[str, str], body: bytes) -> Received:
    return sessions.receive(headers, body)


def test_a_session_that_is_moved_meanwhile_ends_all_the_same(ends: Ends, loaded: Loaded) -> None:
    with ThreadPoolExecutor(2) as pool:
        turning = pool.submit(_turns, ends, loaded)
        answer = ends.receive(body_of(ends, loaded))
        turning.result()
    assert answer == Accepted(loaded.id)


def _turns(ends: Ends, loaded: Loaded) -> None:
    """Let the customer go on until the session is over."""
    for _ in range(200):
        try:
            loaded = ends.turned(loaded)
        except Conflict:
            return


def test_a_ledger_that_is_away_is_told_so_that_the_sender_comes_again(ends: Ends, loaded: Loaded) -> None:
    body = body_of(ends, loaded)
    ends.house.ledger.close()
    with pytest.raises(Unavailable):
        ends.receive(body)


def test_hostile_headers_are_forged(ends: Ends) -> None:
    hostile = cast("dict[str, str]", {"webhook-id": 1, None: "x", "webhook-timestamp": "\ud800"})
    assert isinstance(ends.sessions.receive(hostile, b"{}"), Forged)
