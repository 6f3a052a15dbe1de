"""Checking a thousand prompt files, anew and unchanged, and applying a folder in which nothing changed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.rows import Row
from jackfield.adapters.caching import DiskCache
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts.planning import Result
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.files.checked import check_files, load_files
from jackfield.entrypoints.files.remembering import Memory
from jackfield.entrypoints.settings import Rules, Settings

FILES: Final = 1000
PROMPTS: Final = 500
_FILE: Final = """\
---
name: prompt-{number}
version: 2.1.0
model: gpt-small
max_tokens: 4096
variables:
  - name: customer_issue
    max_length: 400
    description: What the customer wants
  - name: tone
    default: calm
  - name: policy
    max_length: 800
context_rules:
  - source: conversation_history
    max_tokens: 1500
metadata:
  author: benchmark
---
You are a support agent. Analyze the customer's issue: {{{{customer_issue}}}}.
Answer in a {{{{ tone }}}} voice and refer to the policy: {{{{policy}}}}.
"""


def run() -> list[Row]:
    """Return the seconds for a thousand files of a usual size, and for five hundred unchanged prompts."""
    with tempfile.TemporaryDirectory() as folder:
        prompts = Path(folder) / "prompts"
        prompts.mkdir()
        for number in range(FILES):
            (prompts / f"prompt-{number}.prompt").write_text(_FILE.format(number=number), encoding="utf-8")
        first = _seconds(lambda: _check(prompts, None))
        memory = Memory(cache=DiskCache(Path(folder) / "cache", SystemClock()), key=b"k" * 32, rules="r")
        filling = _seconds(lambda: _check(prompts, memory))
        again = median(_seconds(lambda: _check(prompts, memory)) for _ in range(5))
        memory.cache.close()
        applied = _apply(Path(folder), [prompts / f"prompt-{n}.prompt" for n in range(PROMPTS)])
    return [
        Row(f"check {FILES} prompt files", first, "s", "<= 4"),
        Row(f"check {FILES} prompt files, and remember them", filling, "s", "-"),
        Row(f"check {FILES} unchanged prompt files", again, "s", "<= 1"),
        Row(f"apply {PROMPTS} unchanged prompts, in process", applied, "s", "<= 3"),
    ]


def _check(folder: Path, memory: Memory | None) -> None:
    files = check_files([folder], Rules(), memory=memory)
    assert len(files) == FILES
    assert not any(file.problems for file in files)


def _apply(folder: Path, files: list[Path]) -> float:
    """Time what `jackfield apply` does: read the files, plan, and apply; everything is published already."""
    settings = Settings(
        target="bench", platform="simulator", organization=organization("bench"), folder=folder / "state"
    )
    with build(settings, Parts(send=Platform(clock=SystemClock()).send)) as core:
        me = core.acting_as("bench", reason="measuring").prompts

        def apply() -> set[Result]:
            plan = me.plan(load_files(files, Rules()), promote=True, drift=False)
            return {outcome.result for outcome in me.apply(plan)}

        assert apply() == {Result.DONE}
        start = time.perf_counter()
        results = apply()
        seconds = time.perf_counter() - start
    assert results == {Result.UNCHANGED}
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
