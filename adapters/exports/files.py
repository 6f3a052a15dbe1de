"""Exporting to a new file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import orjson
from attrs import frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import InvalidInput


@frozen
class ExportFile:
    """A file that is not there yet; it is on the disk when `send` returns."""

    path: Path

    @property
    def shown(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def send(self, document: Mapping[str, JSON]) -> None:
        """Write the document as indented JSON; raise `InvalidInput` for a file that is there or cannot be."""
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise InvalidInput(
                "the file is there already", place=self.shown, remedy="name another, or remove it"
            ) from None
        except (OSError, ValueError) as error:
            raise self._unwritable(error) from error
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self.path.unlink(missing_ok=True)
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError | ValueError) -> InvalidInput:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        return InvalidInput(
            f"it cannot be written: {reason}", place=self.shown, remedy="name a file in a folder of yours"
        )
