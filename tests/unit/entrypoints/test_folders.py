"""State folders that cannot be: each is refused with our own error, which names the setting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.folders import own_folder


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"File name too long.*JACKFIELD_STATE"):
        own_folder(tmp_path / ("a" * 300) / "dev")


def test_a_path_that_may_not_be_looked_at_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_symlink", closed)
    with pytest.raises(InvalidInput, match="Permission denied"):
        own_folder(tmp_path / "state" / "dev")


def test_a_path_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not UTF-8"):
        own_folder(tmp_path / os.fsdecode(b"\xff") / "dev")
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_in_a_folder_that_is_gone_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InvalidInput, match="cannot be the state folder"):
        own_folder(Path("state") / "dev")
