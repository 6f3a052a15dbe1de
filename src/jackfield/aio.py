"""Jackfield in an event loop: pieces of an answer as they come, and any call on threads of our own.

The core is synchronous. This is a thin face over it: no twin, and no thread a stream.
"""

from __future__ import annotations

import asyncio
import os
from asyncio import CancelledError
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from jackfield.domain.services.assistants.replies import Reply

__all__ = ["ask", "call", "pieces"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_THREADS: Final = 32
"""The most calls that are made at once; others wait for their turn."""
_LOOK_S: Final = 0.25
"""How often who waits for a piece looks at the clock."""


async def call(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return what *function* returns, on one of our 32 threads: the loop, and its own threads, stay free.

    Canceling the task lets go of the result; a call that was begun is finished all the same. A reply that
    comes then is canceled and recorded.
    """
    future = _executor().submit(partial(function, *args, **kwargs))
    try:
        return await asyncio.wrap_future(future)
    except BaseException:  # canceled: nobody will take what comes
        future.add_done_callback(_let_go)
        raise


@asynccontextmanager
async def ask(question: Callable[_P, Reply], /, *args: _P.args, **kwargs: _P.kwargs) -> AsyncGenerator[Reply]:
    """Ask by *question*, which is `me.assistants.ask`; leaving the block is leaving a reply's `with`.

    What is not over is canceled, and recorded on a thread of ours, also where the task is canceled.
    """
    reply = await call(question, *args, **kwargs)
    try:
        yield reply
    except BaseException as error:
        await _left(reply, error)
        raise
    await _surely(reply.__exit__, None, None, None)


async def pieces(reply: Reply) -> AsyncGenerator[str]:
    """Give the pieces of *reply* as they come; at the end it is recorded, and `reply.answer` is at hand.

    A slow reader holds up its own answer alone. Canceling the task, or closing the generator, cancels the
    answer. Raises what keeps it from being recorded; `reply.outcome` is at hand all the same; and
    `InvalidInput` for what is no reply, or where somebody takes its pieces already.
    """
    _refuse_other(reply)
    with reply.reading():
        news = asyncio.Event()
        reply.subscribe(_waking(asyncio.get_running_loop(), news))
        try:
            while not reply.done:
                news.clear()
                while (piece := reply.take()) is not None:
                    yield piece
                if not reply.done:
                    await _heard(reply, news)
        except BaseException as error:  # canceled, or closed early
            await _left(reply, error)
            raise
        await _surely(getattr, reply, "answer")


def _refuse_other(reply: object) -> None:
    from jackfield.domain.model.fields import expect
    from jackfield.domain.services.assistants.replies import Reply

    expect(Reply, reply, "reply", "await it first: reply = await aio.call(me.assistants.ask, …)")


async def _heard(reply: Reply, news: asyncio.Event) -> None:
    """Wait for news, as a thread does: where nothing ends an answer in time, who waits for it does."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_S):
            await news.wait()
    reply.lapse()


async def _left(reply: Reply, error: BaseException) -> None:
    reply.cancel()
    await _surely(reply.__exit__, type(error), error, None)


def _surely(function: Callable[..., _T], *args: Any) -> asyncio.Future[_T]:
    """Have *function* called whatever becomes of who waits for it: also where it was not begun."""
    return asyncio.shield(asyncio.wrap_future(_executor().submit(function, *args)))


def _let_go(future: Future[Any]) -> None:
    """Cancel and record the reply that came when nobody waited any more; on a thread of ours."""
    if future.cancelled() or future.exception() is not None:
        return
    from jackfield.domain.services.assistants.replies import Reply

    if isinstance(reply := future.result(), Reply):
        reply.cancel()
        with suppress(RuntimeError):  # the process ends: the core settles it, when it is closed
            _executor().submit(reply.__exit__, CancelledError, CancelledError(), None)


def _waking(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> Callable[[], None]:
    def wake() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(news.set)

    return wake


@cache
def _executor() -> ThreadPoolExecutor:
    """Return the process's own threads, begun when the first is needed."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="jackfield")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_executor.cache_clear)  # threads do not survive a fork
