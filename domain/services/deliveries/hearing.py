"""What the verdicts of one pass said so far, and whether the receiver is asked for more."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Final

from attrs import define, field

from jackfield.domain.model.deliveries.folding import later
from jackfield.domain.model.deliveries.retries import LONGEST, is_due
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Gone, Rejected, Retry, Untried
from jackfield.ports.clock import Clock

IN_A_ROW: Final = 8
"""After so many failures without a delivery between them the pass leaves the receiver alone."""


@define(kw_only=True)
class Heard:
    """Counts verdicts, and keeps what they say of the whole destination; safe for threads.

    `rest` is until when it wants to be left alone, `gone` why it wants nothing more, `off` why it cannot be
    asked at all.
    """

    clock: Clock
    delivered: int = 0
    failed: int = 0
    row: int = 0
    rest: datetime | None = None
    gone: str | None = None
    off: str = ""
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def hear(self, verdict: Delivery) -> None:
        """Take a verdict in; what was not tried counts as nothing."""
        with self._lock:
            if isinstance(verdict, Untried):
                self.off = verdict.reason
                return
            self.row = 0 if isinstance(verdict, Delivered | Rejected) else self.row + 1
            self.delivered += isinstance(verdict, Delivered)
            self.failed += not isinstance(verdict, Delivered)
            if isinstance(verdict, Gone):
                self.gone = verdict.reason
            elif isinstance(verdict, Retry) and verdict.after is not None:
                self.rest = later(self.rest, self.clock.now() + min(verdict.after, LONGEST))

    @property
    def enough(self) -> bool:
        """Whether it is left alone for the rest of the pass, or while it rests."""
        with self._lock:
            rests = self.rest is not None and not is_due(self.rest, self.clock.now())
            return rests or self.gone is not None or bool(self.off) or self.row >= IN_A_ROW
