"""`jackfield audit`: the log of everything that was done, and the proof that nobody changed it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.commands.anchor import anchor
from jackfield.entrypoints.cli.commands.erase import erase
from jackfield.entrypoints.cli.completing import prompt_names
from jackfield.entrypoints.cli.options import NamedPath, Number, Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.domain.model.deliveries.states import Fate
    from jackfield.domain.model.events import Entry

_HASH: Final = re.compile(r"[0-9a-fA-F]{64}")


@click.group(epilog="Example: jackfield audit verify")
@common
def audit() -> None:
    """The audit log: list, verify, export, anchor, erase."""


audit.add_command(anchor)
audit.add_command(erase)


@audit.command("list", epilog="Example: jackfield audit list --prompt escalation --last 20")
@click.option("--last", type=Number(1), default=50, show_default=True, help="How many, the newest.")
@click.option("--prompt", metavar="NAME", shell_complete=prompt_names, help="Of one prompt only.")
@click.option("--session", metavar="ID", help="Of one session only.")
@click.option("--records", is_flag=True, help="Promotions and questions as records; JSON.")
@common
@pass_options
def list_entries(
    options: Options, last: int, prompt: str | None, session: str | None, *, records: bool
) -> None:
    """List the newest entries, oldest first, and what became of each at every destination."""
    from jackfield.entrypoints.cli.output import show_json, table
    from jackfield.entrypoints.cli.records import records_of
    from jackfield.entrypoints.cli.views import entry_view, time_text

    with options.core() as core:
        entries = core.audit.last(last, prompt=prompt, session=session)
        fates = core.deliveries.fates(entries)
        told = records_of(core, entries, fates) if records else []
    if records:
        show_json({"records": told})
        return
    if options.json:
        show_json({"entries": [{**entry_view(e), "deliveries": fates[e.event.id]} for e in entries]})
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
            _about(e),
            e.event.reason,
            _told(fates[e.event.id]),
            e.hash[:12],
        )
        for e in entries
    ]
    table(("#", "when (UTC)", "by", "what", "about", "why", "deliveries", "hash"), rows)


@audit.command(epilog="Example: jackfield audit verify --head 5f1c...")
@click.option("--head", metavar="HASH", help="A head that was kept elsewhere: it must still be in the chain.")
@click.option(
    "--anchor",
    "file",
    metavar="FILE",
    type=NamedPath(),
    help="A file of 'audit anchor': every head in it must still be in the chain.",
)
@common
@pass_options
def verify(options: Options, head: str | None, file: Path | None) -> None:
    """Check every entry against the one before it, and every page of the ledger's file.

    A chain that was rewritten as a whole is only found with a head that was kept elsewhere: keep the one
    that this command prints.
    """
    from jackfield.entrypoints.cli.output import show_json
    from jackfield.entrypoints.files.anchors import read_anchors

    anchors = () if file is None else read_anchors(file)
    with options.core() as core:
        verified = core.audit.verify(anchor=_hash(head), anchors=anchors)
    if options.json:
        show_json(
            {
                "entries": verified.entries,
                "head": verified.head,
                "detached": verified.detached,
                "anchors": len(anchors),
            }
        )
        return
    detached = f", {verified.detached} without their payload" if verified.detached else ""
    kept = "" if file is None else f"\nanchors in the chain: {len(anchors)}"
    click.echo(f"{verified.entries} entries{detached}: no change found\nhead {verified.head}{kept}")


def _hash(text: str | None) -> str | None:
    if text is not None and _HASH.fullmatch(text) is None:
        raise click.BadParameter("a head is 64 hexadecimal digits", param_hint="--head")
    return text.lower() if text else None


@audit.command(epilog="Example: jackfield audit export --output audit.jsonl")
@click.option("--output", metavar="FILE", type=NamedPath(), help="A new file.  [default: standard output]")
@common
@pass_options
def export(options: Options, output: Path | None) -> None:
    """Write every entry as a line of JSON, with its hashes.

    A file gets its name when all of it is written. It is yours alone to read.
    """
    from jackfield.adapters.whole import new_file
    from jackfield.entrypoints.cli.output import say

    with options.core() as core:
        entries = core.audit.entries()
        if output is None:
            _write(takewhile(lambda _: options.output.trouble is None, entries), sys.stdout)
            return
        with new_file(output) as file:
            count = _write(entries, file)
    options.output.done = True
    say(f"{count} entries written to {output}", err=True)


def _told(fates: Mapping[str, Fate]) -> str:
    return ", ".join(f"{name}: {fate}" for name, fate in fates.items()) or "-"


def _about(entry: Entry) -> str:
    """Name the subject, its kind before it; a prompt's version behind it."""
    from jackfield.domain.model.conversations.asks import asked_of

    subject, version = entry.event.subject, (entry.event.payload or {}).get("version", "")
    return f"{subject.kind} {asked_of(subject) or subject.name} {version}".rstrip()


def _what(entry: Entry) -> str:
    said = entry.event.payload or {}
    ended = said.get("end") if entry.event.type == "assistant.ask" else None
    detail = said.get("error") or ended
    return f"{entry.event.type} {entry.event.outcome}" + (f": {detail}" if detail else "")


def _write(entries: Iterable[Entry], file: IO[str]) -> int:
    from jackfield.entrypoints.cli.views import entry_view

    count = 0
    for entry in entries:
        file.write(json.dumps(entry_view(entry), ensure_ascii=False) + "\n")
        count += 1
    return count
