"""`jackfield sessions crm`: what a CRM is sent of a session that is over, without sending it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jackfield.domain.model.events import Entry
    from jackfield.entrypoints.cli.views import View
    from jackfield.entrypoints.core import Core
    from jackfield.ports.previews import PlannedCall, Preview


@click.command(
    "crm",
    short_help="Show what a CRM is sent of a session, without sending it.",
    epilog="Example: jackfield sessions crm 0190f0c6-3c2b-7d1e-9a44-5f0c2b8e7a10",
)
@click.argument("session")
@common
@pass_options
def crm(options: Options, session: str) -> None:
    """Show the call that each destination makes of SESSION, which is over; nothing is sent.

    Secrets are masked. What a header's value or the URL says in jackfield.toml is shown.
    """
    from jackfield.entrypoints.cli.output import show_json

    with options.core() as core:
        found = dict(_previews(core, _end_of(core, session)))
    if not found:
        raise _nobody()
    if options.json:
        show_json({"session": session, "destinations": [_view(*each) for each in found.items()]})
        return
    for name, preview in found.items():
        _show(name, preview)


def _end_of(core: Core, session: str) -> Entry:
    """Return the entry that says that it is over."""
    from jackfield.domain.model.errors import Conflict, NotFound
    from jackfield.domain.model.events import Outcome
    from jackfield.domain.model.sessions.happenings import END

    entries = list(_entries(core, session))
    if not entries:
        raise NotFound(
            "there is no such session here",
            place=f"session {session}",
            remedy="list them with 'jackfield sessions list'; another target or ledger may have it",
        )
    for entry in reversed(entries):
        if (entry.event.type, entry.event.outcome) == (END, Outcome.SUCCEEDED):
            return entry
    raise Conflict(
        "the session is not over: a CRM hears of it when it is",
        place=f"session {session}",
        remedy=f"'jackfield sessions show {session}' says how it stands",
    )


def _entries(core: Core, session: str) -> Iterator[Entry]:
    from jackfield.domain.model.events import START
    from jackfield.domain.model.subjects import Kind, Subject

    audit, after = core.audit, START
    subject = Subject(audit.organization, Kind.SESSION, session)
    while page := audit.ledger.follow(audit.organization, after, 500, subject):
        yield from page
        after = page[-1].position


def _previews(core: Core, entry: Entry) -> Iterator[tuple[str, Preview]]:
    """Ask each destination that hears of *entry*; those that cannot tell are left out."""
    from jackfield.domain.model.deliveries.wanting import wanted
    from jackfield.plugins.destinations import GuardedDestination

    for each in core.deliveries.destinations():
        if isinstance(each, GuardedDestination) and wanted(each.wants, entry.event, by=each.name):
            preview = each.preview(entry)
            if preview is not None:
                yield each.name, preview


def _nobody() -> Exception:
    from jackfield.domain.model.errors import InvalidInput

    return InvalidInput(
        "no destination says what it would send",
        place="jackfield.toml",
        remedy="a table [plugins.crm] makes one; 'jackfield deliveries' says if one is broken",
    )


def _view(name: str, preview: Preview) -> View:
    from jackfield.ports.previews import NoCall

    if isinstance(preview, NoCall):
        return {"name": name, "call": None, "why": preview.why, "refused": preview.refused}
    call: View = {
        "method": preview.method,
        "url": preview.url,
        "headers": dict(preview.headers),
        "body": _read(preview),
    }
    return {"name": name, "call": call, "why": None, "refused": False}


def _show(name: str, preview: Preview) -> None:
    from jackfield.entrypoints.cli.output import say
    from jackfield.ports.previews import NoCall

    if isinstance(preview, NoCall):
        verdict = "refused, as a dead letter" if preview.refused else "nothing is sent"
        say(f"{name}: {verdict}: {preview.why}")
        return
    say(f"{name}: {preview.method} {preview.url}")
    for header, value in preview.headers.items():
        say(f"{header}: {value}")
    say("")
    for line in _shown(preview).splitlines():
        say(line)


def _shown(call: PlannedCall) -> str:
    found = _read(call)
    return found if isinstance(found, str) else json.dumps(found, indent=2, ensure_ascii=False)


def _read(call: PlannedCall) -> object:
    """Return the body as JSON, or as the text that it is."""
    try:
        return json.loads(call.body)
    except ValueError:
        return call.body
