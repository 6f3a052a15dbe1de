"""A progress bar on the terminal, for long pieces of work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from attrs import define, field

from jackfield.domain.model.progress import Progress
from jackfield.plugins.markers import hookimpl

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


@define
class Console:
    """Draws on standard error while work lasts, and takes the bar away when it ends; only on a terminal."""

    _bar: Bar | None = field(default=None, init=False)
    _task: TaskID | None = field(default=None, init=False)

    @hookimpl
    def jackfield_progress(self, progress: Progress) -> None:
        """Draw how far it has come."""
        if progress.done >= progress.total:
            self.close()
        elif sys.stderr.isatty():
            self._draw(progress)

    def close(self) -> None:
        """Take the bar away."""
        bar, self._bar, self._task = self._bar, None, None
        if bar is not None:
            bar.stop()

    def _draw(self, progress: Progress) -> None:
        text = "".join(c if c.isprintable() else "?" for c in f"{progress.work} {progress.item}")
        if self._bar is None or self._task is None:
            self._bar = _bar()
            self._task = self._bar.add_task(text, total=progress.total)
            self._bar.start()
        self._bar.update(self._task, completed=progress.done, description=text)


def _bar() -> Bar:
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Rich

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    terminal = Terminal(stderr=True)
    return Rich(*columns, console=terminal, transient=True, redirect_stdout=False, redirect_stderr=False)
