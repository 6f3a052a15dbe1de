"""Turns of customers: decided, recorded in one commit, and what follows."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    AuthenticationFailed,
    BreakerOpen,
    Conflict,
    InvalidInput,
    JackfieldError,
    NotFound,
    OpenedBeforeFork,
    OutcomeUnknown,
    PlatformRejected,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.policy import Act, Clarification, Reason
from jackfield.domain.model.sessions.routing import Routing, Rule
from jackfield.domain.model.sessions.signals import Evaluation, Failure
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.sessions.asked.values import Clarify, Escalated, Proceed
from tests.unit.services.sessions.actors import ANGRY, GOOD, PERSON, UNSURE, Meanwhile, Shop
from tests.unit.services.sessions.actors import shop as opened
from tests.unit.services.sessions.starters import bot

CARD = "my card 4111111111111111 does not work"


def test_what_is_understood_lets_the_bot_go_on(shop: Shop) -> None:
    shop.understanding.next = [GOOD]
    done = shop.start().turn("I want my money back")
    assert isinstance(done, Proceed)
    assert (done.decision.act, done.reply) == (Act.PROCEED, None)


def test_a_turn_is_one_commit_and_leaves_no_lease(shop: Shop) -> None:
    session, before = shop.start(), shop.ledger.commits
    session.turn("hello")
    ordering = shop.sessions.turning.ordering
    assert shop.ledger.commits - before == 1
    assert list(ordering.leases.held(ordering.organization, f"session/{session.id}")) == []
    assert len(ordering.lines) == 0


def test_the_log_has_the_numbers_and_never_the_text(shop: Shop) -> None:
    shop.understanding.next = [GOOD]
    session = shop.start()
    session.turn(CARD, bot_said="How can I help you, customer 4711?")
    (event,) = shop.events(session, "session.turn")
    payload = event.payload or {}
    hashed = hashlib.sha256(CARD.encode()).hexdigest()
    assert (payload["text_hash"], payload["characters"]) == (hashed, len(CARD))
    assert "4111" not in str(payload)
    assert "card" not in str(payload)


def test_what_was_said_is_captured_redacted_where_the_target_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as shop:
        shop.sessions = shop.open(capture=True)
        session = shop.start()
        session.turn(CARD)
        (event,) = shop.events(session, "session.turn")
        assert (event.payload or {})["text"] == "my card # does not work"


def test_a_doubt_is_asked_back_in_the_customers_language(shop: Shop) -> None:
    shop.understanding.next = [UNSURE, UNSURE]
    session = shop.start(language="de-AT")
    first, second = session.turn("wo ist sie?"), session.turn("na die Karte")
    assert isinstance(first, Clarify)
    assert isinstance(second, Clarify)
    assert (first.kind, second.kind) == (Clarification.AFFIRM, Clarification.REPHRASE)
    assert first.text == "Habe ich das richtig verstanden: Es geht um card arrival?"


def test_the_understanding_is_told_of_the_bot_and_the_language(shop: Shop) -> None:
    shop.start(language="fr").turn("bonjour")
    (asked,) = shop.understanding.asked
    assert (asked.text, asked.bot, asked.language) == ("bonjour", "retail-id", "fr")


def test_a_request_hands_over_at_once_with_one_message(shop: Shop) -> None:
    session = shop.start(language="de")
    done = session.turn(PERSON)
    assert isinstance(done, Escalated)
    assert (done.routed, done.problem, done.handoff.queue) == (True, None, "deutsch")
    assert done.handoff.customer_message.startswith("Ich verbinde Sie")
    assert shop.told(session) == [
        "session.turn succeeded",
        "session.hand_off intended",
        "session.hand_off succeeded",
    ]
    assert (shop.queue(session), session.view().standing) == ("deutsch", Standing.HANDING_OVER)
    assert (shop.places(), session.may_speak()) == (0, False)


def test_the_queue_is_found_by_intent_and_skill(tmp_path: Path) -> None:
    rules = (Rule(queue="lawyers", skills=("law",)), Rule(queue="money", intents=("refund",)))
    with opened(tmp_path, evolve(bot(), routing=Routing(default="front-desk", rules=rules))) as shop:
        shop.understanding.default = GOOD
        plain, skilled = shop.start(), shop.start(skills=("law",))
        assert [escalated(s.turn(PERSON)).handoff.queue for s in (plain, skilled)] == ["money", "lawyers"]


def escalated(done: object) -> Escalated:
    assert isinstance(done, Escalated)
    return done


def test_after_the_hand_off_the_bot_is_silent_and_nothing_is_evaluated(shop: Shop) -> None:
    session = shop.start()
    session.turn(PERSON)
    asked = len(shop.understanding.asked)
    with pytest.raises(Conflict, match="handing over, and cannot take a turn; it waits for people"):
        session.turn("hello?")
    assert len(shop.understanding.asked) == asked


def test_after_the_end_no_turn_is_taken(shop: Shop) -> None:
    session = shop.start()
    session.close(Resolution.RESOLVED)
    with pytest.raises(Conflict, match="closed, and cannot take a turn; start another session"):
        session.turn("one more thing")


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 10_001, "x" * 100_000, None, 7, b"hello", ["hello"]])
def test_what_nobody_says_is_refused_before_anything_is_asked(shop: Shop, text: object) -> None:
    session, before = shop.start(), shop.ledger.commits
    with pytest.raises(InvalidInput, match="text"):
        session.turn(text)  # type: ignore[arg-type]
    assert (shop.understanding.asked, shop.ledger.commits) == ([], before)


@pytest.mark.parametrize(
    "wrong",
    [
        {"failure": "fire"},
        {"failure": Failure.EVALUATION},
        {"tried": "refund"},
        {"tried": [1]},
        {"bot_said": 1},
        {"deadline": timedelta()},
        {"deadline": 5},
    ],
)
def test_what_a_program_tells_beside_is_checked(shop: Shop, wrong: dict[str, object]) -> None:
    session = shop.start()
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        session.turn("hello", **wrong)  # type: ignore[arg-type]
    assert shop.understanding.asked == []


FAILING = [
    (Unavailable("away"), Failure.PLATFORM),
    (BreakerOpen("open"), Failure.PLATFORM),
    (RateLimited("slow down"), Failure.PLATFORM),
    (OutcomeUnknown("no answer"), Failure.PLATFORM),
    (NotFound("no such bot"), Failure.EVALUATION),
    (AuthenticationFailed("who?"), Failure.EVALUATION),
    (PlatformRejected("no"), Failure.EVALUATION),
]


@pytest.mark.parametrize(("error", "failure"), FAILING, ids=lambda each: type(each).__name__)
def test_an_evaluation_that_fails_is_a_failure_of_the_turn(
    shop: Shop, error: JackfieldError, failure: Failure
) -> None:
    shop.understanding.default = error
    session = shop.start()
    first, second = session.turn("hello"), session.turn("hello?")
    assert isinstance(first, Clarify)
    assert first.decision.signals.turn.failure is failure
    assert escalated(second).handoff.reason == Reason.FAILURE
    assert shop.measured("evaluation.failures") == [{"error": type(error).__name__}] * 2
    assert [(e.payload or {})["problem"] for e in shop.events(session, "session.turn")] == [
        type(error).__name__
    ] * 2


@pytest.mark.parametrize("error", [InvalidInput("ours"), OpenedBeforeFork("ours")])
def test_errors_of_ours_are_raised(shop: Shop, error: JackfieldError) -> None:
    shop.understanding.next = [error]
    session = shop.start()
    with pytest.raises(type(error), match="ours"):
        session.turn("hello")
    assert shop.told(session) == []


@pytest.mark.parametrize(
    "absurd",
    [
        Evaluation(intent="refund", confidence=1.7),
        Evaluation(intent="refund", confidence=None),
        Evaluation(intent=["refund"], confidence=0.9),
        Evaluation(intent="refund", confidence=0.9, sentiment=float("nan")),
    ],
)
def test_absurd_numbers_are_a_failure_too(shop: Shop, absurd: Evaluation) -> None:
    shop.understanding.default = absurd
    session = shop.start()
    session.turn("hello")
    assert escalated(session.turn("hello?")).handoff.reason == Reason.FAILURE
    assert shop.measured("evaluation.failures") == [{"error": "absurd"}] * 2


def test_failures_of_the_programs_tools_count(shop: Shop) -> None:
    shop.understanding.default = GOOD
    session = shop.start()
    assert isinstance(session.turn("hello", failure=Failure.TOOL), Proceed)
    assert escalated(session.turn("hello", failure=Failure.TOOL)).handoff.reason == Reason.FAILURE


def test_sentiment_escalates_with_its_numbers(shop: Shop) -> None:
    shop.understanding.next = [ANGRY]
    done = escalated(shop.start().turn("this is outrageous"))
    assert str(done.handoff.findings[0]) == "sentiment: mood -0.9, limit -0.5"


def test_a_session_that_was_closed_meanwhile_takes_no_turn(shop: Shop) -> None:
    other = shop.open()
    session = shop.start()
    racing = Meanwhile(shop.understanding, lambda: other.get(session.id).close("abandoned"))
    with pytest.raises(Conflict, match="closed, and cannot take a turn"):
        shop.open(understanding=racing).get(session.id).turn("hello")
    assert shop.told(session) == [
        "session.close intended",
        "session.close succeeded",
        "session.end succeeded",
    ]


def test_what_another_process_decided_meanwhile_is_decided_upon_without_asking_again(shop: Shop) -> None:
    shop.understanding.default = UNSURE
    other, session = shop.open(), shop.start()

    def slow() -> None:
        shop.pass_time(seconds=60)  # the lease of this turn is over
        other.get(session.id).turn("and the other")

    done = shop.open(understanding=Meanwhile(shop.understanding, slow)).get(session.id).turn("the one")
    assert isinstance(done, Clarify)
    assert (done.decision.signals.turns, done.decision.signals.clarifications) == (2, 2)
    assert shop.understanding.texts == ["and the other", "the one"]
    assert [(e.payload or {})["number"] for e in shop.events(session, "session.turn")] == [1, 2]


def test_a_session_whose_time_is_over_is_ended_on_the_platform_and_here(shop: Shop) -> None:
    session = shop.start()
    shop.pass_time(minutes=15)
    with pytest.raises(Conflict, match="its time was over before this was said"):
        session.turn("are you still there?")
    end = session.view().end
    assert end is not None
    assert (end.reason, end.resolution) == (EndReason.SESSION_EXPIRED, Resolution.ABANDONED)
    assert not any(c.active for c in shop.gateway.conversations.values())
    assert (shop.places(), shop.understanding.asked) == (0, [])


def test_one_that_expires_while_the_platform_is_away_keeps_its_reason(shop: Shop) -> None:
    session = shop.start()
    shop.pass_time(hours=4)
    shop.gateway.cut("close", When.BEFORE)
    with pytest.raises(Unavailable):
        session.turn("hello")
    assert session.view().standing is Standing.CLOSING
    shop.sessions.closing.settle(session.records.load(session.id))
    end = session.view().end
    assert end is not None
    assert end.reason is EndReason.SESSION_EXPIRED


def test_turns_are_measured_by_what_was_done(shop: Shop) -> None:
    shop.understanding.next = [GOOD, UNSURE]
    session = shop.start()
    for text in ("one", "two", PERSON):
        session.turn(text)
    assert shop.measured("turn.duration") == [
        {"act": "proceed", "reason": ""},
        {"act": "clarify", "reason": ""},
        {"act": "escalate", "reason": "request"},
    ]
    assert shop.measured("hand_offs") == [{"reason": "request", "outcome": "routed"}]
