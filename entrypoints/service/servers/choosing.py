"""Which server there is: granian, else waitress; said clearly where there is none."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from typing import Final

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.service.frame import Wsgi
from jackfield.entrypoints.service.servers.listening import Limits, Server

GRANIAN: Final = "granian"
WAITRESS: Final = "waitress"
NAMES: Final = (GRANIAN, WAITRESS)
_EXTRA: Final = "pip install 'jackfield[serve]'"
_NEEDED: Final = ("falcon", "prometheus_client")


def refuse_missing_extra(name: str | None = None) -> str:
    """Return the server to use; raise `InvalidInput` where what serving needs is not installed."""
    lacking = [each for each in _NEEDED if find_spec(each) is None]
    found = next((each for each in ((name,) if name else NAMES) if find_spec(each) is not None), None)
    if lacking or found is None:
        missing = ", ".join([*lacking, *(() if found else (name or f"{GRANIAN} or {WAITRESS}",))])
        raise InvalidInput(f"serving needs {missing}", place="serve", remedy=_EXTRA)
    return found


def made(name: str, app: Wsgi, listener: socket.socket, limits: Limits) -> Server:
    """Return the server of that name."""
    if name == GRANIAN:
        from jackfield.entrypoints.service.servers.granian import GranianServer

        return GranianServer(app, listener, limits)
    from jackfield.entrypoints.service.servers.waitress import WaitressServer

    return WaitressServer(app, listener, limits)
