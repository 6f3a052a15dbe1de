"""Files of anchors: a line of JSON for each head of the audit log that is kept."""

from __future__ import annotations

import json
import os
import re
import stat
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from attrs import frozen

from jackfield.adapters.strict import decode
from jackfield.adapters.texts import read_text
from jackfield.domain.model.anchors import Anchor
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import Position, timestamp
from jackfield.domain.model.subjects import Organization

_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LONGEST_LINE: Final = 4096
_LARGEST: Final = 64 * 1024 * 1024


@frozen(kw_only=True)
class _Line:
    """An anchor as it is written."""

    organization: str
    position: int
    hash: str
    time: str


def anchor_line(anchor: Anchor) -> str:
    """Return *anchor* as a line of JSON."""
    said = {
        "organization": anchor.organization,
        "position": anchor.position,
        "hash": anchor.hash,
        "time": timestamp(anchor.time),
    }
    return json.dumps(said) + "\n"


def append_anchor(path: Path, anchor: Anchor) -> None:
    """Add a line to the file, or make it; it is on the disk on return. A line that is cut is taken back.

    Raises `InvalidInput` for a file that does not begin with an anchor: it is somebody else's.
    """
    try:
        _refuse_other(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _append(descriptor, _break_before(path, descriptor) + anchor_line(anchor).encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise InvalidInput(
            f"it cannot be written: {error.strerror}",
            place=str(path),
            remedy="name a file in a folder of yours",
        ) from error


def _refuse_other(path: Path) -> None:
    """One that may only be written, such as where others keep the anchors, is taken for what it is."""
    with suppress(PermissionError, FileNotFoundError):
        if not path.is_file() or not path.stat().st_size:
            return
        with path.open("rb") as file:
            first = file.readline(_LONGEST_LINE).decode(errors="replace")
        _anchor(first, f"{path}, line 1", remedy="name a new file, or one of anchors; nothing was written")


def _break_before(path: Path, descriptor: int) -> bytes:
    """Return a line break if the file's last line has none; one that may not be read is taken to have it."""
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_size:
        with suppress(PermissionError), path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return b"" if file.read() == b"\n" else b"\n"
    return b""


def _append(descriptor: int, line: bytes) -> None:
    size, written = os.fstat(descriptor).st_size, 0
    try:
        while written < len(line):  # the second write tells why the first was short
            written += os.write(descriptor, line[written:])
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            if os.fstat(descriptor).st_size == size + written:  # nobody appended meanwhile
                os.ftruncate(descriptor, size)
        raise


def read_anchors(path: Path) -> tuple[Anchor, ...]:
    """Return every anchor of the file; raise `InvalidInput` for a line that is none, or an empty file."""
    lines = read_text(path, largest=_LARGEST).splitlines()
    return tuple(_anchor(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1))


_REMOVE: Final = "name a file of anchors, or remove the line"


def _anchor(text: str, place: str, *, remedy: str = _REMOVE) -> Anchor:
    try:
        line = decode(json.loads(text), _Line, place=place)
        time = datetime.fromisoformat(line.time)
    except (ValueError, RecursionError):
        raise _no_anchor(place, remedy) from None
    if _HASH.fullmatch(line.hash) is None or line.position < 1 or time.utcoffset() is None:
        raise _no_anchor(place, remedy)
    return Anchor(
        organization=Organization(line.organization),
        position=Position(line.position),
        hash=line.hash,
        time=time,
    )


def _no_anchor(place: str, remedy: str) -> InvalidInput:
    return InvalidInput("it is not what 'jackfield audit anchor' writes", place=place, remedy=remedy)
