"""A line keeps what cannot come again while its listener is busy; not everything."""

from __future__ import annotations

import pytest

from jackfield.adapters.genesys.stream.holding import MOST_HELD
from jackfield.adapters.genesys.stream.skipping import MOST_SKIPPED
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Interrupted, StreamEvent
from jackfield.domain.model.conversations.replies import MOST_AHEAD_CHARACTERS
from tests.unit.genesys.stream.lines.conftest import END, Talk, Wire


def test_what_cannot_come_again_is_kept_while_the_listener_is_busy(talk: Talk) -> None:
    talk.say(Chunk(None, "a"))
    talk.line.pause()
    talk.say(Chunk(None, "b"), END)
    heard = len(talk.ear.events)
    talk.line.resume()
    talk.say(Chunk(None, "too late to be first"))
    talk.board.released.popleft().release()
    assert (heard, talk.ear.text, talk.ear.end) == (1, "ab", END)
    assert talk.wire.sent == [("subscribe", None)]


def test_what_was_kept_is_heard_before_the_line_is_given_up(talk: Talk) -> None:
    talk.say(Chunk(None, "a"))
    talk.line.pause()
    talk.say(Chunk(None, "b"))
    talk.line.dropped("line")
    assert [type(each) for each in talk.ear.events] == [Chunk, Chunk, Interrupted, Failed]


def test_a_line_that_drops_behind_the_end_that_was_kept_is_whole(talk: Talk) -> None:
    talk.say(Chunk(None, "a"))
    talk.line.pause()
    talk.say(END)
    talk.line.dropped("line")
    assert talk.ear.events == [Chunk(None, "a"), END]


def test_not_everything_is_kept(talk: Talk) -> None:
    talk.say(Chunk(None, "a"))
    talk.line.pause()
    talk.say(*[Chunk(None, "b")] * (MOST_HELD + 1))
    assert isinstance(talk.ear.end, Failed)
    assert talk.ear.end.code == "line"


def test_a_server_that_goes_on_and_on_after_a_pause_is_not_listened_to(talk: Talk) -> None:
    talk.pieces(0, 1)
    talk.line.pause()
    talk.pieces(1, MOST_SKIPPED + 3)
    assert isinstance(talk.ear.end, Failed)


def test_what_is_kept_is_bounded_by_its_size_too(talk: Talk) -> None:
    half = "x" * (MOST_AHEAD_CHARACTERS // 2)
    talk.say(Chunk(None, "a"))
    for _ in range(2):  # what was heard makes room
        talk.line.pause()
        talk.say(Chunk(None, half), Chunk(None, half))
        assert talk.ear.end is None
        talk.line.resume()
        talk.board.released.popleft().release()
    talk.line.pause()
    talk.say(Chunk(None, half), Chunk(None, half), Chunk(None, "x"))
    assert isinstance(talk.ear.end, Failed)
    assert talk.ear.end.code == "line"


@pytest.mark.parametrize("code", ["closed", "not.found"])
def test_what_is_gone_at_the_second_time_of_asking_cannot_be_replayed(code: str, talk: Talk) -> None:
    talk.pieces(0, 2)
    talk.line.pause()
    talk.line.resume()
    talk.say(Failed(code, "gone"))
    assert isinstance(talk.ear.end, Failed)
    assert talk.ear.end == Failed("replay", "it was paused, and the platform does not keep the rest any more")


def test_what_is_gone_after_a_drop_says_so(talk: Talk) -> None:
    talk.pieces(0, 2)
    talk.line.pause()
    talk.line.resume()
    talk.line.dropped("line")
    talk.board.socket = Wire()
    talk.line.take_up(talk.board.socket)
    talk.say(Failed("closed"))
    assert isinstance(talk.ear.end, Failed)
    assert talk.ear.end.detail.startswith("the line dropped, ")


GARBAGE = [
    Interrupted(False),
    Failed("garbage", "a frame could not be read, and the server knows no sequence to ask again by"),
]


def test_where_nothing_is_numbered_an_unreadable_frame_may_have_been_a_piece(talk: Talk) -> None:
    talk.say(Chunk(None, "not "))
    talk.line.garbled()
    talk.say(Chunk(None, "refunded"))
    assert talk.ear.events == [Chunk(None, "not "), *GARBAGE]


@pytest.mark.parametrize("then", [Chunk(None, "refunded"), Completed(None, None)])
def test_an_unreadable_frame_may_have_been_the_first_piece(then: StreamEvent, talk: Talk) -> None:
    talk.line.garbled()
    talk.say(then)
    assert talk.ear.events == GARBAGE


def test_an_unreadable_frame_is_no_harm_where_pieces_are_numbered(talk: Talk) -> None:
    talk.line.garbled()
    talk.pieces(0, 5)
    talk.line.garbled()
    talk.say(END)
    assert (talk.ear.text, talk.ear.end) == ("0 1 2 3 4 ", END)


def test_an_unreadable_frame_behind_the_end_that_was_kept_is_no_harm(talk: Talk) -> None:
    talk.say(Chunk(None, "a"))
    talk.line.pause()
    talk.say(END)
    talk.line.garbled()
    assert talk.ear.events == [Chunk(None, "a"), END]
