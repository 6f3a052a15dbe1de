"""What becomes of advice: in the log, in what is measured, and in reports."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define

from jackfield.adapters.sqlite import SqliteLedger
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.advice.feedback import Action, By
from jackfield.domain.model.advice.happenings import LOST
from jackfield.domain.model.advice.records import advice_records, advice_subject, feedback_record
from jackfield.domain.model.advice.states import AdviceState
from jackfield.domain.model.errors import Conflict, InvalidInput, Unavailable
from jackfield.domain.model.events import START, verify
from jackfield.domain.services.advice import Advice
from jackfield.domain.services.advice.told import Teller
from jackfield.ports.ledger import Change, Receipt, Repeat
from tests.unit.services.advice.conftest import ACME, MINUTE, SECOND, Desk, query

DAY = timedelta(days=1)


def _redacted(text: str) -> str:
    return text.replace("nothing", "<gone>")


def test_what_was_delivered_is_in_the_log_without_its_texts(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    (entry,) = desk.told("advice.delivered")
    assert (entry.event.subject.name, entry.event.actor) == ("c-1", "agent:a-1")
    assert "tells of" not in str(entry.event.payload)
    assert "money" not in str(entry.event.payload)


def test_the_audit_record_is_tutorial_4s(desk: Desk, advice: Advice) -> None:
    found = advice.query(query())
    (entry,) = desk.told("advice.delivered")
    record: dict[str, Any] = advice_records(entry)[0]
    given = record.pop("recommendations")
    assert record == {
        "timestamp": "2026-01-01T00:00:00.000000Z",
        "conversationId": "c-1",
        "agentId": "a-1",
        "recommendationCount": 2,
        "latencyMs": 0,
    }
    assert [(each["id"], each["relevanceScore"], each["sourceId"]) for each in given] == [
        (each.item.id, each.item.relevance, each.item.source) for each in found.accepted
    ]
    assert {len(each["hash"]) for each in given} == {64}


def test_a_target_that_captures_content_keeps_the_texts_redacted(desk: Desk) -> None:
    advice = desk.open(redact=_redacted)
    advice.query(query())
    (entry,) = desk.told("advice.delivered")
    given: Any = advice_records(entry)[0]["recommendations"]
    assert given[0]["content"] == "one tells of one and of <gone> else than one"


def test_answers_of_a_moment_are_told_together_and_each_has_its_record(desk: Desk, advice: Advice) -> None:
    for _ in range(50):
        advice.query(query())
    desk.clock.advance(SECOND)
    advice.query(query(agent="a-2"))
    entries = desk.told("advice.delivered")
    records = [record for entry in entries for record in advice_records(entry)]
    assert [record["agentId"] for record in records] == ["a-1"] * 50 + ["a-2"]
    assert len(entries) < 10


def test_of_one_conversation_everything_is_told_in_order(desk: Desk, advice: Advice) -> None:
    found = advice.query(query())
    advice.displayed(found)
    advice.feedback(found.accepted[0], agent="a-1", action="clicked")
    advice.query(query(conversation="c-2"))
    advice.feedback(found.accepted[1], agent="a-1", action=Action.DISMISSED)
    entries = [entry for entry in desk.told() if entry.event.subject.name == "c-1"]
    assert [entry.event.type.partition(".")[2] for entry in entries] == [
        "delivered",
        "displayed",
        "feedback",
        "feedback",
    ]
    assert {entry.event.correlation_id for entry in entries} == {found.id}
    state = desk.ledger.read(advice_subject(ACME, "c-1")).state
    assert state == AdviceState(delivered=1, displayed=2, told=2)
    verify(desk.ledger.follow(ACME, START, 100))


def test_two_processes_write_of_one_conversation(desk: Desk) -> None:
    one, other = desk.open(), desk.open()
    for _ in range(10):
        one.query(query())
        other.query(query())
        one.flush()
        other.flush()
    assert desk.ledger.read(advice_subject(ACME, "c-1")).state == AdviceState(delivered=20)


@define(eq=False)
class _Moved(ShakyLedger):
    """A ledger in which somebody else is always a little faster, some times."""

    conflicts: int = 3

    def commit(self, *changes: Change) -> Receipt | Repeat:
        """Write them once nobody is faster."""
        self.conflicts -= 1
        if self.conflicts >= 0:
            raise Conflict("somebody was faster", place="advice")
        return self.ledger.commit(*changes)


def test_what_conflicts_is_written_all_the_same(desk: Desk) -> None:
    desk.open(ledger=_Moved(desk.ledger)).query(query())
    assert len(desk.told("advice.delivered")) == 1


def test_durable_events_are_in_the_log_before_an_answer_is_given(desk: Desk) -> None:
    advice = desk.open(durable=True)
    advice.query(query())
    assert [e.event.type for e in desk.ledger.follow(ACME, START, 10)] == ["advice.delivered"]


UNSPEAKABLE = Teller("user:\ud800")
"""Whom no JSON can name."""


def test_what_cannot_be_written_takes_nothing_with_it(desk: Desk, advice: Advice) -> None:
    for number in range(3):
        advice.query(query(f"{number}"))
        advice.feedback("one", agent="a-1", action="clicked", conversation="c-1", teller=UNSPEAKABLE)
    with suppress(InvalidInput):
        advice.flush()
    delivered: list[Any] = [entry.event.payload for entry in desk.told("advice.delivered")]
    lost: list[Any] = [entry.event.payload for entry in desk.told(LOST)]
    assert [len(each["deliveries"]) for each in delivered] == [1, 1, 1]
    assert (sum(each["advice.feedback"] for each in lost), desk.told("advice.feedback")) == (3, [])


def test_what_others_lose_keeps_nobody_from_telling_it_once(desk: Desk, advice: Advice) -> None:
    advice.displayed(advice.query(query()))
    advice.feedback("one", agent="a-1", action="copied", conversation="c-1", teller=UNSPEAKABLE)
    advice.feedback("one", agent="a-1", action="clicked", conversation="c-1", once="event-7")
    assert len(desk.told("advice.feedback")) == 1


def test_durable_feedback_that_cannot_be_written_is_told_to_its_teller_alone(desk: Desk) -> None:
    advice = desk.open(durable=True)
    with ThreadPoolExecutor(9) as threads:
        answers = [threads.submit(advice.query, query(f"{number}")) for number in range(8)]
        bad = threads.submit(
            advice.feedback, "one", agent="a-1", action="clicked", conversation="c-1", teller=UNSPEAKABLE
        )
        ids = {each.result().id for each in answers}
        assert isinstance(bad.exception(), InvalidInput)
    told: list[Any] = [entry.event.payload for entry in desk.told("advice.delivered")]
    assert {each["id"] for payload in told for each in payload["deliveries"]} == ids


def test_where_durable_events_cannot_be_written_there_is_no_answer(desk: Desk) -> None:
    ledger = ShakyLedger(desk.ledger)
    ledger.failure = Unavailable("the disk is full")
    advice = desk.open(durable=True, ledger=ledger)
    with pytest.raises(Unavailable, match="disk is full"):
        advice.query(query())
    ledger.failure = None


def test_while_the_ledger_is_away_advice_is_given_all_the_same(desk: Desk) -> None:
    ledger = ShakyLedger(desk.ledger)
    ledger.failure = Unavailable("the disk is full")
    advice = desk.open(ledger=ledger)
    assert advice.query(query()).accepted
    ledger.failure = None
    assert len(desk.told("advice.delivered")) == 1


def test_what_does_not_fit_is_lost_and_counted_in_the_log_too(desk: Desk) -> None:
    ledger = ShakyLedger(desk.ledger)
    ledger.failure = Unavailable("the disk is full")
    advice = desk.open(ledger=ledger)
    advice.hearing.buffer.most = 3
    for _ in range(5):
        advice.query(query())
    ledger.failure = None
    (entry,) = desk.told(LOST)
    assert entry.event.payload == {"advice.delivered": 2}
    assert sum(value for _, value in desk.counted("jackfield.advice.lost")) == 2


def test_feedback_by_id_belongs_where_it_was_displayed(desk: Desk, advice: Advice) -> None:
    advice.displayed(advice.query(query()))
    told = advice.feedback("two", agent="a-1", action="copied")
    assert (told.conversation, told.source, told.position) == ("c-1", "kb-billing", 2)


def test_feedback_that_nobody_can_place_is_told_without_a_conversation(desk: Desk, advice: Advice) -> None:
    told = advice.feedback("two", agent="a-1", action="copied")
    (entry,) = desk.told("advice.feedback")
    assert (told.conversation, entry.event.subject.name) == ("", "-")


def test_the_feedback_record_is_tutorial_4s(desk: Desk, advice: Advice) -> None:
    advice.feedback("two", agent="a-1", action="helpful", conversation="c-1")
    (entry,) = desk.told("advice.feedback")
    assert feedback_record(entry) == {
        "recommendationId": "two",
        "agentId": "a-1",
        "action": "helpful",
        "timestamp": "2026-01-01T00:00:00.000000Z",
    }


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"recommendation": ""}, "recommendation"),
        ({"recommendation": "\ud800"}, "recommendation"),
        ({"agent": " "}, "agent"),
        ({"action": "liked"}, "action"),
        ({"conversation": "x" * 501}, "conversation"),
        ({"agent": 7}, "agent"),
    ],
)
def test_feedback_that_does_not_fit_is_refused(advice: Advice, given: dict[str, object], place: str) -> None:
    fields = {"recommendation": "one", "agent": "a-1", "action": "clicked", **given}
    with pytest.raises(InvalidInput) as caught:
        advice.feedback(**fields)  # type: ignore[arg-type]  # that is the point
    assert caught.value.place == place


def test_the_report_counts_each_recommendation_once(advice: Advice) -> None:
    found = advice.query(query())
    for _ in range(3):
        advice.displayed(found)
        advice.feedback(found.accepted[0], agent="a-1", action="clicked")
    report = advice.report(since=datetime(2025, 12, 31, tzinfo=UTC), until=datetime(2026, 1, 2, tzinfo=UTC))
    assert (report.whole.displayed, report.whole.clicked, report.whole.rate) == (2, 1, 0.5)


def test_a_click_of_another_process_that_tells_no_conversation_counts(desk: Desk, advice: Advice) -> None:
    found = advice.query(query())
    advice.displayed(found)
    advice.flush()
    desk.clock.advance(MINUTE)
    other = desk.open()
    other.feedback("two", agent="a-1", action="clicked")
    desk.clock.advance(MINUTE)
    (group,) = [each for each in other.report(by="position").groups if each.key == "2"]
    assert (group.figures.displayed, group.figures.clicked, group.figures.unseen) == (1, 1, 0)


def test_the_report_is_of_its_time_alone(desk: Desk, advice: Advice) -> None:
    for _ in range(4):
        advice.displayed(advice.query(query(conversation=str(desk.clock.now()))), items=["one"])
        advice.flush()
        desk.clock.advance(2 * DAY)
        desk.gateway.items = [desk.item("one")]
    since = datetime(2026, 1, 3, tzinfo=UTC)
    assert advice.report(since=since, until=since + 3 * DAY).whole.displayed == 2
    assert advice.report(since=since, until=since + DAY, by=By.SOURCE).groups[0].key == "kb-billing"


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"by": "weather"}, "source, position, agent"),
        ({"since": datetime(2026, 1, 1)}, "zone"),  # noqa: DTZ001  # that is the point
        ({"since": datetime(2027, 1, 1, tzinfo=UTC)}, "in the future"),
        (
            {"since": datetime(2027, 1, 2, tzinfo=UTC), "until": datetime(2027, 1, 1, tzinfo=UTC)},
            "not before until",
        ),
    ],
)
def test_a_report_of_what_does_not_fit_is_refused(
    advice: Advice, given: dict[str, object], match: str
) -> None:
    with pytest.raises(InvalidInput, match=match):
        advice.report(**given)  # type: ignore[arg-type]  # that is the point


def test_latency_is_measured_by_how_it_ended(desk: Desk, advice: Advice) -> None:
    advice.query(query())
    advice.query(query())
    desk.clock.advance(5 * MINUTE)
    desk.gateway.next = [Unavailable("down")]
    advice.query(query())
    desk.gateway.items = []
    advice.query(query("other"))
    desk.gateway.failure = Unavailable("down")
    with pytest.raises(Unavailable):
        advice.query(query("another"))
    latency = [labels["status"] for labels, _ in desk.counted("agentassist_recommendation_latency")]
    tiers = [labels["from"] for labels, _ in desk.counted("jackfield.advice.queries")]
    assert latency == ["success", "success", "stale", "empty", "error"]
    assert tiers == ["platform", "memory", "stale", "platform", "none"]


def test_clicks_are_measured_by_source_and_agent(desk: Desk, advice: Advice) -> None:
    found = advice.query(query())
    advice.feedback(found.accepted[0], agent="a-1", action="clicked")
    advice.feedback(found.accepted[0], agent="a-1", action="copied")
    assert desk.counted("agentassist_recommendation_clicks") == [
        ({"source_id": "kb-billing", "agent_id": "a-1"}, 1)
    ]


def test_a_thousand_agents_are_told_apart_and_none_if_that_is_wanted(desk: Desk) -> None:
    many, none = desk.open(), desk.open(agents=False)
    for number in range(1_002):
        many.hearing.measures.clicked("kb", f"a-{number}")
    none.hearing.measures.clicked("kb", "a-1")
    agents = [labels["agent_id"] for labels, _ in desk.counted("agentassist_recommendation_clicks")]
    assert (agents[999], agents[1_000:]) == ("a-999", ["other", "other", ""])


def test_what_happened_before_closing_is_written(desk: Desk) -> None:
    advice = desk.open()
    advice.query(query())
    advice.close()
    advice.close()
    with SqliteLedger(desk.folder / "ledger" / "ledger.db") as again:
        assert len(again.follow(ACME, START, 10)) == 1
