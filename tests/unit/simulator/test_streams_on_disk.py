"""A platform on disk: conversations that another process hears, and a disk that goes away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import FileStore, Platform
from jackfield.adapters.sockets import Socket, SocketClosed
from tests.unit.simulator.faces import (
    ANSWER,
    ASSISTANT,
    AT_ONCE_SAYING,
    Face,
    heard,
    in_process,
    said,
    subscription,
)

ASKER: Final = """
import sys
from pathlib import Path
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import FileStore, Platform
from tests.unit.simulator.faces import ASSISTANT, AT_ONCE_SAYING, in_process
clock, store = FrozenClock(), FileStore(Path(sys.argv[1]))
with in_process(Platform(clock=clock, store=store, assistants={ASSISTANT: AT_ONCE_SAYING}), clock) as face:
    token = face.login()
    print(token, face.ask(token))
store.close()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "simulator.db"


@pytest.fixture
def store(file: Path) -> Iterator[FileStore]:
    opened = FileStore(file)
    yield opened
    opened.close()


@pytest.fixture
def face(store: FileStore) -> Iterator[Face]:
    clock = FrozenClock()
    with in_process(Platform(clock=clock, store=store), clock) as opened:
        yield opened


def test_another_process_hears_what_one_began(file: Path, face: Face) -> None:
    command = [sys.executable, "-c", ASKER, str(file)]
    root = Path(__file__).parents[3]
    told = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True, cwd=root)
    token, conversation = told.stdout.split()
    assert said(heard(face.open(token), conversation)) == ANSWER
    assert face.platform.snapshot()["assistants"][ASSISTANT] == 1


def test_the_next_conversation_is_another_number(file: Path, store: FileStore, face: Face) -> None:
    token = face.login()
    first = face.ask(token)
    again = Platform(clock=FrozenClock(), store=store, assistants={ASSISTANT: AT_ONCE_SAYING})
    with in_process(again, FrozenClock()) as opened:
        assert opened.ask(token) != first
    assert face.platform.snapshot()["assistants"][ASSISTANT] == 2


def test_a_disk_that_goes_away_closes_who_subscribes(store: FileStore, face: Face) -> None:
    token = face.login()
    socket, conversation = face.open(token), face.ask(token)
    store.close()
    socket.send(subscription(conversation))
    assert closed_with(socket) == 1011


def test_a_disk_that_goes_away_closes_who_listens(store: FileStore, face: Face) -> None:
    socket = face.open(face.login())
    store.close()
    face.clock.advance(timedelta(seconds=30))
    assert closed_with(socket) == 1011


def closed_with(socket: Socket) -> int:
    with pytest.raises(SocketClosed) as closed:
        socket.receive(1)
    return closed.value.code
