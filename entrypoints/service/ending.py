"""The end of a service: what was accepted is finished, what can be is delivered, and what is left is told."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from datetime import timedelta
from threading import Timer
from typing import Final

from jackfield.domain.model.errors import JackfieldError
from jackfield.entrypoints.service.servers.listening import Server
from jackfield.entrypoints.service.serving import Serving

_LAST_DELIVERIES_S: Final = 5.0
_CANCELING: Final = 0.75
"""The part of the grace after which answers that still come are canceled, so that their ends are told."""


def ended(serving: Serving, server: Server) -> bool:
    """Finish what was accepted, then deliver what can be: each within its time. Return whether all was."""
    for job in serving.work:
        job.stop()
    cut = _cut(serving, server)
    if cut is not None:
        _tell(f"cut after grace_s = {serving.rules.grace_s:g} s: requests that were at work: {cut}")
    ends = time.monotonic() + _LAST_DELIVERIES_S
    idle = min((job.join(max(0.0, ends - time.monotonic())) for job in serving.work), default=True)
    if not idle:
        _tell("cut: work of the service's own")
    with suppress(JackfieldError):
        serving.core.deliveries.run(timedelta(seconds=_LAST_DELIVERIES_S), firm=True)
    _tell_undelivered(serving)
    return cut is None and idle


def _cut(serving: Serving, server: Server) -> int | None:
    """Have the server end; return how many requests were at work when their time was over; None if none was.

    (A server that gives up takes a little longer, in which some of them end.)
    """
    grace, at_work = serving.rules.grace_s, list[int]()
    timers = (
        Timer(grace * _CANCELING, serving.ending.set),
        Timer(grace, lambda: at_work.append(serving.at_work)),
    )
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        return None if server.stop(grace) else max(serving.at_work, *at_work, 0)
    finally:
        for timer in timers:
            timer.cancel()
        serving.ending.set()


def _tell_undelivered(serving: Serving) -> None:
    try:
        found = serving.core.deliveries.status()
    except JackfieldError as error:
        _tell(f"what is not delivered cannot be read: {type(error).__name__}")
        return
    left = {each.name: len(each.waiting) + each.behind for each in found if not each.settled}
    if left:
        counts = ", ".join(f"{name} {count}" for name, count in left.items())
        _tell(f"not delivered yet: {counts}; they are kept for whoever delivers next")


def _tell(line: str) -> None:
    with suppress(OSError, ValueError):  # whoever read it is gone
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
