"""State folders that cannot be: each is refused with our own error, which names the setting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.files.folders import own_folder


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


def test_a_folder_that_many_share_is_not_to_be_changed(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)

    with pytest.raises(InvalidInput, match=r"other users can write.*; choose another path"):
        own_folder(tmp_path / "dev")


def test_a_folder_with_other_things_is_not_to_be_changed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    tmp_path.chmod(0o777)

    with pytest.raises(InvalidInput, match=r"other users can write.*; choose another path"):
        own_folder(tmp_path / "dev")


def test_a_state_folder_that_others_can_write_to_is_to_be_closed(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "ledger.db").touch()
    tmp_path.chmod(0o777)

    with pytest.raises(InvalidInput, match=rf"; chmod 700 {tmp_path} "):
        own_folder(tmp_path / "dev")


def test_a_folder_that_cannot_be_made_names_the_setting() -> None:
    with pytest.raises(InvalidInput, match=r"; choose another path .*, and name it in JACKFIELD_STATE$"):
        own_folder(Path("/proc/nowhere/dev"))
