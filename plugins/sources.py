"""Where plugins come from: Jackfield itself, and the entry points of what is installed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

from attrs import frozen

from jackfield.plugins.isolation import Junk

GROUP: Final = "jackfield"
_INSTALLED: Final = (".dist-info", ".egg-info")
OWN: Final = "jackfield"
"""The distribution of the built-in plugins."""

BUILT_IN: Final = {
    "console": "jackfield.plugins.builtin.console:Console",
    "tokens": "jackfield.plugins.builtin.tokens:Tokens",
    "webhooks": "jackfield.plugins.builtin.webhooks:Webhooks",
    "registry": "jackfield.plugins.builtin.registry:Registry",
    "feedback": "jackfield.plugins.builtin.feedback:FeedbackWebhook",
    "crm": "jackfield.plugins.builtin.crm:Crm",
    "genesys-audit": "jackfield.plugins.builtin.genesys_audit:GenesysAudit",
    "jsonl": "jackfield.plugins.builtin.jsonl:Jsonl",
    "log-lines": "jackfield.plugins.builtin.log_lines:LogLines",
    "prometheus": "jackfield.plugins.builtin.prometheus:Prometheus",
    "telemetry": "jackfield.plugins.builtin.telemetry:Telemetry",
    "otel": "jackfield.plugins.builtin.otel:OpenTelemetry",
    "redact": "jackfield.plugins.builtin.redact:Redact",
}
ON_REQUEST: Final = frozenset(BUILT_IN) - {"console", "tokens", "redact"}
"""Those that are loaded only where the settings have a table of theirs."""


@frozen(kw_only=True)
class Source:
    """A plugin that is not imported yet: its name, who brings it, and how to come by it."""

    name: str
    load: Callable[[], object]
    distribution: str = ""
    version: str = ""
    built_in: bool = False

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip() or "an unknown distribution"


def built_in() -> tuple[Source, ...]:
    """Return Jackfield's own plugins."""
    return tuple(
        Source(name=name, load=_loader(path), distribution=OWN, built_in=True)
        for name, path in BUILT_IN.items()
    )


def installed() -> tuple[Source, ...]:
    """Return the plugins that are installed, by name; nothing of them is imported."""
    if not _may_be_any():
        return ()
    return tuple(sorted(_entry_points(), key=lambda source: (source.name, source.distribution)))


def _may_be_any() -> bool:
    """Look for our group where distributions tell theirs: `importlib.metadata` takes longest of all to load.

    Wherever they may stand anywhere else, it is asked.
    """
    others = (each for each in sys.meta_path if each is not PathFinder)
    if any(hasattr(each, "find_distributions") for each in others):
        return True
    return any(_tells_ours(Path(entry)) for entry in dict.fromkeys(sys.path))


def _tells_ours(folder: Path) -> bool:
    if folder.suffix.lower() == ".egg":
        return True
    try:
        return any(_is_in(each) for each in folder.iterdir() if each.name.lower().endswith(_INSTALLED))
    except OSError:
        return folder.is_file()  # an archive


def _is_in(installed: Path) -> bool:
    try:
        return f"[{GROUP}]".encode() in (installed / "entry_points.txt").read_bytes()
    except OSError:
        return False


def _entry_points() -> Iterator[Source]:
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP):
        distribution = point.dist
        yield Source(
            name=point.name,
            load=point.load,
            distribution=distribution.name if distribution else "",
            version=distribution.version if distribution else "",
        )


def absent(name: str) -> Source:
    """Return a plugin that settings name and that nobody gives."""

    def load() -> object:
        raise Junk("it is not installed")

    return Source(name=name, load=load)


def _loader(path: str) -> Callable[[], object]:
    def load() -> object:
        module, _, name = path.partition(":")
        found: object = import_module(module)
        for part in filter(None, name.split(".")):
            found = part_of(found, part, module)
        return found

    return load


def part_of(whole: object, name: str, place: str) -> object:
    """Return what *whole* calls *name*; raise `Junk` that says so if it has none."""
    found: object = getattr(whole, name, None)
    if found is None:
        raise Junk(f"{place} has no class {name}")
    return found


def named(path: str) -> Source:
    """Return the plugin at `MODULE` or `MODULE:OBJECT`, which need not be installed."""
    return Source(name=path.replace(":", ".").rpartition(".")[2].lower(), load=_loader(path))
