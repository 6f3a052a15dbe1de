"""Plugins as pip leaves them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.command.conftest import House


def write_plugin(folder: Path, name: str, source: str) -> None:
    """Install a plugin as pip leaves it: a module, and its entry point."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(f"from jackfield.plugin import hookimpl\n{source}", encoding="utf-8")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[jackfield]\n{name} = {module}:Plugin\n", encoding="utf-8")


@pytest.fixture
def site(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which plugins are found."""
    site = house.folder / "site"
    site.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.syspath_prepend(str(site))
    yield site
    for name in ("odd", "even"):
        sys.modules.pop(name, None)
