"""Answers in an event loop: the same pieces, the same back-pressure, the loop never blocked."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import pytest

from jackfield import aio
from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.assistants.replies import MOST_WAITING
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
