"""Delivers the webhooks of a simulated platform over HTTP, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Collection
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from jackfield.adapters.simulator.platform.mailroom import Mailroom
from jackfield.adapters.simulator.platform.noticing import Fate, Outgoing
from jackfield.domain.model.errors import Unavailable

_TIMEOUT_S: Final = 5.0
_BATCH: Final = 100
_SOON_S: Final = 0.05
_LATER_S: Final = 1.0
_OK: Final = range(200, 300)


class Postman:
    """Delivers to loopback, and to the hosts that are *allowed*; what is meant for others is recorded.

    No request waits for it. What a receiver does not take is due again, by the platform's clock.
    """

    def __init__(self, mailroom: Mailroom, allowed: Collection[str] = ()) -> None:
        self._mailroom = mailroom
        self._allowed = frozenset(each.lower() for each in allowed)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Deliver from now on."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._serve, name="jackfield-simulator-postman", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when nothing more is delivered; what is due then stays so."""
        self._stopped.set()
        self._mailroom.ring()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                delivered = self._round()
            except Unavailable:
                delivered = 0
            if not delivered and not self._stopped.is_set():
                self._mailroom.wait(_SOON_S if self._mailroom.awaits else _LATER_S)

    def _round(self) -> int:
        taken = self._mailroom.take(_BATCH)
        for outgoing in taken:
            self._mailroom.report(outgoing, self._delivered(outgoing))
        return len(taken)

    def _delivered(self, outgoing: Outgoing) -> Fate:
        url = urlsplit(outgoing.url)
        if not self._is_meant(url.hostname or ""):
            return Fate.RECORDED
        try:
            return Fate.DELIVERED if _post(url, outgoing) in _OK else Fate.FAILED
        except (OSError, HTTPException):
            return Fate.FAILED

    def _is_meant(self, host: str) -> bool:
        if host in self._allowed or host == "localhost":
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False


def _post(url: SplitResult, outgoing: Outgoing) -> int:
    """Return the status of the answer."""
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=_TIMEOUT_S)
    try:
        target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        connection.request("POST", target, outgoing.body, dict(outgoing.headers))
        return connection.getresponse().status
    finally:
        connection.close()
