"""Reading a text file that somebody wrote by hand: every way in which it is none has its own message."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jackfield.domain.model.errors import InvalidInput

LARGEST: Final = 256 * 1024


def read_text(path: Path, *, largest: int = LARGEST) -> str:
    """Return the text with LF line ends and no byte order mark; raise `InvalidInput` for anything else."""
    return text_of(read_bytes(path, largest=largest), path)


def text_of(data: bytes, path: Path) -> str:
    """Return what the bytes of *path* say, as `read_text` does."""
    if b"\0" in data:
        raise InvalidInput("it is binary, not text", place=str(path), remedy="name a text file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"it is not UTF-8: byte {error.start + 1}, line {line}",
            place=str(path),
            remedy="save it as UTF-8",
        ) from None
    if not text.strip():
        raise InvalidInput("it is empty", place=str(path), remedy="write it, or remove it")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path, *, largest: int = LARGEST) -> bytes:
    """Return at most *largest* bytes of a regular file; raise `InvalidInput` for anything else."""
    try:
        if not path.is_file():
            raise InvalidInput(_absent(path), place=str(path), remedy="name a file that is there")
        if path.stat().st_size > largest:
            raise _huge(path, largest)
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name cannot be used"
        raise InvalidInput(
            f"it cannot be read: {reason}", place=str(path), remedy="check its rights"
        ) from None
    if len(data) > largest:
        raise _huge(path, largest)
    return data


def _absent(path: Path) -> str:
    return "it is not a regular file" if path.exists() else "there is no such file"


def _huge(path: Path, largest: int) -> InvalidInput:
    return InvalidInput(
        f"it has more than {largest // 1024} KiB",
        place=str(path),
        remedy="nobody writes so much by hand: name the right file",
    )
