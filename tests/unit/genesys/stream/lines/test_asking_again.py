"""A line asks once a socket, and again for what it missed."""

from __future__ import annotations

from jackfield.domain.model.conversations.events import Completed, Failed, Interrupted, StreamEvent
from tests.unit.genesys.stream.lines.conftest import END, Talk, Wire


def test_an_answer_is_asked_for_once_a_socket(talk: Talk) -> None:
    talk.line.begin(talk.wire)
    assert talk.wire.sent == [("subscribe", None)]


def test_whatever_is_said_often_is_sent_once(talk: Talk) -> None:
    talk.pieces(0, 2)
    for verb in (talk.line.pause, talk.line.pause, talk.line.resume, talk.line.close, talk.line.close):
        verb()
    assert talk.wire.sent == [
        ("subscribe", None),
        ("unsubscribe", None),
        ("subscribe", 1),
        ("unsubscribe", None),
    ]


def test_an_answer_that_has_ended_is_not_unsubscribed(talk: Talk) -> None:
    talk.pieces(0, 5)
    talk.say(END)
    talk.line.close()
    assert (talk.wire.sent, len(talk.board.roll)) == ([("subscribe", None)], 0)


def test_nothing_is_heard_after_the_end(talk: Talk) -> None:
    talk.say(END)
    talk.line.fail("deadline", "")
    talk.line.resume()
    talk.line.pause()
    assert (talk.ear.events, talk.wire.sent) == ([END], [("subscribe", None)])


def test_a_listener_that_misses_pieces_at_the_end_may_ask_for_them(talk: Talk) -> None:
    def missing(event: StreamEvent) -> None:
        talk.ear.events.append(event)
        if isinstance(event, Completed) and talk.ear.cursor != 4:
            talk.line.resume()

    talk.line.hearing.hear = missing
    talk.pieces(0, 2)
    talk.say(END)
    talk.pieces(2, 5)
    talk.say(END)
    assert (talk.wire.sent, talk.ear.events[-1]) == ([("subscribe", None), ("subscribe", 1)], END)
    assert len(talk.board.roll) == 0


def test_an_end_that_was_under_way_before_a_pause_is_not_the_end(talk: Talk) -> None:
    talk.pieces(0, 2)
    talk.line.pause()
    talk.pieces(2, 4)
    talk.line.resume()
    talk.pieces(4, 5)
    talk.say(END)
    assert (talk.ear.end, talk.ear.text) == (None, "0 1 ")
    talk.pieces(2, 5)
    talk.say(END)
    assert (talk.ear.end, talk.ear.text) == (END, "0 1 2 3 4 ")


def test_an_end_is_heard_at_last_if_what_was_skipped_never_comes(talk: Talk) -> None:
    talk.pieces(0, 2)
    talk.line.pause()
    talk.pieces(2, 3)
    talk.line.resume()
    talk.say(*[END] * 9)
    assert talk.ear.end == END


def test_a_line_that_is_taken_up_again_and_again_without_a_new_piece_is_given_up(talk: Talk) -> None:
    talk.pieces(0, 2)
    for _ in range(40):
        talk.line.dropped("line")
        talk.board.socket = Wire()
        talk.line.take_up(talk.board.socket)
    assert isinstance(talk.ear.end, Failed)
    assert (talk.ear.end.code, talk.ear.events[-1]) == ("line", talk.ear.end)
    assert sum(isinstance(each, Interrupted) for each in talk.ear.events) == 30


def test_a_new_piece_shows_that_a_line_is_good(talk: Talk) -> None:
    for number in range(40):
        talk.pieces(number, number + 1)
        talk.line.dropped("line")
        talk.board.socket = Wire()
        talk.line.take_up(talk.board.socket)
    assert talk.ear.end is None
