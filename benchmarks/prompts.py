"""Publishing, promoting and reading what is live, against bare durable commits of the same bytes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from timeit import Timer
from typing import Final

import apsw
from attrs import evolve

from benchmarks.disks import SLOWER_MS, slow_disk
from benchmarks.rows import Row
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.prompts import ContextRule, PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.domain.model.variables import Variable
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings

PROMPTS: Final = 160
WARM_UP: Final = 80
"""Prompts that are not counted: until then the write-ahead logs of both still grow, which costs more."""
VERSIONS: Final = 5
COMMITS: Final = 4


def run() -> list[Row]:
    """Return the cost of publish + promote over bare commits, and of a live version from memory."""
    with tempfile.TemporaryDirectory() as folder:
        rows = list(_rows(Path(folder)))
    with slow_disk(), tempfile.TemporaryDirectory() as folder:
        _, _, slower, _ = _rows(Path(folder))
    return [*rows, evolve(slower, what=f"publish + promote / bare commits, {SLOWER_MS} ms more a sync")]


def _rows(folder: Path) -> Iterator[Row]:
    settings = Settings(
        target="bench", platform="simulator", organization=organization("bench"), folder=folder / "state"
    )
    with build(settings, Parts(send=Platform(clock=SystemClock()).send)) as core:
        bare = _bare(folder)
        ours_us, bare_us = _rounds(core, bare)
        yield Row("publish + promote, durable, simulator in process", ours_us, "µs", "-")
        yield Row(f"{COMMITS} bare apsw commits of the same bytes", bare_us, "µs", "-")
        yield Row("publish + promote / bare commits", ours_us / bare_us, "ratio", "<= 1.5")
        name = _definition(0, 0).name
        live = median(Timer(lambda: core.prompts.live(name)).repeat(21, 10_000)) / 10_000 * 1e6
        yield Row("live version, cached in memory", live, "µs", "<= 3")


def _rounds(core: Core, bare: Callable[[], None]) -> tuple[float, float]:
    """Time both in turns, and return the medians in microseconds; the very first publish is not counted."""
    me = core.acting_as("bench", reason="measuring").prompts
    ours, theirs = list[float](), list[float]()
    for prompt in range(PROMPTS):
        me.publish(_definition(prompt, 0))
        for version in range(1, VERSIONS):
            definition = _definition(prompt, version)
            ours.append(_timed(partial(_publish_and_promote, me, definition)))
            theirs.append(_timed(bare))
    counted = WARM_UP * (VERSIONS - 1)
    return median(ours[counted:]), median(theirs[counted:])


def _publish_and_promote(me: ActingPrompts, definition: PromptDefinition) -> None:
    me.promote(me.publish(definition))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e6


def _bare(folder: Path) -> Callable[[], None]:
    connection = apsw.Connection(str(folder / "bare.db"))
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("CREATE TABLE bare (bytes BLOB)")
    row = (b"x" * 1600,)  # what a change of ours writes: a state, and an entry with its head and payload

    def commit() -> None:
        for _ in range(COMMITS):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO bare VALUES (?)", row)
            connection.execute("COMMIT")

    return commit


def _definition(prompt: int, version: int) -> PromptDefinition:
    return PromptDefinition(
        name=f"prompt-{prompt}",
        version=f"1.{version}.0",
        model="gpt-small",
        max_tokens=2048,
        template=f"You answer for {{{{company}}}}. Issue: {{{{issue}}}}. Tone: {{{{tone}}}}. Draft {version}."
        + " Be brief and kind." * 20,
        variables=[Variable(name="company"), Variable(name="issue"), Variable(name="tone", default="calm")],
        context_rules=[ContextRule(source="conversation_history", max_tokens=500)],
    )
