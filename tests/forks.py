"""Processes that are made of one which has imported everything: imports take longer than what they do.

A `Forked` is a process of its own, with its own streams, folder, environment and end; only the interpreter's
start is not in it. Whoever proves something of that start uses `subprocess`.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, AnyStr, Final

_ZYGOTE: Final = Path(__file__).with_name("zygote.py")


@cache
def _zygote() -> socket.socket:
    """Return the line to the process that forks; it ends with this one."""
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen([sys.executable, str(_ZYGOTE), str(its.fileno())], pass_fds=[its.fileno()])
    its.close()

    def end() -> None:
        mine.close()
        process.wait()

    atexit.register(end)
    return mine


class Forked(subprocess.Popen[AnyStr]):
    """A `Popen` that forks instead of starting an interpreter.

    Its arguments are the command's path and its arguments, or `-c` or `-m` and what a Python has behind them.
    """

    _ended: int
    _waitpid_lock: threading.Lock
    _close_pipe_fds: Callable[..., None]

    def _execute_child(self, args: Sequence[str], *given: Any) -> None:
        """In the place of `Popen`'s own, whose parameters are these in every Python that there is."""
        cwd, env = given[4:6]
        p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite = given[9:15]
        self._ended, ended = os.pipe()
        asked = {
            "line": [str(each) for each in args],
            "environ": dict(os.environ if env is None else env),
            "folder": str(cwd or Path.cwd()),
        }
        own: tuple[int, ...] = (p2cread, c2pwrite, errwrite)
        streams: list[int] = [number if each == -1 else each for number, each in enumerate(own)]
        socket.send_fds(_zygote(), [json.dumps(asked).encode()], [*streams, ended])
        os.close(ended)
        self.pid = int(self._told())
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)

    def _told(self) -> bytes:
        """Return the next line of what the zygote tells; nothing once it has told the end."""
        line = b""
        while not line.endswith(b"\n") and (piece := os.read(self._ended, 1)):
            line += piece
        return line

    def _internal_poll(self, *_: object, **__: object) -> int | None:
        if self.returncode is None and self._waitpid_lock.acquire(False):
            try:
                if self.returncode is None:  # another thread may have waited
                    self._try_wait(os.WNOHANG)
            finally:
                self._waitpid_lock.release()
        return self.returncode

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """Return its id, and how it ended; zeros if it has not and nobody is to wait."""
        if wait_flags and not select.select([self._ended], [], [], 0)[0]:
            return 0, 0
        code = int(self._told() or -signal.SIGKILL)
        os.close(self._ended)
        self._handle_exitstatus(code)
        return self.pid, code

    def _handle_exitstatus(self, sts: int, *_: object, **__: object) -> None:
        self.returncode = sts


def kind(environ: Mapping[str, str]) -> type[subprocess.Popen[Any]]:
    """Return how to start a process there: by an interpreter, if the environment tells that one something."""
    return Forked if _to_python(environ) == _TO_PYTHON else subprocess.Popen


def _to_python(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if value and name.startswith("PYTHON")}


_TO_PYTHON: Final = _to_python(os.environ)


def run(
    *line: str, cwd: Path, env: Mapping[str, str], stdout: int = subprocess.PIPE, timeout: float = 60
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, as `subprocess.run` does; standard error is captured."""
    with kind(env)(line, cwd=cwd, env=env, stdout=stdout, stderr=subprocess.PIPE) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(line, process.returncode, out or b"", err)
