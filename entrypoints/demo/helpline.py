"""Where the story of an answer plays: a platform that streams over a bad line, and keeps what it was sent."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Assistant, Faults, FaultyDial, Pace, Platform, Scripted
from jackfield.adapters.sockets import Dial
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.stage import settings
from jackfield.entrypoints.demo.talks import ANSWER, ASSISTANT, LAST_ANSWER, QUESTION

CUTS: Final = 2
_SEED: Final = 2026
_KINDS: Final = (*["stream-drop"] * CUTS, "stream-repeat", "stream-reorder")
_PLACES: Final = range(2, 30, 3)
"""Pieces that may meet a fault: apart from each other, so that none hides another."""
_FRAMES: Final = f"/api/v2/ai/assistants/{ASSISTANT}/conversations/*"
_PACE: Final = Pace(
    first=timedelta(milliseconds=250), shortest=timedelta(milliseconds=15), longest=timedelta(milliseconds=45)
)

Through: TypeAlias = Callable[[Dial], Dial]
"""What stands between the platform's sockets and whoever opens them."""


def unchanged(dial: Dial) -> Dial:
    """Let the sockets be as they are."""
    return dial


class PacedClock(FrozenClock):
    """A clock that is moved, and lets people wait as long: they see things happen."""

    def sleep(self, duration: timedelta) -> None:
        """Wait for *duration*, and move the clock on by it."""
        time.sleep(max(0.0, duration.total_seconds()))
        super().sleep(duration)


@define(kw_only=True)
class Helpline:
    """A platform with an assistant, the faults of the line to it, and the messages that it was sent.

    Identifiers are counted, so that the story is the same each time.
    """

    clock: FrozenClock
    through: Through = unchanged
    faults: Faults = field(factory=lambda: Faults(seed=_SEED), init=False)
    sent: list[Sequence[Mapping[str, str]]] = field(factory=list[Sequence[Mapping[str, str]]], init=False)
    _platform: Platform = field(init=False)
    _numbers: count[int] = field(factory=count, init=False)

    def __attrs_post_init__(self) -> None:
        scripts = (Scripted(text=ANSWER, asked=QUESTION), Scripted(text=LAST_ANSWER))
        assistant = Assistant(scripts=scripts, pace=_PACE)
        self._platform = Platform(clock=self.clock, seed=_SEED, assistants={ASSISTANT: assistant})

    @contextmanager
    def core(self, own: Path) -> Generator[Core]:
        """Open a core on it, with its state in the folder *own*."""
        parts = Parts(
            clock=self.clock,
            new_id=self._new_id,
            send=self._send,
            jitter=lambda: 0.5,
            dial=self.through(FaultyDial(self._platform, self.faults)),
        )
        with build(settings(own), parts) as core:
            yield core

    def spoil(self) -> None:
        """Let the next answer meet every kind of trouble, at places that chance chose."""
        chance = random.Random(_SEED)  # noqa: S311  # a story
        places = chance.sample(_PLACES, len(_KINDS))
        for kind, place in zip(_KINDS, places, strict=True):
            self.faults.next("GET", _FRAMES, kind, after=place)

    def _send(self, request: Request) -> Response:
        if request.url.endswith(f"/assistants/{ASSISTANT}/conversations") and request.body is not None:
            document: Mapping[str, Any] = orjson.loads(request.body)
            self.sent.append(document["messages"])
        return self._platform.send(request)

    def _new_id(self) -> str:
        return blake2b(f"demo {next(self._numbers)}".encode(), digest_size=16).hexdigest()
