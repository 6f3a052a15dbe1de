"""A line that is closed, paused, fails its listener, or has ended."""

from __future__ import annotations

from collections.abc import Callable
from gc import collect
from weakref import ReferenceType, ref

from jackfield.adapters.genesys.stream.hearing import Hearing
from jackfield.adapters.genesys.stream.lines import Listening
from jackfield.adapters.genesys.stream.roll import Roll
from jackfield.adapters.testing.assistant_gateway import Ear
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, StreamEvent
from tests.unit.genesys.stream.lines.conftest import END, Talk, Wire


def test_who_closes_when_hearing_the_end_sends_nothing(talk: Talk) -> None:
    def closing(event: StreamEvent) -> None:
        talk.ear.events.append(event)
        if isinstance(event, Completed):
            talk.line.close()

    talk.line.hearing.hear = closing
    talk.pieces(0, 5)
    talk.say(END)
    assert (talk.wire.sent, talk.ear.end) == ([("subscribe", None)], END)


def test_who_closes_after_asking_again_behind_an_end_unsubscribes(talk: Talk) -> None:
    def missing(event: StreamEvent) -> None:
        if isinstance(event, Completed):
            talk.line.resume()

    talk.line.hearing.hear = missing
    talk.say(END)
    talk.line.close()
    assert [kind for kind, _ in talk.wire.sent] == ["subscribe", "subscribe", "unsubscribe"]


def test_an_error_of_nobody_is_not_meant_once_something_was_unsubscribed(talk: Talk) -> None:
    other = Listening("conv-2", Hearing(Ear().hear), lambda: None, 600, talk.board)
    talk.board.roll.add(other)
    other.begin(talk.wire)
    before = talk.line.is_meant()
    other.close()
    late = Listening("conv-3", Hearing(Ear().hear), lambda: None, 600, talk.board)
    late.begin(talk.wire)
    assert (before, talk.line.is_meant(), late.is_meant()) == (True, False, True)


def test_a_listener_that_fails_hears_so_and_nothing_more(talk: Talk) -> None:
    def failing(event: StreamEvent) -> None:
        talk.ear.events.append(event)
        if not isinstance(event, Failed):
            raise OSError("no room")

    talk.line.hearing.hear = failing
    talk.pieces(0, 3)
    talk.say(END)
    assert talk.ear.events == [Chunk(0, "0 "), Failed("line", "its listener failed")]
    assert len(talk.board.roll) == 0


def test_a_listener_that_cannot_hear_of_its_failure_is_closed_all_the_same(talk: Talk) -> None:
    heard = list[StreamEvent]()

    def failing(event: StreamEvent) -> None:
        heard.append(event)
        raise ValueError("never")

    talk.line.hearing.hear = failing
    talk.pieces(0, 1)
    talk.line.fail("deadline", "")
    assert [type(each) for each in heard] == [Chunk, Failed]


def test_a_line_is_shown_without_what_its_listener_holds(talk: Talk) -> None:
    class Holder:
        def __repr__(self) -> str:
            return "what the customer said"

        def hear(self, event: StreamEvent) -> None: ...

        def cursor(self) -> None: ...

    line = Listening("conv-1", Hearing(Holder().hear), Holder().cursor, 600, talk.board)
    assert "customer" not in repr(line)


def test_a_line_can_be_paused_and_resumed_while_there_is_no_socket(talk: Talk) -> None:
    talk.pieces(0, 2)
    talk.board.socket = None
    talk.line.dropped("line")
    talk.line.pause()
    talk.line.resume()
    talk.board.socket = again = Wire()
    talk.line.take_up(again)
    assert again.sent == [("subscribe", 1)]


def test_a_socket_that_is_lost_is_noticed_by_who_reads(talk: Talk) -> None:
    talk.wire.closed = True
    verbs: tuple[Callable[[], None], ...] = (talk.line.pause, talk.line.resume, talk.line.close)
    for verb in verbs:
        verb()
    assert talk.ear.events == []


def test_a_line_that_has_ended_is_not_kept_though_another_is_due_before(talk: Talk) -> None:
    roll, freed = Roll(), list[ReferenceType[Ear]]()
    roll.add(talk.line)
    for number in range(300):
        ear = Ear()
        freed.append(ref(ear))
        line = Listening(f"other-{number}", Hearing(ear.hear), lambda: None, 700, talk.board)
        roll.add(line)
        roll.forget(line)
        del ear, line
    collect()
    assert [each() for each in freed] == [None] * 300
    assert (roll.due, roll.expired(700), len(roll)) == (600, [talk.line], 1)


def test_few_deadlines_of_lines_that_have_ended_are_kept(talk: Talk) -> None:
    roll = Roll()
    roll.add(talk.line)
    for number in range(1_000):
        line = Listening(f"other-{number}", Hearing(Ear().hear), lambda: None, 700, talk.board)
        roll.add(line)
        roll.forget(line)
    assert len(roll._deadlines) < 200
