"""Checking a thousand prompt files."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.rows import Row
from jackfield.entrypoints.checked import check_files
from jackfield.entrypoints.settings import Rules

FILES: Final = 1000
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
    """Return the seconds for a thousand files of a usual size."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FILES):
            path = Path(folder) / f"prompt-{number}.prompt"
            path.write_text(_FILE.format(number=number), encoding="utf-8")
        start = time.perf_counter()
        files = check_files([Path(folder)], Rules())
        seconds = time.perf_counter() - start
    assert len(files) == FILES
    assert not any(file.problems for file in files)
    return [Row(f"check {FILES} prompt files", seconds, "s", "<= 4")]
