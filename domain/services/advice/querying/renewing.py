"""Short leases, renewed as long as who has them is alive: a process that is killed keeps nobody waiting."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Final

from attrs import define, field

from jackfield.domain.model.errors import JackfieldError
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Lease, Leases

SHORT: Final = timedelta(seconds=2)
"""How long a lease outlives a process that was killed."""
_RENEW_S: Final = 0.5


@define(eq=False)
class Renewing:
    """Renews leases on one thread, which ends when there are none."""

    leases: Leases
    clock: Clock
    _kept: dict[int, tuple[Lease, float]] = field(factory=dict[int, tuple[Lease, float]], init=False)
    _begun: bool = field(default=False, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def keep(self, lease: Lease, ends: float) -> None:
        """Renew it until it is let go, or until *ends* in monotonic seconds."""
        with self._lock:
            self._kept[id(lease)] = lease, ends
            if self._begun:
                return
            self._begun = True
        try:
            Thread(target=self._run, name="jackfield-advice-leases", daemon=True).start()
        except RuntimeError:  # no thread can be started: then it expires
            self._begun = False

    def let_go(self, lease: Lease) -> None:
        """Do not renew it any more."""
        with self._lock:
            self._kept.pop(id(lease), None)

    def after_fork(self) -> None:
        """Nobody who renewed, or held the lock, is in this process."""
        self._lock, self._begun = Lock(), False
        self._kept.clear()

    def _run(self) -> None:
        tick = Event()
        while not tick.wait(_RENEW_S):
            kept = self._living()
            for lease in kept:
                with suppress(JackfieldError):  # then it expires
                    self.leases.renew(lease, SHORT)
            if not kept:
                return

    def _living(self) -> list[Lease]:
        now = self.clock.monotonic()
        with self._lock:
            self._kept = {key: each for key, each in self._kept.items() if now < each[1]}
            self._begun = bool(self._kept)
            return [lease for lease, _ in self._kept.values()]
