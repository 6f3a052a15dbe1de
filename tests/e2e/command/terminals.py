"""The command on a terminal of so many columns, and what it draws there."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import define

from tests import forks
from tests.e2e.command.conftest import COMMAND, House

NARROW: Final = 40
_ROWS: Final = 24
_PIECE: Final = 65_536


@define(eq=False)
class Terminal:
    """A terminal, the process that draws on it, and what it drew so far."""

    process: subprocess.Popen[bytes]
    ours: int
    drawn: bytes = b""

    @property
    def lines(self) -> list[str]:
        """What was drawn, by lines."""
        return self.text.splitlines()

    @property
    def text(self) -> str:
        """What was drawn."""
        return self.drawn.decode(errors="replace").replace("\r\n", "\n")

    def shows(self, text: bytes) -> None:
        """Wait until *text* was drawn; fail at the end of what comes."""
        while text not in self.drawn:
            assert self._draw(), self.text

    def draws_all(self) -> str:
        """Wait until nothing more comes; return what was drawn."""
        while self._draw():
            continue
        return self.text

    def _draw(self) -> bytes:
        try:
            piece = os.read(self.ours, _PIECE)
        except OSError:  # Linux tells the end of a terminal by EIO
            piece = b""
        self.drawn += piece
        return piece


@contextmanager
def on_a_terminal(
    *arguments: str,
    columns: int = NARROW,
    cwd: Path | None = None,
    apart: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Generator[Terminal]:
    """Run the command while the block lasts; its errors go to a pipe if they stand *apart*."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
    try:
        env = {**os.environ, "TERM": "xterm", **(environ or {})}
        errors = subprocess.PIPE if apart else its
        with forks.kind(env)(
            [COMMAND, *arguments], cwd=cwd, stdin=its, stdout=its, stderr=errors, env=env
        ) as process:
            os.close(its)
            yield Terminal(process, ours)
    finally:
        os.close(ours)


def drawn_on_a_terminal(house: House, *arguments: str, columns: int = NARROW, **environ: str) -> str:
    """Run the command, and return what it drew."""
    with on_a_terminal(*arguments, columns=columns, cwd=house.folder, environ=environ) as terminal:
        drawn = terminal.draws_all()
        assert terminal.process.wait(timeout=60) == 0
    return drawn
