"""JUnit XML: a test case a file, failed if the file has a problem."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from jackfield.entrypoints.cli.output import printable
from jackfield.entrypoints.files.checked import Checked

_NAME: Final = "jackfield check"
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, not even escaped."""


def junit(files: Sequence[Checked]) -> str:
    """Return the XML document."""
    failed = sum(bool(file.problems) for file in files)
    counts = {"tests": str(len(files)), "failures": str(failed), "errors": "0", "skipped": "0", "time": "0"}
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": _NAME, **counts})
    for file in files:
        _add(suite, file)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _add(suite: ET.Element, file: Checked) -> None:
    case = ET.SubElement(
        suite, "testcase", {"classname": "jackfield.check", "name": _text(str(file.path)), "time": "0"}
    )
    if not file.problems:
        return
    first, *more = file.problems
    message = f"{first.message} [{first.code}]" + (f" and {len(more)} more" if more else "")
    failure = ET.SubElement(case, "failure", {"message": _text(message), "type": first.code})
    failure.text = _text("\n".join(printable(str(problem)) for problem in file.problems))


def _text(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
