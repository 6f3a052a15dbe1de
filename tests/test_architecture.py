"""The layers hold, and the public doors are what they say."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

import jackfield
import jackfield.ports

ROOT = Path(__file__).parents[1]


def _ports() -> list[type]:
    modules = [
        importlib.import_module(f"jackfield.ports.{info.name}")
        for info in pkgutil.iter_modules(jackfield.ports.__path__)
    ]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
    ]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_import_contracts_are_kept() -> None:
    done = _run(str(Path(sys.executable).parent / "lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout


def test_a_planted_fault_breaks_a_contract(tmp_path: Path) -> None:
    for layer in ("adapters", "domain", "entrypoints", "plugins", "ports", "src"):
        _run("cp", "-a", layer, str(tmp_path))
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    fault = tmp_path / "domain" / "model" / "versions.py"
    fault.write_text("import jackfield.adapters.clock\n" + fault.read_text())
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'src')!r});"
        "from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Dependencies point inwards BROKEN" in done.stdout


@pytest.mark.parametrize("port", _ports(), ids=lambda port: port.__name__)
def test_every_port_names_real_types(port: type) -> None:
    methods = [m for m in vars(port).values() if inspect.isfunction(m)]
    assert all(get_type_hints(method) is not None for method in methods)


def test_every_port_documents_every_verb() -> None:
    silent = [
        f"{port.__name__}.{name}"
        for port in _ports()
        for name, verb in vars(port).items()
        if inspect.isfunction(verb) and not name.startswith("_") and not verb.__doc__
    ]
    assert silent == []


def test_all_is_what_can_be_imported() -> None:
    missing = [name for name in jackfield.__all__ if getattr(jackfield, name, None) is None]
    assert missing == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = jackfield.nonsense


def test_importing_the_package_loads_no_library() -> None:
    script = "import jackfield, sys; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    heavy = {"attr", "cattrs", "requests", "loguru", "click", "rich", "apsw", "ruamel", "aiohttp", "orjson"}
    assert {name for name in heavy if f"'{name}'" in loaded} == set()


def test_no_module_is_a_drawer() -> None:
    layers = ("adapters", "domain", "entrypoints", "plugins", "ports", "src/jackfield")
    files = [p for layer in layers for p in (ROOT / layer).rglob("*.py") if not p.is_symlink()]
    long = {str(p.relative_to(ROOT)) for p in files if len(p.read_text().splitlines()) > 300}
    assert long == set()
