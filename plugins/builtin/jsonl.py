"""The log as a file of JSON lines, for whoever collects files."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import ClassVar, Final

from attrs import define, field, frozen

from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Retry
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.event_types import told
from jackfield.domain.model.events import Entry
from jackfield.domain.model.exports import exported
from jackfield.plugins.markers import hookimpl
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Http

NAME: Final = "jsonl"
EVERYTHING: Final = ("*", "delivery.*")


def _file(_instance: object, _field: object, path: str) -> None:
    """Admit what can name a file: whether it can be written is seen with each line."""
    if not path.isprintable() or not path:
        raise InvalidInput("path is that of a file", place="path")
    try:
        Path(path).expanduser()
    except RuntimeError:
        raise InvalidInput(
            "path begins with a ~ that stands for no folder; write the folder out", place="path"
        ) from None


@frozen(kw_only=True)
class JsonlSettings:
    """`[plugins.jsonl]`: the file that lines are appended to, and which events."""

    path: str = field(validator=_file)
    types: tuple[str, ...] = field(default=EVERYTHING, converter=told)


@frozen
class Jsonl:
    """Gives the destination `jsonl`."""

    Settings: ClassVar[type[JsonlSettings]] = JsonlSettings

    settings: JsonlSettings

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[LinesFile]:
        """Give the one destination."""
        del settings, http  # a file needs neither
        return [LinesFile(path=Path(self.settings.path).expanduser(), wants=self.settings.types)]


@define(kw_only=True)
class LinesFile:
    """Appends each entry as an exported line, on the disk when it is taken as delivered.

    The file is opened for each line, so it may be moved away or cut at any time. A line that a crash left
    unfinished is ended first.
    """

    path: Path
    wants: tuple[str, ...]
    name: str = NAME
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def deliver(self, entry: Entry) -> Delivery:
        """Append it; a folder that is away or full is tried again."""
        line = canonical(exported(entry)).encode() + b"\n"
        try:
            with self._lock:
                self._append(line)
        except OSError as error:
            return Retry(reason=f"the file cannot be written: {error.strerror}")
        return Delivered()

    def _append(self, line: bytes) -> None:
        new = not self.path.exists()
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(file).st_size
            torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            _write(file, b"\n" + line if torn else line)
            os.fsync(file)
        finally:
            os.close(file)
        if new:
            _sync_folder(self.path.parent)

    def close(self) -> None:
        """Nothing is open between two lines."""


def _write(file: int, line: bytes) -> None:
    while line:
        line = line[os.write(file, line) :]


def _sync_folder(folder: Path) -> None:
    """A new file's name is safe only when its folder is."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
