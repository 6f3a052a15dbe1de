"""The open file that ledger and leases share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import apsw

from jackfield.adapters.group import GroupCommit
from jackfield.adapters.sqlite.connections import open_reader, open_writer
from jackfield.adapters.sqlite.files import prepare
from jackfield.adapters.sqlite.presence import Presence
from jackfield.adapters.sqlite.readers import Readers
from jackfield.adapters.sqlite.soundness import look_after_a_crash
from jackfield.adapters.sqlite.writer import Errand, Job, Writer
from jackfield.adapters.writes import Outcome, Request
from jackfield.domain.model.errors import OpenedBeforeFork

_T = TypeVar("_T")


class OpenFile:
    """One opening of the file: a connection that writes for all threads, and as many readers as it takes."""

    def __init__(self, path: Path, patience: timedelta) -> None:
        """Open the file at *path*, or make it; check it whole if the last process did not close it."""
        self.path = path.absolute()
        self.patience = patience
        prepare(self.path)
        self._process = os.getpid()
        self._presence = Presence(self.path, patience, lambda: look_after_a_crash(self.path, patience))
        try:
            self.connection = open_writer(self.path, patience)
            self._presence.testify()
        except BaseException:
            self._presence.leave()
            raise
        self._commits: GroupCommit[Job, Outcome | None] = GroupCommit(Writer(self.connection, self.place))
        self._readers = Readers(lambda: open_reader(self.path, patience), self.place)

    @property
    def place(self) -> str:
        """The file's path, for messages."""
        return str(self.path)

    def commit(self, request: Request) -> Outcome:
        """Write a commit together with all that wait; it is durable on return."""
        self.check_process()
        return cast("Outcome", self._commits.submit(request))

    def run(self, work: Callable[[apsw.Connection], _T], *, passing: bool = False) -> _T:
        """Write something else, as `Errand` says, together with all that wait; it is durable on return.

        What is *passing* is, as soon as anything else is.
        """
        self.check_process()
        errand = Errand(work, passing=passing)
        self._commits.submit(errand)
        return errand.result

    def rows(self, sql: str, bindings: Sequence[str | int]) -> list[Any]:
        """Return all rows of a query, as of one moment."""
        self.check_process()
        return self._readers.rows(sql, bindings)

    def close(self) -> None:
        """Finish what was begun and let go of the file; closing twice is fine."""
        self.check_process()
        self._commits.close()
        self._readers.close()
        self.connection.close()
        self._presence.leave()

    def check_process(self) -> None:
        """Raise `OpenedBeforeFork` in another process than the one that opened the file."""
        if os.getpid() != self._process:
            raise OpenedBeforeFork(
                "the ledger was opened in another process",
                place=self.place,
                remedy="open it after the fork, once in each process",
            )
