"""The plugins: which there are, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator

from jackfield.entrypoints.doctor.findings import Finding, ok, skipped, warning
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.plugging.plugged import surveyed
from jackfield.plugins.standing import PluginState
from jackfield.plugins.types import PluginReport


def plugins(patient: Patient) -> Iterator[Finding]:
    """Load every plugin that is allowed, and tell of each that has trouble; none of them stops the core."""
    reports = surveyed(patient.commands)
    well = [each for each in reports if each.state is PluginState.LOADED and not each.trouble]
    if well:
        yield ok("plugins", f"loaded: {', '.join(map(_name, well))}")
    for each in reports:
        if each.state is PluginState.NOT_ALLOWED:
            yield skipped("plugins", f"{_name(each)} is not allowed ([plugins] allow)")
        elif each not in well:
            trouble = f": {each.trouble}" if each.trouble else ""
            yield warning(
                "plugins",
                f"{_name(each)} {each.state}{trouble}",
                f"'jackfield plugins check {each.name}' tries it out; update it, or leave it out",
            )
    if not reports:
        yield skipped("plugins", "there are none")


def _name(report: PluginReport) -> str:
    origin = f"{report.distribution} {report.version}".strip()
    return f"{report.name} ({origin})" if origin else report.name
