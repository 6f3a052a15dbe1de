"""How long a body may take: who reads one cannot be interrupted, so another thread answers in its place."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any, Final, TypeAlias

from attrs import define, field

from jackfield.entrypoints.service.problems import Refusal

_EVERY_S: Final = 0.25

Waiting: TypeAlias = tuple[float, Callable[[], None]]
"""Until when a reader may wait, and what answers in its place."""


def too_slow(seconds: float) -> Refusal:
    """Return what is said of a body that does not come."""
    return Refusal(
        status=408,
        name="body-too-slow",
        title="The body did not come in time",
        detail=f"it was not whole after {seconds:g} s",
        remedy="send it faster",
        headers={"Connection": "close"},
    )


def too_many(most: int) -> Refusal:
    """Return what is said to one more whose body would be waited for."""
    return Refusal(
        status=503,
        name="bodies",
        title="As many bodies as may be are on their way",
        detail=f"{most} bodies are being read, which is the most",
        remedy="try again after the time in Retry-After",
        headers={"Retry-After": "1", "Connection": "close"},
    )


@define(eq=False)
class Patience:
    """Watches over readers of bodies; each that waits for longer than *seconds* is answered for.

    At most `most` read at a time: each keeps a thread, and some are to be left for who sends no body. Who
    takes a reader's entry out of the dictionary, which is one step, answers its request.
    """

    seconds: float
    most: int
    waiting: dict[int, Waiting] = field(factory=dict[int, Waiting], init=False)
    _over: Event = field(factory=Event, init=False)
    _latest: float = field(default=math.inf, init=False)

    def start(self) -> None:
        """Begin to watch."""
        Thread(target=self._watch, name="jackfield-patience", daemon=True).start()

    def hurry(self, seconds: float) -> None:
        """From now on wait for no body for longer than so."""
        self._latest = time.monotonic() + seconds

    def stop(self) -> None:
        """Watch no more."""
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_S):
            now = time.monotonic()
            for key, (until, answer) in [*self.waiting.items()]:
                if now >= min(until, self._latest) and self.waiting.pop(key, None) is not None:
                    Thread(target=answer, name="jackfield-impatience", daemon=True).start()


class WatchedBody:
    """A body that is read under somebody's eyes: *answer* answers its request if it does not come."""

    __slots__ = ("_answer", "_body", "_patience")

    def __init__(self, body: Any, patience: Patience, answer: Callable[[], None]) -> None:
        self._body = body
        self._patience = patience
        self._answer: Callable[[], None] | None = answer

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or all there are; raise `Refusal` where it was answered meanwhile."""
        patience, key, answer = self._patience, id(self), self._answer
        if answer is not None:
            patience.waiting[key] = (time.monotonic() + patience.seconds, answer)
            if len(patience.waiting) > patience.most and patience.waiting.pop(key, None) is not None:
                self._answer = None
                raise too_many(patience.most)
        try:
            found: bytes = self._body.read() if size < 0 else self._body.read(size)
        finally:
            mine = patience.waiting.pop(key, None)
            self._answer = (
                None  # it knows the request, which knows its body: a ring that only a collection ends
            )
        if mine is None and answer is not None:
            raise too_slow(patience.seconds)
        return found
