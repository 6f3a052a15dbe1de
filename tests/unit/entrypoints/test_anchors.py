"""Files of anchors: a line is written whole or not at all."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jackfield.domain.model.anchors import Anchor
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import Position
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.files.anchors import append_anchor, read_anchors
from tests import forks

ANCHOR = Anchor(
    organization=organization("acme"),
    position=Position(6),
    hash="a" * 64,
    time=datetime(2026, 8, 1, tzinfo=UTC),
)
ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.files.anchors import append_anchor
from tests.unit.entrypoints.test_anchors import ANCHOR

path, room = Path(sys.argv[1]), int(sys.argv[2])
size = path.stat().st_size if path.exists() else 0
resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.RLIM_INFINITY))
try:
    append_anchor(path, ANCHOR)
except InvalidInput as error:
    print(error)
"""


def on_a_full_disk(path: Path, room: int) -> str:
    """Append where only so many bytes fit; return the error that was raised."""
    done = forks.run("-c", ON_A_FULL_DISK, str(path), str(room), cwd=Path.cwd(), env=os.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.mark.parametrize("room", [0, 1, 50])
@pytest.mark.parametrize("before", [0, 1, 3])
def test_an_anchor_that_does_not_fit_is_an_error_and_leaves_the_file(
    tmp_path: Path, before: int, room: int
) -> None:
    path = tmp_path / "anchors.jsonl"
    for _ in range(before):
        append_anchor(path, ANCHOR)
    found = path.read_bytes() if before else b""

    said = on_a_full_disk(path, room)

    assert said.startswith(f"{path}: it cannot be written: File too large; ")
    assert path.read_bytes() == found


def test_after_an_anchor_that_did_not_fit_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    append_anchor(path, ANCHOR)
    on_a_full_disk(path, 50)

    append_anchor(path, ANCHOR)

    assert read_anchors(path) == (ANCHOR, ANCHOR)


def test_an_anchor_never_continues_a_line(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    append_anchor(path, ANCHOR)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))

    append_anchor(path, ANCHOR)

    assert read_anchors(path) == (ANCHOR, ANCHOR)


@pytest.mark.parametrize("text", ["---\nname: card\n---\nhello\n", "{}\n", "\n", "\xff"])
def test_a_file_of_something_else_is_left_as_it_was(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.prompt"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"card\.prompt, line 1: "):
        append_anchor(path, ANCHOR)

    assert path.read_text(encoding="utf-8") == text


def test_a_file_of_anchors_takes_another_behind_a_line_that_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    append_anchor(path, ANCHOR)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"organ')

    append_anchor(path, ANCHOR)

    assert len(path.read_text(encoding="utf-8").splitlines()) == 3
