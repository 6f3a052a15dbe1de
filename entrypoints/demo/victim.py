"""The process of the story that is killed: it promotes, and stands still when the platform has done it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.simulator import FileStore, Platform
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.demo.stage import settings

NAME: Final = "parcel-helper"
DONE: Final = "the platform has done it"


def promote_until_killed(arguments: Sequence[str]) -> None:
    """Promote 1.1.0 in the folder, at the time, that *arguments* say; nothing, if nobody says so."""
    if not sys.stdin.readline():
        return
    folder, clock = Path(arguments[0]), FrozenClock(datetime.fromisoformat(arguments[1]))
    store = FileStore(settings(folder).folder / "simulator.db")
    send = _standing_still(Platform(clock=clock, store=store).send)
    with build(settings(folder), Parts(clock=clock, send=send)) as core:
        tom = core.acting_as("tom", reason="CHG-4492 shorter answers again")
        tom.prompts.promote(core.prompts.version(NAME, "1.1.0"))


def _standing_still(send: Send) -> Send:
    """Return *send*, which never answers a promotion: whoever waits for it is killed meanwhile."""

    def cut(request: Request) -> Response:
        response = send(request)
        if request.method == "PUT":
            sys.stdout.write(f"{DONE}\n")
            sys.stdout.flush()
            sys.stdin.read()
        return response

    return cut
