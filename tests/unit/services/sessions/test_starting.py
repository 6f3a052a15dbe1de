"""Sessions that start: what is recorded, what the platform gets, and what is done when a bot is full."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import BotFull, NotFound, Unavailable
from jackfield.domain.model.sessions.attributes import SESSION_KEY
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import ConversationState
from jackfield.domain.model.sessions.telling import thresholds_of
from jackfield.domain.model.sessions.thresholds import Thresholds
from jackfield.domain.services.sessions.asked.values import Overflow, Wait
from jackfield.ports.assistants import ConversationId
from tests.unit.services.sessions.starters import LIMIT, House, bot, opened

BOTS = (
    bot(title="The retail bot", thresholds=Thresholds(confidence_min=0.7)),
    bot("free", limit=None),
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, *BOTS) as house:
        yield house


@pytest.fixture
def full(house: House) -> House:
    """A house whose bot has as many sessions as it may."""
    for number in range(LIMIT):
        house.start(customer=f"early-{number}")
    return house


def test_a_session_is_with_its_bot(house: House) -> None:
    state = house.start(attributes={"tier": "gold"}, language="de-AT").state
    session = state.session
    assert (session.standing, session.customer, session.language) == (
        Standing.ACTIVE,
        "customer-1",
        "de-AT",
    )
    assert (state.bot_id, state.pending, state.handoff) == ("retail-id", None, None)
    assert session.attributes.values() == {"tier": "gold", SESSION_KEY: session.id}


def test_the_platform_has_its_attributes_and_its_id(house: House) -> None:
    loaded = house.start(attributes={"tier": "gold"})
    (conversation,) = house.gateway.conversations.values()
    assert conversation.id == loaded.state.session.conversation
    assert (conversation.session, conversation.attributes) == (
        loaded.id,
        {"tier": "gold", SESSION_KEY: loaded.id},
    )


def test_the_conversation_leads_to_its_session(house: House) -> None:
    loaded = house.start()
    found = house.records.of_conversation(ConversationId(loaded.state.session.conversation or ""))
    assert found == (1, ConversationState(session=loaded.id))


def test_the_log_tells_that_it_was_intended_and_that_it_is_there(house: House) -> None:
    loaded = house.start(attributes={"tier": "gold"})
    intended, succeeded = house.events(loaded)
    assert house.told(loaded) == ["session.start intended", "session.start succeeded"]
    assert (intended.actor, intended.reason, intended.correlation_id) == ("mina", "CHG-1", loaded.id)
    assert intended.payload is not None
    assert succeeded.payload is not None
    assert succeeded.payload["conversation"] == loaded.state.session.conversation
    assert intended.payload["limit"] == LIMIT
    assert intended.payload["attributes_bytes"] == loaded.state.session.attributes.size
    thresholds = intended.payload["thresholds"]
    assert isinstance(thresholds, dict)
    assert thresholds_of(thresholds) == Thresholds(confidence_min=0.7)


def test_no_event_has_an_attributes_value_or_a_float(house: House) -> None:
    loaded = house.start(attributes={"tier": "very-secret", "weight": 0.25})
    told = repr([event.payload for event in house.events(loaded)])
    assert "very-secret" not in told
    assert "0.25" not in told
    assert not any(isinstance(v, float) for e in house.events(loaded) for v in (e.payload or {}).values())


def test_a_bot_without_a_limit_takes_all_and_holds_no_place(house: House) -> None:
    states = [house.start(bot="free").state for _ in range(LIMIT + 3)]
    assert {state.slot for state in states} == {None}


def test_a_full_bot_refuses_and_says_how_more_are_let_in(full: House) -> None:
    with pytest.raises(BotFull) as refused:
        full.start()
    assert str(refused.value) == (
        "bot retail: it has 2 sessions, as many as it may; raise sessions.bots.retail.limit in the settings,"
        " or start with when_full=Wait(…) or Overflow(…)"
    )
    assert len(full.gateway.conversations) == LIMIT
    assert full.outcomes() == ["admitted", "admitted", "refused"]


def test_an_overflow_waits_for_people_from_the_start(full: House) -> None:
    loaded = full.start(when_full=Overflow("vip"), attributes={"tier": "gold"}, language="de")
    state = loaded.state
    assert (state.session.standing, state.session.queue) == (Standing.HANDING_OVER, "vip")
    assert (state.routed, state.escalation, state.slot, state.pending) == (True, "overflow", None, None)
    handoff = state.handoff
    assert handoff is not None
    assert state.session.handoffs == (handoff.id,)
    assert (handoff.reason, handoff.queue, handoff.customer_message[:6]) == ("overflow", "vip", "Ich ve")
    conversation = full.gateway.conversations[ConversationId(state.session.conversation or "")]
    assert (conversation.queue, conversation.session) == ("vip", loaded.id)
    assert conversation.attributes["tier"] == "gold"
    assert conversation.attributes["jackfield.handoff.reason"] == "overflow"
    assert full.told(loaded) == [
        "session.start intended",
        "session.start succeeded",
        "session.hand_off succeeded",
    ]
    assert full.outcomes()[-1] == "overflow"


def test_an_overflow_without_a_queue_goes_where_the_rules_say(full: House) -> None:
    queues = [
        full.start(when_full=Overflow(), language=language).state.session.queue for language in ("de", "fr")
    ]
    assert queues == ["deutsch", "front-desk"]


def test_overflows_take_no_place(house: House) -> None:
    with_the_bot = [house.start().id for _ in range(LIMIT)]
    for _ in range(3):
        house.start(when_full=Overflow())
    assert [lease.holder for lease in house.leases()] == with_the_bot
    assert house.gateway.count_active("retail-id", enough=0, ends=99) == LIMIT


class EndsOnTheWay:
    """A clock's sleep, during which a conversation ends and its place is given back."""

    def __init__(self, house: House, behind: int) -> None:
        self.house, self.behind, self.pauses = house, behind, list[float]()

    def __call__(self, duration: timedelta) -> None:
        self.pauses.append(duration.total_seconds())
        self.house.clock.advance(duration)
        if len(self.pauses) == self.behind:
            self.house.admission.release(self.house.records.load("id-1"))
            self.house.gateway.finish(ConversationId("conversation-1"))


def test_who_waits_gets_the_place_that_becomes_free(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = EndsOnTheWay(full, behind=3)
    monkeypatch.setattr(full.clock, "sleep", sleep)
    loaded = full.start(when_full=Wait(timedelta(seconds=60)))
    assert loaded.state.session.standing is Standing.ACTIVE
    assert sleep.pauses == [0.075, 0.15, 0.3]
    assert full.outcomes()[-1] == "queued"


def test_who_waits_in_vain_is_refused_when_the_time_is_over(full: House) -> None:
    with pytest.raises(BotFull, match="and none ended in 60 s"):
        full.start(when_full=Wait(timedelta(seconds=60)))
    assert full.clock.monotonic() == 60


def test_who_waits_in_vain_overflows_if_that_is_wanted(full: House) -> None:
    loaded = full.start(when_full=Wait(timedelta(seconds=60), then=Overflow("vip")))
    assert loaded.state.session.queue == "vip"
    assert full.clock.monotonic() == 60


@pytest.mark.parametrize(("deadline", "waited"), [(30, 25), (4, 2)])
def test_waiting_leaves_of_the_deadline_what_the_call_needs(full: House, deadline: int, waited: int) -> None:
    loaded = full.start(
        when_full=Wait(timedelta(hours=1), then=Overflow()), deadline=timedelta(seconds=deadline)
    )
    assert loaded.state.session.standing is Standing.HANDING_OVER
    assert full.clock.monotonic() == waited


def test_a_limit_of_the_platform_is_full_too(house: House) -> None:
    house.gateway.limit = 0
    with pytest.raises(BotFull, match="have the platform's limit raised") as refused:
        house.start(bot="free")
    assert "bot free: the platform lets the bot have 0" in str(refused.value)
    loaded = house.records.load("id-1")
    assert loaded.state.session.standing is Standing.RELEASED
    assert house.told(loaded) == ["session.start intended", "session.start failed"]
    assert house.outcomes() == ["refused"]


def test_a_limit_of_the_platform_gives_our_place_back(house: House) -> None:
    house.gateway.limit = 0
    with pytest.raises(BotFull):
        house.start()
    assert house.leases() == house.leases("starts") == ()


def test_a_limit_of_the_platform_overflows(house: House) -> None:
    house.gateway.limit = 0
    loaded = house.start(bot="free", when_full=Overflow("vip"))
    assert (loaded.state.session.standing, loaded.state.session.queue) == (Standing.HANDING_OVER, "vip")
    assert len(house.gateway.conversations) == 1


def test_a_limit_of_the_platform_is_waited_for_and_the_intent_lasts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.gateway.limit = 0
    pauses = list[float]()

    def sleep(duration: timedelta) -> None:
        pauses.append(duration.total_seconds())
        house.clock.advance(duration)
        loaded = house.records.load("id-1")
        assert loaded.state.pending is not None
        assert loaded.state.pending.expires > house.clock.now() + timedelta(seconds=60) - duration * len(
            pauses
        )
        if house.clock.monotonic() > 100:
            house.gateway.limit = 1

    monkeypatch.setattr(house.clock, "sleep", sleep)
    loaded = house.start(bot="free", when_full=Wait(timedelta(seconds=200)))
    assert loaded.state.session.standing is Standing.ACTIVE
    assert house.told(loaded) == ["session.start intended", "session.start succeeded"]


def test_what_goes_wrong_while_waiting_for_the_platform_is_recorded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.gateway.limit = 0

    def sleep(_: timedelta) -> None:
        house.gateway.cut("count_active", When.BEFORE)

    monkeypatch.setattr(house.clock, "sleep", sleep)
    with pytest.raises(Unavailable):
        house.start(when_full=Wait(timedelta(seconds=200)))
    assert house.records.load("id-1").state.session.standing is Standing.RELEASED


def test_a_refusal_is_recorded_and_gives_the_place_back(house: House) -> None:
    house.gateway.bots = ("another",)
    with pytest.raises(NotFound):
        house.start()
    loaded = house.records.load("id-1")
    assert loaded.state.session.standing is Standing.RELEASED
    assert house.events(loaded)[-1].payload == {
        "bot": "retail",
        "bot_id": "retail-id",
        "type": "chat",
        "versions": [],
        "queue": None,
        "error": "NotFound",
    }
    assert house.leases() == house.leases("starts") == ()
    assert house.outcomes() == ["failed"]


def test_how_long_it_took_is_measured(house: House) -> None:
    house.start()
    assert [(m.name, m.unit, dict(m.labels)) for m in house.heard] == [
        ("jackfield.session.starts", "{session}", {"bot": "retail", "outcome": "admitted"}),
        ("jackfield.session.start.duration", "s", {"bot": "retail", "outcome": "admitted"}),
    ]


def test_started_is_when_it_was_wanted(house: House) -> None:
    assert house.start().state.session.started == datetime(2026, 1, 1, tzinfo=UTC)
