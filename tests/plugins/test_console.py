"""The built-in plugin `console`: a bar on a terminal, and nothing anywhere else."""

from __future__ import annotations

import io
import sys

import pytest

from jackfield.domain.model.progress import Progress
from jackfield.entrypoints.plugging.plugged import Plugged, open_plugins
from jackfield.entrypoints.settings import OwnPlugins
from jackfield.plugins.builtin.console import Console


class Terminal(io.StringIO):
    """Standard error of somebody who looks at it."""

    def isatty(self) -> bool:
        return True


def _terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Called in the test itself: pytest puts its own standard error back behind the fixtures."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    return terminal


def _apply(console: Console, total: int = 3) -> None:
    for done in range(1, total + 1):
        console.jackfield_progress(Progress(work="apply", done=done, total=total, item=f"a{done}\x1b[2J"))


def test_a_bar_is_drawn_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    console = Console()
    console.jackfield_progress(Progress(work="apply", done=1, total=3, item="greeting"))
    console.jackfield_progress(Progress(work="apply", done=2, total=3, item="refund"))
    console.jackfield_progress(Progress(work="apply", done=3, total=3, item="goodbye"))
    shown = terminal.getvalue()
    assert "apply refund" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def test_what_others_wrote_does_not_move_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    _apply(Console())
    assert "\x1b[2J" not in terminal.getvalue()


def test_what_the_program_writes_meanwhile_stays_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _terminal(monkeypatch)
    console = Console()
    console.jackfield_progress(Progress(work="apply", done=1, total=3))
    print('{"a line": "of JSON"}')
    console.close()
    assert capsys.readouterr().out == '{"a line": "of JSON"}\n'


def test_work_that_breaks_off_leaves_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    console = Console()
    console.jackfield_progress(Progress(work="apply", done=1, total=3))
    console.close()
    assert "\x1b[?25h" in terminal.getvalue()


def test_nothing_is_drawn_through_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    _apply(Console())
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("console", "names"), [(True, ["console", "tokens", "redact"]), (False, ["tokens", "redact"])]
)
def test_only_the_command_draws(console: bool, names: list[str]) -> None:
    host = open_plugins(OwnPlugins(), plugged=Plugged(sources=(), console=console))
    assert [report.name for report in host.reports()] == names
