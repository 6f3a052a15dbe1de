"""A signal in the middle of making a hook, in a process of its own: tracing would strike coverage too."""

from __future__ import annotations

import inspect
import json
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import CodeType, FrameType
from typing import Any, Final

from attrs import frozen
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from jackfield.adapters import codec, strict
from jackfield.adapters.genesys import wire
from jackfield.domain.model.states import AuditState
from jackfield.domain.model.subjects import Kind, Organization, Subject

MAKERS: Final = (make_dict_structure_fn, make_dict_unstructure_fn)
NOTED: Final = "working_set.add("
"""This notes that a class is under way; only what comes behind it is in the `try` that takes it back."""


class Interrupt(BaseException):
    """What the signal's handler raises."""


def strike(*_: object) -> None:
    raise Interrupt


def noting() -> dict[CodeType, int]:
    """Return the line of each maker that comes right behind the note."""
    lines: dict[CodeType, int] = {}
    for maker in MAKERS:
        source, first = inspect.getsourcelines(maker)
        noted = next(n for n, line in enumerate(source) if NOTED in line)
        lines[maker.__code__] = first + next(n for n, line in enumerate(source) if n > noted and line.strip())
    return lines


class Striking:
    """Sends the signal to the main thread once, on whatever thread a class was just noted."""

    def __init__(self) -> None:
        self.lines = noting()
        self.struck = 0

    def __call__(self, frame: FrameType, event: str, _argument: object) -> Any:
        line = self.lines.get(frame.f_code)
        if event == "line" and frame.f_lineno == line and not self.struck:
            self.struck += 1
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)
        return self if line is not None else None


def interrupted(work: Callable[[], object]) -> dict[str, int]:
    """Do *work* with a signal in its first hook, then without; tell how often it was struck and done."""
    striking, done = Striking(), 0
    threading.settrace(striking)
    sys.settrace(striking)
    try:
        with suppress(Interrupt):
            work()
    finally:
        sys.settrace(None)
        threading.settrace(None)
    for _ in range(2):
        work()
        done += 1
    return {"struck": striking.struck, "done": done}


AUDITED: Final = Subject(Organization("acme"), Kind.AUDIT, "erasures")


@frozen(kw_only=True)
class Plain:
    """Something that settings may say."""

    name: str


WORK: Final[dict[str, Callable[[], object]]] = {
    "a state is read": lambda: codec.decode_state(AUDITED, b'{"erasures":1,"payloads":2}'),
    "a state is written": lambda: codec.encode_state(AUDITED, AuditState(erasures=1, payloads=2)),
    "settings are read": lambda: strict.decode({"name": "x"}, Plain, place="test"),
    "an answer is read": lambda: wire.decode(b'{"id":"x"}', wire.Created),
    "a body is written": lambda: wire.encode(wire.Created(id="x")),
}


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, strike)
    print(json.dumps(interrupted(WORK[sys.argv[1]])))
