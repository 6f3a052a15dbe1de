"""What becomes of conversations with bots: routed, changed, closed, ended by scripts or customers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Response
from jackfield.adapters.simulator import Closing, FileStore, Platform, SimulatedBot
from jackfield.domain.model.errors import NotFound
from tests.unit.simulator.conftest import Ask, connected
from tests.unit.simulator.test_sessions import (
    BODY,
    BOT,
    CONVERSATIONS,
    QUEUE,
    begun,
    document,
    faults,
    limited,
    listed,
    of_size,
)


def patched(ask: Ask, conversation: str, change: dict[str, Any]) -> Response:
    return ask("PATCH", f"{CONVERSATIONS}/{conversation}", change)


def closed(ask: Ask, conversation: str, resolution: str = "resolved") -> Response:
    return patched(ask, conversation, {"state": "closed", "resolutionStatus": resolution})


def refusal(response: Response) -> tuple[int, str]:
    return response.status, document(response)["details"][0]["errorCode"]


@pytest.mark.parametrize("resolution", ["resolved", "escalated", "abandoned", "failed"])
def test_closing_tells_when_and_what_came_of_it(resolution: str, ask: Ask, clock: FrozenClock) -> None:
    conversation = begun(ask)
    clock.advance(timedelta(seconds=90))
    told = document(closed(ask, conversation, resolution))
    assert (told["state"], told["endTime"], told["resolutionStatus"]) == (
        "closed",
        "2026-01-01T00:01:30.000Z",
        resolution,
    )
    assert document(ask("GET", told["selfUri"])) == told


def test_closing_again_the_same_way_changes_nothing(ask: Ask, clock: FrozenClock, platform: Platform) -> None:
    conversation = begun(ask)
    first = document(closed(ask, conversation))
    clock.advance(timedelta(hours=1))
    again = closed(ask, conversation)
    assert (again.status, document(again)) == (200, first)
    assert platform.snapshot()["conversations"] == {"active": 0, "routed": 0, "closed": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"state": "closed", "resolutionStatus": "failed"},
        {"state": "active"},
        {"attributes": {}},
        {"routing": {"queueId": QUEUE}},
        {"routing": None},
    ],
)
def test_what_is_over_stays_as_it_ended(change: dict[str, Any], ask: Ask) -> None:
    conversation = begun(ask)
    before = document(closed(ask, conversation))
    assert refusal(patched(ask, conversation, change)) == (409, "conversation.closed")
    assert document(ask("GET", before["selfUri"])) == before


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"state": "closed", "resolutionStatus": "solved"}, ("resolutionStatus", "field.value")),
        ({"state": "closed"}, ("resolutionStatus", "field.required")),
        ({"state": "closed", "resolutionStatus": 1}, ("resolutionStatus", "field.type")),
        ({"resolutionStatus": "resolved"}, ("state", "field.required")),
        ({"state": "active", "resolutionStatus": "resolved"}, ("resolutionStatus", "field.value")),
        ({"state": "over"}, ("state", "field.value")),
        ({"routing": {"queueId": 1}}, ("routing.queueId", "field.type")),
        ({"attributes": "x"}, ("attributes", "field.type")),
        ({"attributes": of_size(40_961)}, ("attributes", "field.size")),
        ({"to": []}, ("to", "field.immutable")),
    ],
)
def test_a_change_that_is_wrong_is_named(change: dict[str, Any], expected: tuple[str, str], ask: Ask) -> None:
    assert faults(patched(ask, begun(ask), change)) == [expected]


def test_a_change_of_what_is_not_there_is_not_found(ask: Ask) -> None:
    assert closed(ask, "nothing").status == 404


def test_a_change_to_an_unknown_queue_changes_nothing(ask: Ask) -> None:
    conversation = begun(ask)
    refused = patched(ask, conversation, {"routing": {"queueId": "nowhere"}, "attributes": {}})
    assert (refused.status, refusal(refused)[1]) == (404, "not.found")
    assert document(ask("GET", f"{CONVERSATIONS}/{conversation}"))["attributes"] == BODY["attributes"]


def test_attributes_and_routing_are_replaced_as_a_whole(ask: Ask) -> None:
    conversation = begun(ask)
    change = {"routing": {"queueId": QUEUE}, "attributes": {"intent": "cancel"}}
    told = document(patched(ask, conversation, change))
    assert (told["routing"], told["attributes"]) == ({"queueId": QUEUE}, {"intent": "cancel"})


def test_what_is_not_named_stays(ask: Ask) -> None:
    conversation = begun(ask, routing={"queueId": QUEUE})
    told = document(patched(ask, conversation, {"attributes": {"a": 1}}))
    assert (told["routing"], told["state"]) == ({"queueId": QUEUE}, "active")


def test_routing_null_gives_it_back_to_the_bot(ask: Ask) -> None:
    conversation = begun(ask, routing={"queueId": QUEUE})
    assert "routing" not in document(patched(ask, conversation, {"routing": None}))


def test_one_change_can_route_and_close(ask: Ask) -> None:
    change = {"routing": {"queueId": QUEUE}, "state": "closed", "resolutionStatus": "escalated"}
    told = document(patched(ask, begun(ask), change))
    assert (told["routing"], told["resolutionStatus"]) == ({"queueId": QUEUE}, "escalated")


@pytest.mark.parametrize(
    "change", [{"routing": {"queueId": QUEUE}}, {"state": "closed", "resolutionStatus": "failed"}]
)
def test_who_leaves_a_bot_makes_room(change: dict[str, Any], clock: FrozenClock) -> None:
    ask = connected(limited(clock, 1))
    assert patched(ask, begun(ask), change).status == 200
    assert begun(ask)


def test_nobody_is_given_back_to_a_bot_that_is_full(clock: FrozenClock) -> None:
    ask = connected(limited(clock, 1))
    waiting = begun(ask, routing={"queueId": QUEUE})
    begun(ask)
    assert refusal(patched(ask, waiting, {"routing": None})) == (409, "conversation.limit")


def test_a_bot_that_is_full_keeps_what_it_has(clock: FrozenClock) -> None:
    ask = connected(limited(clock, 1))
    assert patched(ask, begun(ask), {"routing": None, "attributes": {"a": 1}}).status == 200


def closing_bot(*closing: Closing, limit: int | None = None) -> SimulatedBot:
    return SimulatedBot(closing=closing, limit=limit)


def test_a_conversation_ends_by_its_bots_script_at_its_time(
    ask: Ask, platform: Platform, clock: FrozenClock
) -> None:
    platform.bot(BOT, closing_bot(Closing(after=timedelta(seconds=30), resolution="failed")))
    path = f"{CONVERSATIONS}/{begun(ask)}"
    clock.advance(timedelta(seconds=29))
    assert document(ask("GET", path))["state"] == "active"
    clock.advance(timedelta(hours=1))
    told = document(ask("GET", path))
    assert (told["state"], told["endTime"], told["resolutionStatus"]) == (
        "closed",
        "2026-01-01T00:00:30.000Z",
        "failed",
    )


def test_what_ended_by_itself_makes_room_for_the_next(clock: FrozenClock) -> None:
    bot = closing_bot(Closing(after=timedelta(seconds=30)), limit=1)
    ask = connected(Platform(clock=clock, bots={BOT: bot}))
    begun(ask)
    clock.advance(timedelta(seconds=30))
    assert begun(ask)


def test_what_was_closed_before_its_script_ended_it_stays_so(
    ask: Ask, platform: Platform, clock: FrozenClock
) -> None:
    platform.bot(BOT, closing_bot(Closing(after=timedelta(seconds=30))))
    conversation = begun(ask)
    closed(ask, conversation, "failed")
    clock.advance(timedelta(minutes=1))
    assert document(ask("GET", f"{CONVERSATIONS}/{conversation}"))["resolutionStatus"] == "failed"
    assert platform.snapshot()["conversations"]["closed"] == 1


def test_a_customer_who_hangs_up_abandons(ask: Ask, platform: Platform) -> None:
    conversation = begun(ask)
    platform.end(conversation)
    told = document(ask("GET", f"{CONVERSATIONS}/{conversation}"))
    assert (told["state"], told["resolutionStatus"]) == ("closed", "abandoned")


def test_hanging_up_twice_is_once(ask: Ask, platform: Platform) -> None:
    conversation = begun(ask)
    platform.end(conversation, None)
    platform.end(conversation, "resolved")
    assert document(ask("GET", f"{CONVERSATIONS}/{conversation}"))["resolutionStatus"] is None


def test_nobody_hangs_up_what_is_not_there(platform: Platform) -> None:
    with pytest.raises(NotFound, match="no such conversation"):
        platform.end("nothing")


def test_the_snapshot_counts_and_tells_nothing_of_the_attributes(ask: Ask, platform: Platform) -> None:
    begun(ask, routing={"queueId": QUEUE}, attributes={"canary": "4711-canary"})
    closed(ask, begun(ask))
    shown = platform.snapshot()
    assert shown["conversations"] == {"active": 1, "routed": 1, "closed": 1}
    assert "canary" not in repr(shown)


def test_a_reset_platform_has_no_conversations(ask: Ask, platform: Platform) -> None:
    begun(ask)
    platform.reset()
    assert platform.snapshot()["conversations"] == {"active": 0, "routed": 0, "closed": 0}
    assert listed(connected(platform), "state=active") == []


def test_conversations_are_shared_over_a_file(tmp_path: Path, clock: FrozenClock) -> None:
    bots = {BOT: SimulatedBot(limit=1)}
    one, other = (Platform(clock=clock, store=FileStore(tmp_path / "db"), bots=bots) for _ in range(2))
    conversation = begun(connected(one))
    assert refusal(connected(other)("POST", CONVERSATIONS, BODY)) == (409, "conversation.limit")
    assert closed(connected(other), conversation).status == 200
    assert begun(connected(one)) != conversation
    one.close()
    other.close()


class Life(RuleBasedStateMachine):
    """A bot of three places against a model: who is with whom, and that nobody is counted twice."""

    def __init__(self) -> None:
        super().__init__()
        clock = FrozenClock()
        self.platform = limited(clock, 3)
        self.ask = connected(self.platform)
        self.model = dict[str, str]()

    @rule(queued=st.booleans())
    def begin(self, *, queued: bool) -> None:
        routing = {"routing": {"queueId": QUEUE}} if queued else {}
        answered = self.ask("POST", CONVERSATIONS, {**BODY, **routing})
        taken = queued or self.full() is False
        assert answered.status == (201 if taken else 409)
        if taken:
            self.model[document(answered)["id"]] = "queue" if queued else "bot"

    @rule(data=st.data(), queued=st.booleans())
    def route(self, data: st.DataObject, *, queued: bool) -> None:
        for conversation in self.one(data):
            before, after = self.model[conversation], "queue" if queued else "bot"
            answered = patched(self.ask, conversation, {"routing": {"queueId": QUEUE} if queued else None})
            fits = after == "queue" or before == "bot" or not self.full()
            assert answered.status == (200 if before != "closed" and fits else 409)
            if answered.status == 200:
                self.model[conversation] = after

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        for conversation in self.one(data):
            assert closed(self.ask, conversation).status == 200
            self.model[conversation] = "closed"

    @invariant()
    def counts_are_the_models(self) -> None:
        held = Counter(self.model.values())
        active = [each for each, where in self.model.items() if where != "closed"]
        counts = {"active": len(active), "routed": held["queue"], "closed": held["closed"]}
        assert self.platform.snapshot()["conversations"] == counts
        assert listed(self.ask, f"to.id={BOT}&state=active&pageSize=100") == active[:100]

    def full(self) -> bool:
        return Counter(self.model.values())["bot"] >= 3

    def one(self, data: st.DataObject) -> list[str]:
        return [data.draw(st.sampled_from(sorted(self.model)))] if self.model else []


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
