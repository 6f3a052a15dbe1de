"""One conversation, heard without a thread: what is asked for it, and what its listener hears."""

from __future__ import annotations

from collections.abc import Callable
from gc import collect
from threading import get_ident
from weakref import ReferenceType, ref

import orjson
import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.stream.hearing import Hearing
from jackfield.adapters.genesys.stream.holding import MOST_HELD
from jackfield.adapters.genesys.stream.lines import Listening
from jackfield.adapters.genesys.stream.roll import Roll
from jackfield.adapters.genesys.stream.skipping import MOST_SKIPPED
from jackfield.adapters.genesys.stream.switchboard import Switchboard
from jackfield.adapters.genesys.stream.telling import Telling
from jackfield.adapters.sockets import SocketClosed
from jackfield.adapters.testing.assistant_gateway import Ear
from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, Interrupted, StreamEvent
from jackfield.domain.model.conversations.replies import MOST_AHEAD_CHARACTERS


@define(eq=False)
class Wire:
    """A socket that keeps what is sent, while it is open."""

    sent: list[tuple[str, int | None]] = field(factory=list[tuple[str, int | None]])
    closed: bool = False

    def send(self, text: str) -> None:
        if self.closed:
            raise SocketClosed
        frame = orjson.loads(text)
        self.sent.append((frame["type"], frame["data"].get("afterSequence")))

    def receive(self, timeout: float | None) -> str:
        raise TimeoutError

    def close(self, code: int = 1000) -> None:
        self.closed = True


@define(eq=False)
class Talk:
    """A line on a switchboard whose thread this is."""

    board: Switchboard
    wire: Wire
    ear: Ear
    line: Listening

    def say(self, *events: StreamEvent) -> None:
        for each in events:
            self.line.take(each)

    def pieces(self, first: int, behind: int) -> None:
        self.say(*(Chunk(number, f"{number} ") for number in range(first, behind)))


@pytest.fixture
def talk() -> Talk:
    board, wire, ear = Switchboard(FrozenClock(), Telling()), Wire(), Ear()
    board.ident, board.socket = get_ident(), wire
    line = Listening("conv-1", Hearing(ear.hear), lambda: ear.cursor, 600, board)
    board.roll.add(line)
    line.begin(wire)
    return Talk(board, wire, ear, line)


END = Completed(5, None)


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
