"""`jackfield audit erase`: payloads go, the chain stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from jackfield.entrypoints.cli.completing import prompt_names
from jackfield.entrypoints.cli.delivering import delivering
from jackfield.entrypoints.cli.options import Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.entrypoints.settings import Settings


class Moment(click.ParamType[datetime]):
    """A day, or a moment with its zone."""

    name = "date"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the text; a day begins in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail("a date is such as 2026-08-01, or 2026-08-01T12:00Z", param, ctx)
        if moment.tzinfo is None and "T" in value.upper():
            self.fail("a time needs its zone: write such as 2026-08-01T12:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command(
    short_help="Erase payloads; the chain still verifies.",
    epilog="Example: jackfield audit erase --prompt escalation --reason 'request 118'",
)
@click.option("--prompt", metavar="NAME", shell_complete=prompt_names, help="All of one prompt.")
@click.option("--session", metavar="ID", help="All of one session, and its customer.")
@click.option("--before", metavar="DATE", type=Moment(), help="All entries older than this.")
@click.option("--entry", "entries", type=int, multiple=True, metavar="N", help="This entry; may be repeated.")
@click.option("--expired", is_flag=True, help="All entries older than the setting 'retention'.")
@common
@pass_options
def erase(
    options: Options,
    prompt: str | None,
    session: str | None,
    before: datetime | None,
    entries: tuple[int, ...],
    *,
    expired: bool,
) -> None:
    """Erase payloads of audit entries. Who did what and when stays, and so does the chain.

    The bytes are gone from the ledger's files, not from backups and exports. Prompts and their versions
    are no payloads: they stay. Of a session, which must be over, the customer and the attributes that are
    kept of it go too. An entry of its own tells who erased, and why.
    """
    from jackfield.entrypoints.cli.output import show_json

    named = sum(each is not None for each in (prompt, session, before))
    if named + bool(entries) + expired != 1:
        raise click.UsageError("name one of --prompt, --session, --before, --entry, --expired")
    with options.core() as core:
        actor, reason = options.who_and_why()
        audit = core.auditing_as(actor, reason=reason)
        options.interrupted = "interrupted; 'jackfield audit list' shows whether it was erased"
        with delivering(core, json=options.json):
            if expired:
                count = audit.erase_older(_retention(core.settings))
            else:
                count = audit.erase(prompt=prompt, session=session, before=before, positions=entries)
    options.output.done = True
    if options.json:
        show_json({"erased": count})
    else:
        click.echo(f"{count} payloads erased" if count else "there was no payload to erase")


def _retention(settings: Settings) -> timedelta:
    from jackfield.domain.model.errors import InvalidInput

    if settings.retention is None:
        raise InvalidInput(
            "nothing says how long payloads are kept",
            place="audit.retention",
            remedy="set retention in [audit] of jackfield.toml, such as '90d'",
        )
    return settings.retention
