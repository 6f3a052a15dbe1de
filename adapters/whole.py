"""New files that are there whole, or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from jackfield.domain.model.errors import InvalidInput


@contextmanager
def new_file(path: Path) -> Generator[IO[str]]:
    """Yield a text file of mode 0600 that gets its name, durably, when the block ends well.

    Raises `InvalidInput` for a name that is taken, also meanwhile, and for what cannot be written; then
    nothing is left behind.
    """
    try:
        _refuse_taken(path)
        with _beside(path) as part:
            with part.open("w", encoding="utf-8") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _name(part, path)
            _sync(path.parent)
    except OSError as error:
        raise InvalidInput(
            f"it cannot be written: {error.strerror}",
            place=str(path),
            remedy="name a new file in a folder of yours",
        ) from error


def _refuse_taken(path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


@contextmanager
def _beside(path: Path) -> Generator[Path]:
    descriptor, name = tempfile.mkstemp(prefix=".jackfield-", suffix=".part", dir=path.parent)
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _name(part: Path, path: Path) -> None:
    """Never over a file that came there meanwhile."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        part.replace(path)


def _sync(folder: Path) -> None:
    with suppress(PermissionError):  # a folder on Windows, or one that we may only pass through
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
