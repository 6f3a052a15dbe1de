"""The wheel holds every module, no link, and works alone."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("adapters", "domain", "entrypoints", "plugins", "ports")


def _tracked() -> set[str]:
    """The package's files that git knows, by their names in the wheel."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [line for line in done.stdout.splitlines() if not (ROOT / line).is_symlink()]
    inside = {f"jackfield/{f}" for f in files if f.split("/")[0] in LAYERS}
    return inside | {f.removeprefix("src/") for f in files if f.startswith("src/jackfield/")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_exactly_the_tracked_modules(wheel: Path) -> None:
    names = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert names == _tracked()


def test_the_wheel_holds_no_link(wheel: Path) -> None:
    links = [
        i.filename
        for i in zipfile.ZipFile(wheel).infolist()
        if (i.external_attr >> 16) & 0o170000 == 0o120000
    ]
    assert links == []


def test_the_wheel_works_beside_a_foreign_package_named_domain(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "domain").mkdir()
    (site / "domain" / "__init__.py").write_text("raise SystemExit('the foreign package was imported')\n")
    libraries = next(p for p in sys.path if p.endswith("site-packages"))
    done = subprocess.run(
        [str(environment / "bin" / "jackfield"), "demo"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"PYTHONPATH": libraries},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_the_locks_name_no_index() -> None:
    text = "".join(p.read_text() for p in (ROOT / "requirements").glob("*.lock"))
    assert "://" not in text


def test_every_dependency_is_pinned_in_the_lock() -> None:
    lines = [line for line in (ROOT / "requirements" / "dev.lock").read_text().splitlines() if line]
    assert [line for line in lines if "==" not in line] == []
