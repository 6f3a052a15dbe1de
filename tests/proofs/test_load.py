"""L1: 300 requests a second for two minutes: no error, and flat memory; p99 is told, and is not asserted."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

import pytest

from tests.e2e.service.served import Served, served
from tests.proofs import loading
from tests.proofs.sizes import sized

SECONDS: Final = sized(9, full=120)
WANTED: Final = float(sized(60, full=300))
"""Beside other tests fewer: a machine that stands still for a second is no error of the service."""
TALKS: Final = 200
ROUNDS: Final = 3
GROWTH_KIB: Final = 10 * 1_024
_TRIED: Final = 100
_COLDER: Final = 4
"""What nobody has asked yet takes the platform, and is asked at a part of the rate."""
WARM: Final = sized(3, full=130)
"""Seconds until what comes only now and then has come once: looks at the ledger, answers that end."""


def load(url: str, rate: float, seconds: float) -> Any:
    """Ask from a process of its own, so that it does not wait where the service does."""
    command = [sys.executable, loading.__file__, url, str(rate), str(seconds), str(TALKS)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return json.loads(ran.stdout)


def memory_kib(found: Served) -> int:
    lines = Path(f"/proc/{found.process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def bearable(found: Served) -> float:
    """The rate, or half of what this machine manages one by one, where that is less."""
    begun = time.perf_counter()
    for _ in range(_TRIED):
        found.ask("GET", "/healthz")
    return min(WANTED, _TRIED / (time.perf_counter() - begun) / 2)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.timeout(SECONDS * 2 + WARM + 120)
def test_a_steady_load_meets_no_error_and_leaves_memory_flat(tmp_path: Path) -> None:
    with served(tmp_path, "--server", "granian") as found:
        rate = bearable(found)
        warm = load(found.url, rate / _COLDER, WARM)
        before = memory_kib(found)
        rounds = [load(found.url, rate, SECONDS / ROUNDS) for _ in range(ROUNDS)]
        grown = memory_kib(found) - before
        code = found.end()
    asked = sum(each["asked"] for each in rounds)
    p99 = median(each["p99_ms"] for each in rounds)
    print(f" L1: {asked} at {rate:.0f}/s, p99 {p99} ms (median of {ROUNDS}), memory {grown:+} KiB")
    assert {end for each in (warm, *rounds) for end in each["ends"]} == {"200"}
    assert asked == ROUNDS * int(rate * (SECONDS / ROUNDS))
    assert grown <= GROWTH_KIB
    assert code == 0


def test_control_errors_would_be_counted() -> None:
    assert load("http://127.0.0.1:9", 20, 1)["ends"] == {"ConnectionRefusedError": 20}
