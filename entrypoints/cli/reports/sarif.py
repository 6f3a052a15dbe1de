"""SARIF 2.1.0, which code scanning services read.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jackfield.domain.model.problems import Problem
from jackfield.entrypoints.files.checked import Checked

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_NO_LINKS: Final = str.maketrans({each: f"\\{each}" for each in r"\[]"})
"""A message of a prompt's text must not become a link of a report. Source: SARIF 2.1.0, 3.11.6."""


def sarif(files: Sequence[Checked]) -> Mapping[str, Any]:
    """Return the log: one run, its rules are the problem codes that occur."""
    found = [(file.path, problem) for file in files for problem in file.problems]
    codes = sorted({problem.code for _, problem in found})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "jackfield check",
                        "version": version("jackfield"),
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(path, problem, codes.index(problem.code)) for path, problem in found],
            }
        ],
    }


def _rule(code: str) -> Mapping[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": code.replace("-", " ").translate(_NO_LINKS)},
        "defaultConfiguration": {"level": "error"},
    }


def _result(path: Path, problem: Problem, rule: int) -> Mapping[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": uri(path)}}
    if problem.line:
        place["region"] = {"startLine": problem.line, "startColumn": max(problem.column, 1)}
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": problem.message.translate(_NO_LINKS)},
        "locations": [{"physicalLocation": place}],
    }


def uri(path: Path) -> str:
    """Return *path* as a reference, relative to the working folder where it lies below it."""
    if not path.is_absolute():
        return quote(os.fsencode(path.as_posix()))
    try:
        return quote(os.fsencode(path.relative_to(Path.cwd()).as_posix()))
    except (ValueError, OSError):
        return path.as_uri()
