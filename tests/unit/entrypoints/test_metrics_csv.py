"""Metrics as CSV: whatever the platform calls a variant, it is text in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from jackfield.domain.model.metrics import By, Record, summarize
from jackfield.domain.services.metrics import PromptSummary
from jackfield.entrypoints.cli.commands.metrics import _write_csv

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("variant", "cell"),
    [
        ("canary", "canary"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("a=b", "a=b"),
        ("half \ud800", "half ?"),
        ("\t=1", "?=1"),
    ],
)
def test_a_cell_is_text(capsys: pytest.CaptureFixture[str], variant: str, cell: str) -> None:
    record = Record(version="1.0.0", variant=variant, at=AT, latency_ms=1.0, tokens=1, success=1.0)
    _write_csv(PromptSummary(name="p", since=AT, until=AT, by=By.ARM, summaries=summarize([record], By.ARM)))
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["group"] for row in rows] == [cell, "all"]
