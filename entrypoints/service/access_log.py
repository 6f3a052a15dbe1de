"""A line of JSON for each request, without anything that was said: written behind, by a thread of its own."""

from __future__ import annotations

import os
import sys
from collections import deque
from contextlib import suppress
from threading import Event, Thread
from typing import Final

from attrs import define, field

_EVERY_S: Final = 0.2
_MOST: Final = 50_000
"""Lines that wait; those that come while it is full are counted, and left out."""

_LINE: Final = (
    '{"time":%.3f,"request_id":"%s","method":"%s","route":"%s","caller":"%s",'
    '"status":%d,"ms":%.3f,"bytes":%d}\n'
)
"""Nothing in it needs an escape: ids, methods, routes and callers are checked or are our own."""


@define
class AccessLog:
    """Keeps lines and writes them in batches; closing writes what is left. It never waits for its reader."""

    number: int = field(factory=sys.stderr.fileno)
    lost: int = field(default=0, init=False)
    _lines: deque[str] = field(factory=deque[str], init=False, repr=False)
    _closed: Event = field(factory=Event, init=False, repr=False)
    _thread: Thread | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        """Begin to write."""
        self._thread = Thread(target=self._run, name="jackfield-access-log", daemon=True)
        self._thread.start()

    def write(self, told: tuple[float, str, str, str, str, int, float, int]) -> None:
        """Keep a line of time, id, method, route, caller, status, milliseconds and bytes until it is written.

        (It is made here: a thread that makes thousands at a time would hold up every request.)
        """
        if len(self._lines) < _MOST:
            self._lines.append(_LINE % told)
        else:
            self.lost += 1

    def close(self) -> None:
        """Write what is left."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=1)

    def _run(self) -> None:
        while not self._closed.wait(_EVERY_S):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        data = memoryview("".join(lines).encode())
        with suppress(OSError):  # whoever read it is gone: requests are answered all the same
            while data:
                data = data[os.write(self.number, data) :]
