"""Answers out of pieces: any order, repeats and drops give the same text, or `broken` with the gaps named."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.conversations.events import (
    Chunk,
    Completed,
    Failed,
    Interrupted,
    StreamEvent,
    Usage,
)
from jackfield.domain.model.conversations.meters import Meter
from jackfield.domain.model.conversations.replies import (
    MOST_AHEAD,
    MOST_AHEAD_CHARACTERS,
    MOST_REPLAYS,
    Assembler,
)
from tests.unit.model.conversations.counters import Pairs

PIECES = ("Your ", "refund ", "", "is on ", "its way", "!")
WHOLE = "".join(PIECES)
USAGE = Usage(prompt_tokens=9, completion_tokens=6)
DONE = Completed(len(PIECES), USAGE)
STREAM: tuple[StreamEvent, ...] = (*(Chunk(n, piece) for n, piece in enumerate(PIECES)), DONE)
UNNUMBERED: tuple[StreamEvent, ...] = (*(Chunk(None, piece) for piece in PIECES), Completed(None, USAGE))


def assembler(*, limit: int = 1_000, output: int = 1_000) -> Assembler:
    return Assembler(Meter(limit, Pairs().count, Pairs().worst), output)


def fed(*events: StreamEvent, limit: int = 1_000, output: int = 1_000) -> Assembler:
    reply = assembler(limit=limit, output=output)
    handed = "".join(reply.feed(event) for event in events)
    assert handed == reply.meter.text
    return reply


def summed(reply: Assembler) -> tuple[str, End | None, str]:
    return reply.meter.text, reply.end, reply.detail


@given(st.permutations(STREAM), st.lists(st.sampled_from(STREAM), max_size=MOST_REPLAYS - 1), st.randoms())
def test_any_order_with_repeats_gives_the_whole_text(
    order: list[StreamEvent], again: list[StreamEvent], source: random.Random
) -> None:
    for each in again:
        order.insert(source.randrange(len(order) + 1), each)
    reply = fed(*order)
    assert summed(reply) == (WHOLE, End.COMPLETE, "")
    assert (reply.gaps, reply.usage) == ((), USAGE)


@given(
    st.sets(st.sampled_from(STREAM)), st.sets(st.sampled_from(STREAM)), st.permutations(range(len(STREAM)))
)
def test_what_is_lost_is_asked_for_and_is_there_or_named(
    lost: set[StreamEvent], lost_again: set[StreamEvent], order: list[int]
) -> None:
    reply = assembler()
    asked = 0
    for n in order:
        if STREAM[n] not in lost:
            reply.feed(STREAM[n])
            asked += reply.wants_replay()
    for _ in range(MOST_REPLAYS + 1):
        behind = -1 if reply.cursor is None else reply.cursor
        for n, event in enumerate(STREAM):
            if n > behind and event not in lost_again:
                reply.feed(event)
                asked += reply.wants_replay()
    gone = [n for n, event in enumerate(STREAM[:-1]) if event in lost & lost_again]
    assert (reply.end is End.COMPLETE) <= (reply.meter.text == WHOLE)
    assert (reply.end is End.COMPLETE) <= (not gone)
    assert asked <= MOST_REPLAYS * len(STREAM)
    assert reply.end is not None or DONE in lost_again
    if reply.end is End.BROKEN:
        assert set(gone) <= set(reply.gaps)
        assert WHOLE.startswith(reply.meter.text)
        assert reply.detail == "pieces are missing, and were not sent again"


def test_an_end_before_the_last_pieces_asks_again_exactly_once() -> None:
    reply = fed(*STREAM[:2], DONE)
    assert (reply.end, reply.cursor) == (None, 1)
    assert [reply.wants_replay(), reply.wants_replay()] == [True, False]
    for event in STREAM[2:]:
        reply.feed(event)
    assert summed(reply) == (WHOLE, End.COMPLETE, "")
    assert not reply.wants_replay()


def test_an_end_that_comes_twice_is_not_that_of_the_replay() -> None:
    reply = fed(*STREAM[:2], *[DONE] * MOST_REPLAYS, *STREAM[2:-1])
    assert summed(reply) == (WHOLE, End.COMPLETE, "")


def test_a_piece_that_comes_at_last_allows_as_many_replays_again() -> None:
    ends = [DONE] * MOST_REPLAYS
    assert fed(*STREAM[:2], *ends, STREAM[2], *ends).end is None


def test_what_does_not_come_in_any_replay_is_named() -> None:
    reply = fed(*STREAM[:2], STREAM[3], DONE)
    assert reply.wants_replay()
    reply.feed(STREAM[5])
    for _ in range(MOST_REPLAYS - 1):
        reply.feed(DONE)
        assert reply.wants_replay()
    reply.feed(DONE)
    assert (reply.end, reply.gaps) == (End.BROKEN, (2, 4))
    assert reply.detail == "pieces are missing, and were not sent again"
    assert not reply.wants_replay()


def test_a_late_piece_completes_it_without_a_replay() -> None:
    assert summed(fed(*STREAM[:5], DONE, STREAM[5])) == (WHOLE, End.COMPLETE, "")


def test_an_end_that_was_already_there_ends_the_asking() -> None:
    reply = fed(STREAM[0], DONE)
    reply.finish(End.CANCELED)
    assert not reply.wants_replay()


def test_a_piece_behind_the_end_moves_the_end() -> None:
    early = fed(Chunk(0, "a"), Chunk(3, "d"), Completed(1, None))
    late = fed(Chunk(0, "a"), Completed(2, None), Chunk(3, "d"), Chunk(1, "b"))
    for reply in (early, late):
        assert reply.end is None
        assert reply.wants_replay()
    for sequence, piece in ((1, "b"), (2, "c")):
        early.feed(Chunk(sequence, piece))
    assert summed(early) == ("abcd", End.COMPLETE, "")
    for _ in range(MOST_REPLAYS + 1):
        late.feed(Completed(2, None))
    assert (late.end, late.gaps) == (End.BROKEN, (2,))


UNCERTAIN = "its end has no number, so pieces may be missing"


@pytest.mark.parametrize("pieces", [(Chunk(0, "a"), Chunk(1, "b")), (Chunk(0, "a"), Chunk(2, "c"))])
def test_an_end_without_a_number_does_not_prove_that_numbered_pieces_are_all(
    pieces: tuple[Chunk, ...],
) -> None:
    reply = fed(*pieces, Completed(None, None))
    assert (reply.end, reply.wants_replay()) == (None, True)
    for event in (Chunk(1, "b"), Chunk(2, "c"), Completed(None, None)):
        reply.feed(event)
    assert (reply.end, reply.wants_replay()) == (None, True)
    reply.feed(Completed(3, None))
    assert summed(reply) == ("abc", End.COMPLETE, "")


def test_an_answer_whose_end_never_has_a_number_is_broken() -> None:
    reply = fed(Chunk(0, "a"), *[Completed(None, None)] * (MOST_REPLAYS + 1))
    assert (*summed(reply), reply.wants_replay()) == ("a", End.BROKEN, UNCERTAIN, False)


def test_tokens_without_a_piece_are_no_whole_answer() -> None:
    reply = fed(Completed(None, USAGE))
    assert (reply.end, reply.wants_replay()) == (None, True)
    assert fed(Completed(None, Usage(9, 0))).end is End.COMPLETE
    reply.feed(UNNUMBERED[0])
    assert (reply.end, reply.meter.text) == (End.BROKEN, "")


def test_the_cursor_is_the_last_piece_in_order() -> None:
    reply = assembler()
    assert reply.cursor is None
    cursors = [reply.feed(Chunk(n, "x")) and reply.cursor for n in (0, 2, 1)]
    assert cursors == [0, "", 2]


def test_repeats_are_counted_and_dropped() -> None:
    reply = fed(Chunk(0, "a"), Chunk(0, "a"), Chunk(2, "c"), Chunk(2, "c"), Chunk(1, "b"), Completed(3, None))
    assert (reply.meter.text, reply.repeats) == ("abc", 2)


def test_an_answer_of_no_pieces_is_whole() -> None:
    assert summed(fed(Completed(0, None))) == ("", End.COMPLETE, "")


def test_no_end_means_no_whole_answer() -> None:
    assert fed(*STREAM[:-1]).end is None


def test_an_error_breaks_it_and_names_what_never_came() -> None:
    reply = fed(Chunk(0, "a"), Chunk(4, "e"), Failed("silence", "nothing came"))
    assert (*summed(reply), reply.gaps) == ("a", End.BROKEN, "silence: nothing came", (1, 2, 3))
    assert fed(Failed("closed")).detail == "closed"


def test_at_most_a_hundred_gaps_are_named() -> None:
    reply = fed(Chunk(10**15, "z"), Failed("line"))
    assert reply.gaps == tuple(range(100))


def test_a_line_that_drops_is_taken_up_where_there_are_numbers() -> None:
    reply = fed(*STREAM[:3], Interrupted(True), *STREAM[2:])
    assert summed(reply) == (WHOLE, End.COMPLETE, "")
    assert (reply.resumes, reply.repeats) == (1, 1)


@pytest.mark.parametrize("then", [Chunk(None, "more"), Completed(None, USAGE)])
def test_a_line_that_drops_where_there_are_none_is_broken(then: StreamEvent) -> None:
    reply = fed(*UNNUMBERED[:2], Interrupted(False), then, Completed(None, USAGE))
    assert summed(reply) == (
        "Your refund ",
        End.BROKEN,
        "line: the line dropped, and the server knows no sequence to ask again by",
    )
    assert reply.resumes == 0


@pytest.mark.parametrize("then", [Chunk(None, "more"), Completed(None, None)])
def test_what_has_no_number_after_a_resume_may_be_only_the_rest(then: StreamEvent) -> None:
    reply = fed(Interrupted(True), then, Completed(None, None))
    assert summed(reply) == (
        "",
        End.BROKEN,
        "line: the line dropped, and the server knows no sequence to ask again by",
    )


@pytest.mark.parametrize("end", [Completed(None, USAGE), DONE])
def test_an_end_after_a_resume_ends_no_unnumbered_answer(end: Completed) -> None:
    assert fed(*UNNUMBERED[:-1], Interrupted(True), end).end is End.BROKEN


def test_what_the_line_says_of_its_drop_stays() -> None:
    reply = fed(*UNNUMBERED[:2], Interrupted(False), Failed("silence", "no heartbeat"))
    assert (reply.end, reply.detail) == (End.BROKEN, "silence: no heartbeat")


def test_a_server_without_numbers_is_believed_in_its_order() -> None:
    reply = fed(*UNNUMBERED)
    assert summed(reply) == (WHOLE, End.COMPLETE, "")
    assert (reply.cursor, reply.repeats) == (None, 0)


def test_its_end_may_have_a_number_all_the_same() -> None:
    assert fed(*UNNUMBERED[:-1], DONE).end is End.COMPLETE
    fewer = fed(*UNNUMBERED[1:-1], DONE)
    assert (fewer.end, fewer.wants_replay()) == (End.BROKEN, False)


@pytest.mark.parametrize(
    "events",
    [(Chunk(None, "a"), Chunk(0, "b")), (Chunk(0, "a"), Chunk(None, "b")), (Chunk(1, "a"), Chunk(None, "b"))],
)
def test_pieces_with_and_without_numbers_have_no_order(events: tuple[StreamEvent, ...]) -> None:
    reply = fed(*events, Completed(None, None))
    assert (reply.end, reply.detail) == (End.BROKEN, "some of its pieces are numbered, and some are not")


def test_a_thousand_pieces_may_be_ahead_and_no_more() -> None:
    reply = fed(*(Chunk(n, "x") for n in range(MOST_AHEAD, 0, -1)), limit=2_000)
    assert reply.end is None
    assert len(reply.feed(Chunk(0, "x"))) == MOST_AHEAD + 1
    reply = fed(*(Chunk(n, "x") for n in range(1, MOST_AHEAD + 2)))
    assert (reply.end, reply.gaps) == (End.BROKEN, (0,))
    assert reply.detail == "over 1000 pieces, or very long ones, came before one that is missing"


def test_pieces_ahead_may_not_fill_the_memory() -> None:
    half = "x" * (MOST_AHEAD_CHARACTERS // 2)
    reply = fed(Chunk(1, half), Chunk(2, half))
    assert reply.end is None
    reply.feed(Chunk(3, "x"))
    assert reply.end is End.BROKEN


def test_pieces_that_need_wait_no_more_make_room_for_others() -> None:
    reply = assembler(limit=3 * MOST_AHEAD_CHARACTERS)
    for n in (0, 2, 4):
        reply.feed(Chunk(n + 1, "x" * MOST_AHEAD_CHARACTERS))
        assert reply.feed(Chunk(n, ""))
    assert (reply.end, reply.cursor) == (None, 5)


SAFETY = "the platform's safety policy was triggered"
CUT = "the answer was cut at 30 tokens"
LONG = Chunk(0, "x" * 31)


@pytest.mark.parametrize(
    ("events", "end", "detail"),
    [
        ((*STREAM[:-1], Completed(6, USAGE, safety=True)), End.SAFETY, SAFETY),
        ((STREAM[1], Completed(6, USAGE, safety=True), STREAM[0]), End.SAFETY, SAFETY),
        ((*STREAM[:-1], Completed(6, Usage(9, 30), safety=True)), End.SAFETY, SAFETY),
        (
            (*STREAM[:-1], Completed(6, Usage(9, 30))),
            End.LENGTH,
            "the answer reached the 30 tokens that were asked for",
        ),
        ((LONG, Completed(1, Usage(9, 30))), End.BUDGET, CUT),
        ((LONG, Completed(1, USAGE, safety=True)), End.BUDGET, CUT),
        ((LONG, Failed("line")), End.BUDGET, CUT),
        ((Failed("line"), *STREAM), End.BROKEN, "line"),
        ((*STREAM, Failed("line")), End.COMPLETE, ""),
    ],
)
def test_the_first_end_stays(events: tuple[StreamEvent, ...], end: End, detail: str) -> None:
    reply = fed(*events, limit=30, output=30)
    assert (reply.end, reply.detail) == (end, detail)


@pytest.mark.parametrize("end", [End.CANCELED, End.BROKEN])
def test_who_ends_it_from_outside_hears_nothing_more(end: End) -> None:
    reply = fed(*STREAM[:1])
    reply.finish(end, "enough")
    assert [reply.feed(event) for event in STREAM[1:]] == [""] * 6
    reply.finish(End.SAFETY)
    assert summed(reply) == ("Your ", end, "enough")
    assert not reply.wants_replay()


def test_a_cut_hands_on_nothing_of_the_pieces_that_waited_behind_it() -> None:
    reply = fed(Chunk(1, "yyy"), Chunk(2, "zzz"), Chunk(0, "xx"), limit=4)
    assert (reply.meter.text, reply.end) == ("xxyy", End.BUDGET)
    reply = fed(Chunk(2, "b"), Chunk(1, "ac"), Chunk(0, "x"), limit=2)
    assert (reply.meter.text, reply.end) == ("xa", End.BUDGET)


def test_a_text_of_exactly_the_limit_is_not_cut() -> None:
    reply = fed(Chunk(0, "xxxx"), Chunk(1, ""), Completed(2, None), limit=4)
    assert (reply.meter.text, reply.end) == ("xxxx", End.COMPLETE)


def test_what_the_platform_counted_is_kept_through_a_replay() -> None:
    reply = fed(STREAM[0], DONE, *STREAM[1:3], *[Completed(6, None)] * (MOST_REPLAYS + 1))
    assert (reply.end, reply.usage) == (End.BROKEN, USAGE)
