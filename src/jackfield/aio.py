"""Jackfield in an event loop: pieces of an answer as they come, and any call on threads of our own.

The core is synchronous. This is a thin face over it: no twin, and no thread a stream.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from jackfield.domain.services.assistants.replies import Reply

__all__ = ["call", "pieces"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_THREADS: Final = 32
"""The most calls that are made at once; others wait for their turn."""


async def call(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return what *function* returns, on one of our 32 threads: the loop, and its own threads, stay free.

    Canceling the task lets go of the result; a call that was begun is finished all the same.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_executor(), partial(function, *args, **kwargs))


async def pieces(reply: Reply) -> AsyncGenerator[str]:
    """Give the pieces of *reply* as they come; at the end it is recorded, and `reply.answer` is at hand.

    A slow reader holds up its own answer alone. Canceling the task, or closing the generator, cancels the
    answer. Raises what keeps it from being recorded.
    """
    news = asyncio.Event()
    reply.subscribe(_waking(asyncio.get_running_loop(), news))
    try:
        while not reply.done:
            news.clear()
            while (piece := reply.take()) is not None:
                yield piece
            if not reply.done:
                await news.wait()
    except BaseException as error:  # canceled, or closed early
        reply.cancel()
        await asyncio.shield(call(reply.__exit__, type(error), error, None))
        raise
    await call(getattr, reply, "answer")


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
