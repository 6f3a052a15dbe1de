"""Lines that drop: what is taken up again, what cannot be, and what is heard of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.simulator import Platform, StreamRules
from jackfield.adapters.testing.assistant_gateway import Ear
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Interrupted
from tests.unit.genesys.stream.gateways import (
    ANSWER,
    ASSISTANT,
    SAYING,
    SAYING_AT_ONCE,
    Desk,
    in_process,
    over_the_server,
)

Make = Callable[..., Desk]


@pytest.fixture
def make() -> Generator[Make]:
    with ExitStack() as opened:

        def made(rules: StreamRules | None = None, **options: Any) -> Desk:
            clock = FrozenClock()
            platform = Platform(
                clock=clock, assistants={ASSISTANT: SAYING}, streams=rules or StreamRules(), **options
            )
            return opened.enter_context(in_process(platform, clock))

        yield made


@pytest.fixture
def desk(make: Make) -> Desk:
    return make()


def interruptions(ear: Ear) -> list[bool]:
    return [each.resumable for each in ear.events if isinstance(each, Interrupted)]


@pytest.mark.parametrize(
    "kind",
    [
        *("stream-drop", "stream-1000", "stream-1001", "stream-1006"),
        *("stream-4401", "stream-huge", "stream-silence"),
    ],
)
def test_a_line_that_is_lost_is_taken_up_again(kind: str, desk: Desk) -> None:
    desk.faults.next("GET", "**", kind, after=3)
    ear = desk.heard()
    assert (ear.text, interruptions(ear), isinstance(ear.end, Completed)) == (ANSWER, [True], True)
    assert desk.faults.injected == {kind: 1}


@pytest.mark.parametrize(
    "kind",
    [
        *("stream-drop", "stream-1000", "stream-1001", "stream-1006", "stream-4401", "stream-huge"),
        *("stream-repeat", "stream-reorder", "stream-unknown", "stream-garbage"),
    ],
)
def test_the_same_faults_at_a_real_socket(kind: str) -> None:
    with over_the_server(Platform(clock=SystemClock(), assistants={ASSISTANT: SAYING_AT_ONCE})) as desk:
        desk.faults.next("GET", "**", kind, after=2)
        ear = desk.heard()
        assert desk.faults.injected == {kind: 1}
    missing = ear.text != ANSWER
    assert (missing, isinstance(ear.end, Completed)) == (kind == "stream-garbage", True)


def test_a_clean_close_is_no_end_of_the_answer(desk: Desk) -> None:
    desk.faults.next("GET", "**", "stream-1000", after=3)
    ear = desk.heard()
    assert [type(each) for each in ear.events[3:5]] == [Interrupted, Chunk]


def test_nothing_comes_twice_where_nothing_was_missed(desk: Desk) -> None:
    desk.faults.next("GET", "**", "stream-1006", after=3)
    numbers = [each.sequence for each in desk.heard().events if isinstance(each, Chunk)]
    assert numbers == [*range(len(numbers))]


def test_what_was_said_while_the_line_was_down_is_replayed(desk: Desk) -> None:
    desk.faults.next("GET", "**", "stream-1006", after=3)
    desk.faults.next("GET", "/api/v2/conversations", "429", seconds=30, after=1)
    ear = desk.heard()
    assert (ear.text, desk.counted("resumes")) == (ANSWER, ["resumed"])
    assert desk.counted("connects") == ["opened", "RateLimited", "opened"]


def test_what_is_not_kept_long_enough_cannot_be_replayed(make: Make) -> None:
    desk = make(StreamRules(replay=timedelta(seconds=5)))
    desk.faults.next("GET", "**", "stream-1006", after=3)
    desk.faults.next("GET", "/api/v2/conversations", "429", seconds=30, after=1)
    ear = desk.heard()
    assert isinstance(ear.end, Failed)
    assert (ear.end.code, desk.counted("resumes")) == ("replay", ["resumed", "lost"])
    assert ANSWER.startswith(ear.text)


def test_what_was_paused_for_over_ten_minutes_cannot_be_replayed(desk: Desk) -> None:
    ear = Ear(pause_behind=2)
    line = desk.ask(ear, desk.ends + 3_600)
    ear.until(2)
    assert isinstance(desk.clock, FrozenClock)
    desk.clock.advance(timedelta(minutes=11))
    line.resume()
    end = ear.until_the_end()
    assert isinstance(end, Failed)
    assert end.code == "replay"


def test_ten_minutes_are_not_too_long(desk: Desk) -> None:
    ear = Ear(pause_behind=2)
    line = desk.ask(ear, desk.ends + 3_600)
    ear.until(2)
    assert isinstance(desk.clock, FrozenClock)
    desk.clock.advance(timedelta(minutes=9))
    ear.pause_behind = None
    line.resume()
    assert isinstance(ear.until_the_end(), Completed)
    assert ear.text == ANSWER


def test_a_server_that_knows_no_sequence_is_heard(make: Make) -> None:
    desk = make(StreamRules(sequence=False))
    ear = desk.heard()
    assert (ear.text, type(ear.end)) == (ANSWER, Completed)


def test_where_no_sequence_is_known_a_drop_ends_the_answer(make: Make) -> None:
    desk = make(StreamRules(sequence=False))
    desk.faults.next("GET", "**", "stream-1006", after=3)
    ear = desk.heard()
    assert isinstance(ear.end, Failed)
    assert (interruptions(ear), ear.end.code, "no sequence" in ear.end.detail) == ([False], "line", True)


def test_where_no_sequence_is_known_a_silence_ends_the_answer(make: Make) -> None:
    desk = make(StreamRules(sequence=False))
    desk.faults.next("GET", "**", "stream-silence", after=3)
    ear = desk.heard()
    assert isinstance(ear.end, Failed)
    assert ear.end.code == "silence"


def test_a_drop_before_the_first_piece_is_told_before_what_follows(make: Make) -> None:
    desk = make(StreamRules(sequence=False))
    desk.faults.next("GET", "**", "stream-1006")
    ear = desk.heard()
    assert (ear.events[0], ear.text, type(ear.end)) == (Interrupted(True), ANSWER, Completed)


def test_where_no_sequence_is_known_a_pause_loses_nothing(make: Make) -> None:
    desk = make(StreamRules(sequence=False))
    ear, other = Ear(pause_behind=2), Ear()
    line = desk.ask(ear)
    ear.until(2)
    desk.ask(other)
    other.until_the_end()
    assert len(ear.events) == 2
    ear.pause_behind = None
    line.resume()
    ear.until_the_end()
    assert ear.text == ANSWER


def test_a_paused_line_stops_nobody_else(desk: Desk) -> None:
    paused, other = Ear(pause_behind=1), Ear()
    desk.ask(paused)
    paused.until(1)
    desk.ask(other)
    other.until_the_end()
    assert (len(paused.events), other.text) == (1, ANSWER)


def test_a_paused_line_is_not_interrupted_and_goes_on_where_it_was(desk: Desk) -> None:
    paused, other = Ear(pause_behind=3), Ear()
    line = desk.ask(paused)
    paused.until(3)
    desk.faults.next("GET", "**", "stream-1006", after=1)
    desk.ask(other)
    other.until_the_end()
    paused.pause_behind = None
    line.resume()
    paused.until_the_end()
    assert (paused.text, interruptions(paused), interruptions(other)) == (ANSWER, [], [True])


@pytest.mark.parametrize("kind", ["stream-garbage", "stream-unknown"])
def test_a_frame_that_nobody_knows_is_counted_and_the_line_stands(kind: str, desk: Desk) -> None:
    desk.faults.next("GET", "**", kind, after=3)
    ear = desk.heard()
    assert (interruptions(ear), isinstance(ear.end, Completed)) == ([], True)
    assert desk.counted("frames") == ["malformed" if kind == "stream-garbage" else "unknown"]


def test_a_piece_that_was_garbage_comes_when_it_is_asked_for_again(desk: Desk) -> None:
    desk.faults.next("GET", "**", "stream-garbage", after=3)
    ear = desk.heard()
    numbers = [each.sequence for each in ear.events if isinstance(each, Chunk)]
    assert ear.cursor == 2
    assert 3 not in numbers


def test_a_line_without_a_new_piece_is_not_taken_up_forever(desk: Desk) -> None:
    desk.faults.next("GET", "**", "stream-1006", after=3, times=100)
    ear = desk.heard()
    assert isinstance(ear.end, Failed)
    assert ear.end.code == "line"
    assert len(interruptions(ear)) <= 9


def test_an_error_event_ends_the_answer_with_its_code(desk: Desk) -> None:
    desk.faults.next("GET", "**", "stream-error", after=3)
    ear = desk.heard()
    assert ear.end == Failed("internal.server.error", "the platform ended the answer")


def test_a_safety_policy_is_told(desk: Desk) -> None:
    desk.faults.next("GET", "**", "stream-safety", after=3)
    end = desk.heard().end
    assert isinstance(end, Completed)
    assert end.safety


def test_too_many_subscriptions_concern_the_last_one_alone() -> None:
    rules = StreamRules(subscriptions=1)
    platform = Platform(clock=SystemClock(), assistants={ASSISTANT: SAYING}, streams=rules)
    with over_the_server(platform) as desk:
        first, second = Ear(), Ear()
        desk.ask(first)
        desk.ask(second)
        end = second.until_the_end()
        assert isinstance(end, Failed)
        assert (end.code, first.end) == ("too.many.subscriptions", None)


def test_a_silent_line_ends_at_its_deadline(desk: Desk) -> None:
    desk.faults.next("GET", "**", "stream-silence", after=3)
    ear = Ear()
    desk.ask(ear, desk.clock.monotonic() + 60)
    assert ear.until_the_end() == Failed("deadline", "no whole answer came in time")
