"""A process that has imported all of Jackfield's command; it forks once for each program it is asked for.

What is asked for comes over a socket: a program with its arguments, environment and folder, and the files
that are its standard streams. A line with its process id goes back at once, and one with how it ended.
A child leaves this module's loop, and is from then on what a new interpreter would be: it runs the program,
and ends as every interpreter does.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

_PRELOADED: Final = (
    "jackfield.adapters.genesys.transport",
    "jackfield.adapters.simulator.server",
    "jackfield.adapters.sqlite",
    "jackfield.entrypoints.bootstrap",
    "jackfield.entrypoints.cli.run",
    "rich.console",
    "rich.table",
    "rich.text",
)
_LONGEST: Final = 1_000_000
_STREAMS: Final = 3


def serve(line: socket.socket) -> dict[str, Any] | None:
    """Fork for whoever asks; return in the children, with what was asked for, and at the end, with None."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, _wake)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    told = dict[int, int]()
    while True:
        ready, _, _ = select.select([line.fileno(), reading], [], [])
        if reading in ready:
            os.read(reading, 4_096)
            _tell_who_ended(told)
        if line.fileno() in ready:
            content, files, _, _ = socket.recv_fds(line, _LONGEST, _STREAMS + 1)
            if not content:
                return None
            child = os.fork()
            if child == 0:
                signal.set_wakeup_fd(-1)
                for each in (line.detach(), reading, writing, files.pop(), *told.values()):
                    os.close(each)
                _take(files)
                return dict(json.loads(content))
            told[child] = files.pop()
            os.write(told[child], f"{child}\n".encode())
            for each in files:
                os.close(each)


def _wake(_number: int, _frame: FrameType | None) -> None:
    """That a signal has come stands in the pipe already."""


def _tell_who_ended(told: dict[int, int]) -> None:
    while told:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            return
        os.write(told[child], f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os.close(told.pop(child))


def _take(files: list[int]) -> None:
    """Have these as the standard streams, and the signals of a new process."""
    for number, each in enumerate(files):
        os.dup2(each, number)
        os.close(each)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdin = sys.__stdin__ = _stream(0, "r")  # type: ignore[misc]  # as an interpreter sets them
    sys.stdout = sys.__stdout__ = _stream(1, "w")  # type: ignore[misc]  # as above
    sys.stderr = sys.__stderr__ = _stream(2, "w")  # type: ignore[misc]  # as above


def _stream(number: int, mode: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        open(number, f"{mode}b", closefd=False),  # open as long as the process is there
        encoding="utf-8",
        errors={0: "strict", 1: "strict"}.get(number, "backslashreplace"),
        newline="\n" if mode == "w" else None,
        line_buffering=number == 2 or os.isatty(number),
    )


def become(asked: dict[str, Any]) -> None:
    """Run the program."""
    os.environ.clear()
    os.environ.update(asked["environ"])
    os.chdir(asked["folder"])
    program, *arguments = asked["line"]
    if program == "-c":
        sys.path[0], sys.argv = "", ["-c", *arguments[1:]]
        exec(arguments[0], {"__name__": "__main__"})  # noqa: S102  # a program of a test
    elif program == "-m":
        sys.path[0], sys.argv = asked["folder"], arguments
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0], sys.argv = str(Path(program).parent), asked["line"]
        from jackfield.entrypoints.cli import main

        main()


def _preload() -> None:
    postgres = ("jackfield.adapters.postgres",) if importlib.util.find_spec("psycopg") else ()
    for name in (*_PRELOADED, *postgres):
        importlib.import_module(name)
    commands = importlib.import_module("jackfield.entrypoints.cli.commands")
    for each in pkgutil.iter_modules(commands.__path__, "jackfield.entrypoints.cli.commands."):
        if each.name.rpartition(".")[2] != "serve":
            importlib.import_module(each.name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as line:
        _preload()
        wanted = serve(line)
    if wanted is not None:
        become(wanted)
