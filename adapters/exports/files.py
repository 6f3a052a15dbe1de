"""Exporting to a new file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson
from attrs import frozen

from jackfield.adapters.whole import new_file
from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import InvalidInput


@frozen
class ExportFile:
    """A file that is not there yet; it is on the disk, whole and by its name, when `send` returns."""

    path: Path

    @property
    def shown(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def send(self, document: Mapping[str, JSON]) -> None:
        """Write the document as indented JSON; raise `InvalidInput` for a file that is there or cannot be."""
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        try:
            with new_file(self.path) as file:
                file.write(text.decode())
        except ValueError as error:
            raise InvalidInput(
                "it cannot be written: it is no path",
                place=self.shown,
                remedy="name a new file in a folder of yours",
            ) from error
