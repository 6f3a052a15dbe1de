"""What advice remembers, and what is on its way into the log, is bounded by bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from attrs import evolve

from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.advice import Advice
from jackfield.domain.services.advice.hearing.shown import Shown
from jackfield.domain.services.advice.told import Delivery
from jackfield.domain.services.rollouts.buffering import BATCH, Buffer
from jackfield.domain.services.rollouts.loads import Load
from tests.unit.services.advice.conftest import ACME, Desk, query


def test_what_conversations_were_shown_is_bounded_by_bytes(desk: Desk) -> None:
    shown = Shown(ACME, None, desk.clock, most_bytes=100_000)
    for number in range(100):
        shown.add(f"c-{number}", (f"{number}-{each}" + "x" * 100 for each in range(100)))
    first, last = ([*shown._known][place] for place in (0, -1))
    assert (first, last) == (f"c-{100 - len(shown._known)}", "c-99")
    assert shown._bytes == sum(each.size for each in shown._known.values())
    assert 80_000 < shown._bytes <= 100_000


def test_a_conversation_that_alone_takes_more_is_not_remembered(desk: Desk) -> None:
    shown = Shown(ACME, None, desk.clock, most_bytes=1_000)
    shown.judge("c-1", ["x" * 2_000])
    assert (shown._bytes, list(shown._known)) == (0, [])


def test_what_is_told_again_takes_its_bytes_once(desk: Desk) -> None:
    shown = Shown(ACME, None, desk.clock)
    shown.add("c-1", ["one"])
    once = shown._bytes
    for _ in range(10):
        shown.add("c-1", ["one"])
    assert shown._bytes == once


def held(size: int) -> Buffer[tuple[bytes, ...], str]:
    """A buffer that cannot write, full when its things' parts come to *size* bytes."""

    def write(_things: Sequence[Any], _lost: Mapping[str, int]) -> None:
        raise Unavailable("down")

    load = Load[tuple[bytes, ...], bytes](0, lambda thing: thing, len)
    return Buffer(write, lambda: None, lambda _: "of one", lambda _: None, most_bytes=size, load=load)


def test_what_waits_is_bounded_by_bytes_from_a_batch_on() -> None:
    buffer = held(3_000 * 100)
    taken = sum(buffer.put((bytes([number % 251]) * 100 + b"%d" % number,)) for number in range(9_000))
    assert BATCH < taken <= 3_000
    assert buffer.lost == 9_000 - taken
    buffer.close()


def test_what_is_shared_counts_once() -> None:
    buffer, shared = held(1_000), b"x" * 900
    assert all(buffer.put((shared,)) for _ in range(BATCH * 2))
    buffer.close()


def test_what_is_gone_counts_no_more() -> None:
    load = Load[tuple[bytes, ...], bytes](10, lambda thing: thing, len)
    one, other = (b"x" * 100, b"y" * 50), (b"z" * 30,)
    things = [one, other, one]
    sizes = [load.bytes]
    load.add(things)
    sizes.append(load.bytes)
    load.remove(things[:1])
    sizes.append(load.bytes)
    load.remove(things[1:])
    assert [*sizes, load.bytes] == [0, 210, 200, 0]


def test_what_was_written_counts_no_more() -> None:
    written = list[int]()
    load = Load[tuple[bytes, ...], bytes](10, lambda thing: thing, len)
    buffer = Buffer[tuple[bytes, ...], str](
        lambda things, _lost: written.append(len(things)),
        lambda: None,
        lambda _: "of one",
        lambda _: None,
        load=load,
    )
    for number in range(3 * BATCH):
        buffer.put((b"%d" % number,))
    buffer.close()
    assert buffer._room is not None
    assert (sum(written), load.bytes, load._held, buffer._room.weighed) == (3 * BATCH, 0, {}, 0)


@pytest.fixture
def stuck(desk: Desk) -> Advice:
    """Advice whose log takes nothing."""
    return desk.open(ledger=ShakyLedger(desk.ledger, failure=Unavailable("down")))


def test_answers_wait_for_the_log_with_their_texts_weighed(desk: Desk, stuck: Advice) -> None:
    desk.gateway.items = [evolve(desk.item("one"), content="x" * 10_000), desk.item("poor", 0.1)]
    buffer = stuck.hearing.buffer
    stuck.query(query())
    (delivery,) = buffer._waiting
    assert isinstance(delivery, Delivery)
    assert buffer.load is not None
    buffer.load.add([delivery])
    once = buffer.load.bytes
    buffer.load.add([delivery._replace(seconds=1.0)] * 10)
    assert (once > 10_000, buffer.load.bytes < 3 * once) == (True, True)
    buffer.load.clear()
