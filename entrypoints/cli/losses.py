"""What plugins lost or failed at while a command ran: one line on standard error, once its core is closed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from json import dumps
from typing import TYPE_CHECKING

import click

from jackfield.entrypoints.cli.options import Options

if TYPE_CHECKING:
    from jackfield.entrypoints.core import Core
    from jackfield.plugins.types import PluginReport


@contextmanager
def losses_told(options: Options) -> Generator[Core]:
    """Open the target that was named; behind the block, when plugins were heard out, say what they lost."""
    core: Core | None = None
    try:
        with options.core() as core:
            yield core
    finally:
        if core is not None:
            _tell(core, json=options.json)


def _tell(core: Core, *, json: bool) -> None:
    from jackfield.entrypoints.cli.output import say

    lost, not_kept = [each for each in core.plugins if _lost(each)], core.host.not_kept
    if not lost and not not_kept:
        return
    if json:
        view = [
            {"name": p.name, "errors": p.errors, "dropped": p.dropped, "trouble": p.trouble} for p in lost
        ]
        click.echo(dumps({"plugins": view, "not_kept": not_kept}, ensure_ascii=False), err=True)
        return
    texts = [f"{not_kept} text(s) not kept in the audit log: they could not be redacted"] if not_kept else []
    say(f"plugins: {'; '.join([*map(_text, lost), *texts])}; see 'jackfield plugins check NAME'", err=True)


def _lost(report: PluginReport) -> bool:
    """Whether it lost or failed something that it was called for; one that never loaded was not called."""
    from jackfield.plugins.standing import PluginState

    return bool(report.dropped or (report.errors and report.state is not PluginState.FAILED))


def _text(report: PluginReport) -> str:
    counts = {"failed": report.errors, "lost": report.dropped}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{report.name} ({': '.join(filter(None, (told, report.trouble)))})"
