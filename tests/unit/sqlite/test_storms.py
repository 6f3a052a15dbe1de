"""Signals that raise in the middle of a commit lose nothing and stop nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

STORMS: Final = Path(__file__).with_name("storms.py")


def storm(*arguments: str) -> dict[str, Any]:
    answer = subprocess.run(
        [sys.executable, str(STORMS), *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.stderr == ""
    figures: dict[str, Any] = json.loads(answer.stdout)
    print(f"\n{figures}")
    return figures


def test_interrupts_of_a_group_commit_stop_no_other_thread() -> None:
    figures = storm()
    assert figures.pop("interrupted") > 0
    assert figures == {"lost": 0, "twice": 0, "goes on": True}


def test_interrupts_of_a_ledger_lose_no_commit_of_another_thread(tmp_path: Path) -> None:
    figures = storm(str(tmp_path / "state" / "ledger.db"))
    assert figures.pop("interrupted") > 0
    assert figures.pop("commits of others") > 0
    assert figures == {"lost": 0, "own fit": True, "chain fits": True}
