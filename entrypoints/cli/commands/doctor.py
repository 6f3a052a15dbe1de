"""`jackfield doctor`: what works, what does not, and what mends it."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.entrypoints.doctor import Finding, Report

_MARKS: Final = {"ok": "ok", "warning": "WARN", "failed": "FAIL", "skipped": "-"}
_INDENT: Final = " " * 6
_NARROWEST: Final = 20
_NARROW: Final = 60


@click.command(
    short_help="Find out why something does not work.",
    epilog="Example: jackfield doctor --target prod",
)
@common
@pass_options
def doctor(options: Options) -> int:
    """Check the settings, the way to the platform, the token, the endpoints, the ledger and the disk.

    Nothing is changed on the platform, and no check waits more than a few seconds. The exit code is 0, also
    with warnings; else the one that the worst failure has elsewhere.
    """
    from jackfield.entrypoints.cli.group import COMMANDS
    from jackfield.entrypoints.doctor import examine

    with options.logs():
        report = examine(options.target, commands=COMMANDS)
    if options.json:
        from jackfield.entrypoints.cli.output import show_json

        show_json(_view(report))
    else:
        _show(report)
    return max(map(_code, report.findings), default=0)


def _code(finding: Finding) -> int:
    from jackfield.entrypoints.cli.run import exit_code

    return 0 if finding.error is None else exit_code(finding.error)


def _view(report: Report) -> dict[str, object]:
    return {
        "target": report.target,
        "findings": [
            {
                "name": each.name,
                "state": each.state.value,
                "found": each.found,
                "remedy": each.remedy or None,
                "exit_code": _code(each),
            }
            for each in report.findings
        ],
        "settings": [
            {"name": each.name, "value": each.value, "source": each.source} for each in report.settings
        ],
    }


def _show(report: Report) -> None:
    width = max(len(each.name) for each in report.findings)
    for each in report.findings:
        _say(f"{_MARKS[each.state]:<4}  {each.name:<{width}}  ", each.found)
        if each.remedy:
            _say(" " * (width + 8), f"→ {each.remedy}")
    if report.settings:
        click.echo()
    for setting in report.settings:
        _say(f"{setting.name:<15}", f"{setting.value} ({setting.source})")


def _say(head: str, text: str) -> None:
    """Write *text* behind *head*, and what does not fit below it; through a pipe it is one line."""
    import textwrap

    from jackfield.entrypoints.cli.output import say

    if not sys.stdout.isatty():
        say(head + text)
        return
    limit = max(_NARROWEST, shutil.get_terminal_size().columns - 1)
    indent = " " * len(head) if limit > _NARROW else _INDENT
    for line in textwrap.wrap(head + text, limit, subsequent_indent=indent, break_long_words=True):
        say(line)
