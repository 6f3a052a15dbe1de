"""`jackfield audit`: the log of everything that was done, and the proof that nobody changed it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.domain.model.events import Entry

_HASH: Final = re.compile(r"[0-9a-fA-F]{64}")


@click.group(epilog="Example: jackfield audit verify")
@common
def audit() -> None:
    """The audit log: list, verify, export."""


@audit.command("list", epilog="Example: jackfield audit list --prompt escalation --last 20")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="How many, the newest.")
@click.option("--prompt", metavar="NAME", help="Of one prompt only.")
@common
@pass_options
def list_entries(options: Options, last: int, prompt: str | None) -> None:
    """List the newest entries, oldest first."""
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.views import entry_view, time_text

    with options.core() as core:
        entries = core.audit.last(last, prompt=prompt)
    if options.json:
        show_json({"entries": [entry_view(e) for e in entries]})
        return
    if not entries:
        click.echo("the audit log is empty: nothing was changed yet")
        return
    rows = [
        (
            str(e.position),
            time_text(e.event.time),
            e.event.actor,
            _what(e),
            f"{e.event.subject.name} {(e.event.payload or {}).get('version', '')}",
            e.event.reason,
            e.hash[:12],
        )
        for e in entries
    ]
    table(("#", "when (UTC)", "by", "what", "prompt", "why", "hash"), rows)


@audit.command(epilog="Example: jackfield audit verify --head 5f1c...")
@click.option("--head", metavar="HASH", help="A head that was kept elsewhere: it must still be in the chain.")
@common
@pass_options
def verify(options: Options, head: str | None) -> None:
    """Check every entry against the one before it.

    A chain that was rewritten as a whole is only found with a head that was kept elsewhere: keep the one
    that this command prints.
    """
    from jackfield.entrypoints.cli.output import show_json

    with options.core() as core:
        verified = core.audit.verify(anchor=_hash(head))
    if options.json:
        show_json({"entries": verified.entries, "head": verified.head, "detached": verified.detached})
    else:
        detached = f", {verified.detached} without their payload" if verified.detached else ""
        click.echo(f"{verified.entries} entries{detached}: no change found\nhead {verified.head}")


def _hash(text: str | None) -> str | None:
    if text is not None and _HASH.fullmatch(text) is None:
        raise click.BadParameter("a head is 64 hexadecimal digits", param_hint="--head")
    return text.lower() if text else None


@audit.command(epilog="Example: jackfield audit export --output audit.jsonl")
@click.option("--output", type=click.Path(path_type=Path), help="A new file.  [default: standard output]")
@common
@pass_options
def export(options: Options, output: Path | None) -> None:
    """Write every entry as a line of JSON, with its hashes."""
    with options.core() as core:
        if output is None:
            _write(core.audit.entries(), sys.stdout)
            return
        with _new(output) as file:
            count = _write(core.audit.entries(), file)
    click.echo(f"{count} entries written to {output}", err=True)


def _what(entry: Entry) -> str:
    failure = (entry.event.payload or {}).get("error")
    return f"{entry.event.type} {entry.event.outcome}" + (f": {failure}" if failure else "")


def _write(entries: Iterable[Entry], file: IO[str]) -> int:
    from jackfield.entrypoints.cli.views import entry_view

    count = 0
    for entry in entries:
        file.write(json.dumps(entry_view(entry), ensure_ascii=False) + "\n")
        count += 1
    return count


def _new(path: Path) -> IO[str]:
    from jackfield.domain.model.errors import InvalidInput

    try:
        return path.open("x", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"it cannot be written: {error.strerror}",
            place=str(path),
            remedy="name a new file in a folder of yours",
        ) from None
