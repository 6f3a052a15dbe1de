"""An interrupt while a hook is made costs nothing but that call."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import pytest

from jackfield.adapters.hooks import apart

STRIKES: Final = Path(__file__).with_name("strikes.py")
WORK: Final = (
    "a state is read",
    "a state is written",
    "settings are read",
    "an answer is read",
    "a body is written",
)


@pytest.mark.parametrize("work", WORK)
def test_what_was_interrupted_while_its_hook_was_made_works_the_next_time(work: str) -> None:
    struck = subprocess.run(
        [sys.executable, str(STRIKES), work], capture_output=True, text=True, check=False, timeout=60
    )
    assert (struck.stderr, struck.stdout and json.loads(struck.stdout)) == ("", {"struck": 1, "done": 2})


def test_hooks_are_made_where_no_signal_strikes() -> None:
    assert apart(threading.current_thread) is not threading.main_thread()


def test_a_thread_that_no_signal_strikes_makes_its_own() -> None:
    assert apart(lambda: apart(threading.current_thread) is threading.current_thread())


def test_a_fault_of_the_making_is_raised_where_it_is_wanted() -> None:
    with pytest.raises(KeyError, match="amount"):
        apart(lambda: dict[str, str]()["amount"])


def test_without_another_thread_it_is_made_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert apart(threading.current_thread) is threading.main_thread()
