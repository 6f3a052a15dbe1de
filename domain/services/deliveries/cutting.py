"""One call of a destination: never an error, and no longer than its caller may wait."""

from __future__ import annotations

import threading
from typing import Final

from jackfield.domain.model.deliveries.verdicts import Delivery, Retry
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import Entry
from jackfield.ports.destinations import Destination

CUT: Final = "no answer before the command's deadline ([deliveries] deadline_s)"


def delivered(destination: Destination, entry: Entry) -> Delivery:
    """Hand *entry* over, for as long as it takes."""
    try:
        return destination.deliver(entry)
    except JackfieldError as error:
        return Retry(reason=error.message)
    except Exception as error:  # noqa: BLE001  # a destination's own; its text may hold anything
        return Retry(reason=f"it raised {type(error).__name__}")


def delivered_within(destination: Destination, entry: Entry, seconds: float) -> Delivery:
    """Hand *entry* over on a thread that is left behind after *seconds*: nobody knows what came of it.

    The thread does not keep the process from ending.
    """
    found = list[Delivery]()
    ended = threading.Event()

    def call() -> None:
        found.append(delivered(destination, entry))
        ended.set()

    threading.Thread(target=call, name=f"jackfield-{destination.name}-delivery", daemon=True).start()
    ended.wait(max(0.0, seconds))
    return found[0] if found else Retry(reason=CUT)
