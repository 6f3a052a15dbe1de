"""Answers in an event loop: the same pieces, the same back-pressure, the loop never blocked."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from jackfield import aio
from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.services.assistants.replies import MOST_WAITING, Reply
from tests.unit.assistants.conftest import Desk, chunks

T = TypeVar("T")
MANY = [f"{n} " for n in range(MOST_WAITING * 3)]
_LONG_S = 20.0


def run(work: Callable[[], Awaitable[T]]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(_LONG_S):
            return await work()

    return asyncio.run(bounded())


@pytest.fixture
def streaming(desk: Desk) -> Desk:
    """A desk whose pieces come on a thread of their own."""
    desk.gateway.events = chunks(*MANY)
    return desk


def test_pieces_come_as_they_do_to_a_thread(streaming: Desk) -> None:
    async def work() -> list[str]:
        return [piece async for piece in aio.pieces(streaming.begin())]

    assert run(work) == MANY


def test_an_answer_is_recorded_when_its_pieces_end(streaming: Desk) -> None:
    reply = streaming.begin()

    async def work() -> None:
        async for _ in aio.pieces(reply):
            pass

    run(work)
    assert (reply.answer.end, streaming.outcomes) == (End.COMPLETE, ["intended", "succeeded"])


def test_it_is_recorded_on_a_thread_of_ours_and_never_on_the_loop(streaming: Desk) -> None:
    reply = streaming.begin()
    settle, threads = reply.settle, list[str]()

    def told(replied: Any) -> Any:
        threads.append(threading.current_thread().name)
        return settle(replied)

    reply.settle = told

    async def work() -> None:
        async for _ in aio.pieces(reply):
            pass

    run(work)
    assert [name.rpartition("_")[0] for name in threads] == ["jackfield"]


def test_a_reader_who_stops_holds_up_the_line_and_not_the_loop(streaming: Desk) -> None:
    reply = streaming.begin()

    async def work() -> list[str]:
        found = list[str]()
        async for piece in aio.pieces(reply):
            found.append(piece)
            while len(found) == 1 and not streaming.gateway.lines[0].paused:
                await asyncio.sleep(0.001)
        return found

    assert run(work) == MANY
    assert streaming.gateway.lines[0].pauses > 0


def test_canceling_the_task_cancels_the_answer(desk: Desk) -> None:
    desk.gateway.at_once = False
    reply = desk.ask()

    async def work() -> None:
        async def listen() -> None:
            async for _ in aio.pieces(reply):
                raise AssertionError("there is no piece")

        task = asyncio.create_task(listen())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(work)
    assert (desk.payload["end"], desk.gateway.lines[0].closed) == ("canceled", True)


def test_closing_the_generator_cancels_the_answer(streaming: Desk) -> None:
    reply = streaming.begin()

    async def work() -> None:
        async with aclosing(aio.pieces(reply)) as pieces:
            async for _ in pieces:
                break

    run(work)
    assert (reply.answer.end, streaming.payload["end"]) == (End.CANCELED, "canceled")


def test_a_ledger_that_is_away_does_not_hide_that_the_task_was_canceled(desk: Desk) -> None:
    desk.gateway.at_once = False
    reply = desk.ask()

    def away(_: Any) -> Any:
        raise Unavailable("the ledger is away")

    reply.settle = away

    async def work() -> None:
        task = asyncio.ensure_future(anext(aio.pieces(reply)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.__notes__ == ["its answer could not be recorded: the ledger is away"]

    run(work)


def test_what_keeps_an_answer_from_being_recorded_is_raised_at_its_end(desk: Desk) -> None:
    reply = desk.ask()

    def away(_: Any) -> Any:
        raise Unavailable("the ledger is away")

    reply.settle = away

    found = list[str]()

    async def work() -> None:
        async for piece in aio.pieces(reply):
            found.append(piece)

    with pytest.raises(Unavailable, match="the ledger is away"):
        run(work)
    assert found == ["Hel", "lo"]


def test_a_loop_that_is_closed_disturbs_nobody() -> None:
    loop = asyncio.new_event_loop()
    wake = aio._waking(loop, asyncio.Event())
    loop.close()
    wake()


def test_a_call_runs_on_a_thread_of_ours() -> None:
    async def work() -> str:
        return await aio.call(lambda: threading.current_thread().name)

    assert run(work).startswith("jackfield_")


def test_a_call_gets_its_arguments_and_its_error() -> None:
    async def work() -> int:
        with pytest.raises(ZeroDivisionError):
            await aio.call(divmod, 1, 0)
        return await aio.call(int, "ff", base=16)

    assert run(work) == 255


def test_calls_are_bounded_and_leave_the_loops_own_threads_alone() -> None:
    gate, running = threading.Event(), threading.Semaphore(0)

    def wait() -> int:
        running.release()
        gate.wait(_LONG_S)
        return 1

    async def work() -> tuple[int, str]:
        calls = [asyncio.create_task(aio.call(wait)) for _ in range(100)]
        for _ in range(32):
            await asyncio.to_thread(running.acquire, timeout=_LONG_S)
        too_many = running.acquire(blocking=False)
        theirs = await asyncio.to_thread(lambda: "free")
        gate.set()
        return sum(await asyncio.gather(*calls)), f"{theirs}, {too_many}"

    assert run(work) == (100, "free, False")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_process_that_was_forked_has_threads_of_its_own() -> None:
    run(lambda: aio.call(int))
    child = os.fork()
    if child == 0:
        os._exit(run(lambda: aio.call(int, "7")))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def held_up(desk: Desk, begun: threading.Event, gate: threading.Event) -> Callable[[], Reply]:
    """Ask, and be slow to come back with the reply."""

    def ask() -> Reply:
        begun.set()
        gate.wait(_LONG_S)
        return desk.ask()

    return ask


def waits_for(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + _LONG_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.001)
    return condition()


def test_a_question_whose_task_is_canceled_meanwhile_is_canceled_and_recorded(desk: Desk) -> None:
    desk.gateway.at_once = False
    begun, gate = threading.Event(), threading.Event()

    async def work() -> None:
        task = asyncio.create_task(aio.call(held_up(desk, begun, gate)))
        await asyncio.to_thread(begun.wait, _LONG_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()

    run(work)
    assert waits_for(lambda: desk.outcomes == ["intended", "succeeded"])
    assert (desk.payload["end"], desk.gateway.lines[0].closed) == ("canceled", True)


def test_one_that_came_just_before_the_task_is_canceled_is_recorded_too(desk: Desk) -> None:
    async def work() -> None:
        task = asyncio.create_task(aio.call(desk.ask))
        await asyncio.sleep(0)
        while desk.outcomes != ["intended"]:  # the loop stands while the call ends
            time.sleep(0.001)
        time.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(work)
    assert waits_for(lambda: desk.outcomes == ["intended", "succeeded"])


def test_a_call_that_is_canceled_and_fails_or_gives_something_else_is_let_go_of(desk: Desk) -> None:
    gate = threading.Event()

    def fail() -> None:
        gate.wait(_LONG_S)
        raise ZeroDivisionError

    async def work() -> int:
        tasks = [asyncio.create_task(aio.call(call)) for call in (fail, lambda: gate.wait(_LONG_S))]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        assert [type(e) for e in await asyncio.gather(*tasks, return_exceptions=True)] == [
            asyncio.CancelledError
        ] * 2
        gate.set()
        return await aio.call(int, "7")

    assert run(work) == 7


def test_a_task_that_is_canceled_before_the_end_is_recorded_has_it_recorded(desk: Desk) -> None:
    """All our threads are busy, so that recording has not begun."""
    reply, gate = desk.ask(), threading.Event()

    async def taken() -> None:
        async for _ in aio.pieces(reply):
            pass

    async def work() -> None:
        busy = [asyncio.create_task(aio.call(gate.wait, _LONG_S)) for _ in range(32)]
        await asyncio.sleep(0)
        task = asyncio.create_task(taken())
        await asyncio.sleep(0.01)
        assert reply.done
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        await asyncio.gather(*busy)

    run(work)
    assert waits_for(lambda: desk.outcomes == ["intended", "succeeded"])


def test_leaving_the_block_of_a_question_records_its_answer(desk: Desk) -> None:
    async def work() -> list[str]:
        async with aio.ask(desk.ask, user="hi") as reply:
            return [piece async for piece in aio.pieces(reply)]

    assert (run(work), desk.payload["end"]) == (["Hel", "lo"], "complete")


def test_leaving_it_early_cancels(desk: Desk) -> None:
    desk.gateway.at_once = False

    async def work() -> None:
        async with aio.ask(desk.ask):
            pass

    run(work)
    assert (desk.payload["end"], desk.gateway.lines[0].closed) == ("canceled", True)


def test_an_error_in_the_block_cancels_and_goes_on(desk: Desk) -> None:
    desk.gateway.at_once = False

    async def work() -> None:
        async with aio.ask(desk.ask):
            _ = 1 // 0

    with pytest.raises(ZeroDivisionError):
        run(work)
    assert desk.payload["end"] == "canceled"


def test_who_waits_is_let_go_where_nobody_ends_it_at_the_deadline(desk: Desk) -> None:
    desk.gateway.at_once = False
    reply = desk.ask(deadline=timedelta(seconds=5))

    async def work() -> list[str]:
        asyncio.get_running_loop().call_later(0.01, desk.clock.advance, timedelta(seconds=7))
        return [piece async for piece in aio.pieces(reply)]

    assert (run(work), reply.answer.detail) == ([], "deadline: nothing ended it in time")


def test_a_second_task_is_refused_and_the_first_gets_all(streaming: Desk) -> None:
    reply = streaming.begin()

    async def work() -> list[str]:
        async with aclosing(aio.pieces(reply)) as pieces:
            first = await anext(pieces)
            with pytest.raises(InvalidInput, match="somebody takes its pieces already"):
                await anext(aio.pieces(reply))
            return [first, *[piece async for piece in pieces]]

    assert run(work) == MANY


def test_a_call_that_was_not_awaited_is_refused_by_its_remedy(desk: Desk) -> None:
    async def work() -> None:
        call = aio.call(desk.ask)
        try:
            with pytest.raises(InvalidInput, match=r"reply: it is a Reply, .*; await it first"):
                await anext(aio.pieces(call))  # type: ignore[arg-type]  # what a program does that is not checked
        finally:
            call.close()

    run(work)
