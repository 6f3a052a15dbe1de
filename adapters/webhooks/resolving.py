"""From a host's name to its addresses, in time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

from jackfield.domain.model.errors import Unavailable

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host as texts; raises `Unavailable` if there are none."""

_PATIENCE: Final = timedelta(seconds=5)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Ask the machine's resolver, on a thread that is left behind if it does not answer."""
    found = list[str]()
    over = threading.Event()

    def ask() -> None:
        try:
            found.extend(_asked(host, port))
        finally:
            over.set()

    threading.Thread(target=ask, name="jackfield-resolver", daemon=True).start()
    if not over.wait(_PATIENCE.total_seconds()) or not found:
        raise Unavailable(
            "the host's name cannot be resolved", place=host, remedy="check the name, and the resolver"
        )
    return tuple(dict.fromkeys(found))


def _asked(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for _, _, _, _, address in answers]
