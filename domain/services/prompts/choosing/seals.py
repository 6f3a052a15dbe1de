"""The key of an organization's pins: given by the environment, else kept in the ledger, else from the disk.

All machines that share a ledger share its key: the first that needs one makes it. It is asked for again
once a minute, on a thread of its own: so a rotation is heard of, and nobody waits for a ledger that hangs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Final

from attrs import define, evolve, field

from jackfield.domain.model.errors import Conflict, JackfieldError
from jackfield.domain.model.pins import Seal
from jackfield.domain.model.states import KeysState
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.cache import Cache
from jackfield.ports.clock import Clock
from jackfield.ports.ledger import Change, Ledger

AGAIN: Final = timedelta(seconds=60)
"""How long a key is used unasked; after twice that, every process that is well has heard of a new one."""
_PAUSE_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 2.0
_LIFETIME: Final = timedelta(days=90)
_MALFORMED: Final = (ValueError, UnicodeDecodeError, JackfieldError)


@define(eq=False)
class Seals:
    """Gives the key; safe for threads. `given` is the environment's, which is then the only one."""

    organization: Organization
    ledger: Ledger
    clock: Clock
    new_key: Callable[[], bytes]
    given: Seal | None = None
    cache: Cache | None = None
    _seal: Seal | None = field(default=None, init=False, repr=False)
    _until: float = field(default=0.0, init=False)
    _confirmed: float = field(default=float("-inf"), init=False)
    _looked: float = field(default=float("-inf"), init=False)
    _looking: Event | None = field(default=None, init=False)
    _lock: Lock = field(factory=Lock, init=False)
    _process: int = field(factory=os.getpid, init=False)
    _now: Callable[[], float] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._now = self.clock.monotonic
        if self.given is not None:
            self._seal, self._until, self._confirmed = self.given, float("inf"), float("inf")

    def get(self) -> Seal | None:
        """Return the key; None while none can be had. A key at hand never waits for a newer one."""
        if self._now() < self._until:
            return self._seal
        looking = self._look_soon()
        if self._seal is None:
            self._take(self._from_disk(), anew=False)
        if self._seal is None:
            looking.wait(_PATIENCE_SECONDS)
        return self._seal

    def has_newer(self, seal: Seal | None) -> bool:
        """Whether there is another key than *seal*, which did not sign a pin: then the pin is read once more.

        A key that the ledger confirmed within `AGAIN` believes every genuine pin. One that is older, as in a
        process that was idle, or that is from the disk, may be of before a rotation: so a look is waited
        for, until two seconds after it began.
        """
        if self._now() - self._confirmed > AGAIN.total_seconds():
            self._wait_for_look()
        if self._seal != seal:
            return True
        self.doubt()
        return False

    def doubt(self) -> None:
        """Ask again soon: the key may be another by now."""
        if self.given is None:
            self._until = min(self._until, self._now() + _PAUSE_SECONDS)

    @property
    def subject(self) -> Subject:
        """The ledger's key of the keys."""
        return Subject(self.organization, Kind.KEYS, "pins")

    def _wait_for_look(self) -> None:
        """While the ledger is away nobody waits for long: after a look that failed there is a pause."""
        if self._now() >= self._until:
            looking = self._look_soon()
            looking.wait(self._looked + _PATIENCE_SECONDS - self._now())

    def _look_soon(self) -> Event:
        if os.getpid() != self._process:
            self._process, self._lock, self._looking = os.getpid(), Lock(), None
        with self._lock:
            looking = self._looking
            if looking is not None:
                return looking
            looking = self._looking = Event()
            self._looked = self._now()
        try:
            Thread(target=self._look, args=(looking,), name="jackfield-pin-key", daemon=True).start()
        except RuntimeError:  # no thread can be started: at exit, or over a limit
            self._look(looking)
        return looking

    def _look(self, looking: Event) -> None:
        began = self._now()
        until = began + _PAUSE_SECONDS
        try:
            seal = self._seal_of(self._kept())
            if seal != self._seal:
                self._keep(seal)  # before anybody uses it: it may be the last that this process does
                self._take(seal, anew=True)
            self._confirmed = began
            until = self._now() + AGAIN.total_seconds()
        except _MALFORMED:  # the key that is at hand is used on
            pass
        finally:
            with self._lock:
                self._until, self._looking = until, None
            looking.set()

    def _take(self, seal: Seal | None, *, anew: bool) -> None:
        """Use *seal* from now on; what is not *anew* gives way to what is."""
        with self._lock:
            if anew or self._seal is None:
                self._seal = seal

    def _kept(self) -> KeysState:
        """Return what the ledger keeps, or make the first key; another process may have been faster."""
        found = self.ledger.read(self.subject)
        if isinstance(found.state, KeysState):
            return found.state
        made = KeysState(current=self.new_key().hex(), since=self.clock.now())
        try:
            self.ledger.commit(Change(subject=self.subject, expected=found.revision, state=made))
        except Conflict:
            return self._kept()
        return made

    def _seal_of(self, keys: KeysState) -> Seal:
        others = (key for key in (keys.coming, keys.retired) if key is not None)
        return Seal(
            organization=self.organization,
            current=bytes.fromhex(keys.current),
            retired=tuple(map(bytes.fromhex, others)),
        )

    def _keep(self, seal: Seal) -> None:
        if self.cache is not None:
            text = ",".join(key.hex() for key in (seal.current, *seal.retired))
            self.cache.put(f"{self.organization} pin-keys", text.encode(), _LIFETIME)

    def _from_disk(self) -> Seal | None:
        entry = None if self.cache is None else self.cache.get(f"{self.organization} pin-keys")
        try:
            current, *retired = map(bytes.fromhex, (entry or b"").decode().split(","))
            return Seal(organization=self.organization, current=current, retired=tuple(retired))
        except _MALFORMED:
            return None


def rotated(keys: KeysState, *, key: bytes, now: datetime) -> KeysState:
    """Return *keys* one half of a rotation on: a new key is believed first, and signs after the second half.

    Raises `Conflict` for a second half that comes before every process has heard of the new key.
    """
    if keys.coming is None:
        return evolve(keys, coming=key.hex(), since=now)
    ready = keys.since + 2 * AGAIN
    if now < ready:
        raise Conflict(
            "not every process believes the new key yet",
            place="pins",
            remedy=f"rotate again after {ready:%H:%M:%S} UTC",
        )
    return evolve(keys, current=keys.coming, retired=keys.current, coming=None, since=now)
