"""New files, and exports to them: there whole and durably, or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jackfield.adapters.exports.files import ExportFile
from jackfield.domain.model.errors import InvalidInput


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were synced."""
    found, real = list[str](), os.fsync

    def fsync(descriptor: int) -> None:
        found.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return found


def test_an_export_is_on_the_disk_with_its_name(tmp_path: Path, synced: list[str]) -> None:
    ExportFile(tmp_path / "x.json").send({"a": 1})
    content, name = synced
    assert (Path(content).parent, Path(name)) == (tmp_path, tmp_path)
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["x.json"]


def test_an_interrupted_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ExportFile(tmp_path / "x.json").send({"a": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("mine")
    with pytest.raises(InvalidInput, match="File exists"):
        ExportFile(tmp_path / "x.json").send({"a": 1})
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x.json", "mine")]


@pytest.mark.parametrize("name", ["no/x.json", "a\0b", "\ud800/x"])
def test_what_is_no_place_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="it cannot be written"):
        ExportFile(tmp_path / name).send({"a": 1})
