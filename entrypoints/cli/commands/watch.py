"""`jackfield rollout watch`: steps until the rollout ends."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from jackfield.entrypoints.cli.completing import prompt_names
from jackfield.entrypoints.cli.delivering import delivering, pass_on
from jackfield.entrypoints.cli.leaving import is_left
from jackfield.entrypoints.cli.options import Options, common, pass_options
from jackfield.entrypoints.cli.periods import Period
from jackfield.entrypoints.cli.signals import stoppable

if TYPE_CHECKING:
    from jackfield.domain.model.errors import JackfieldError
    from jackfield.domain.services.rollouts import Stepped

TAKEN_BACK: Final = 6
"""A code of its own: 3 is also a conflict or a refusal, after which the version goes on."""


@click.command(epilog="Example: jackfield rollout watch escalation --every 1m")
@click.argument("name", shell_complete=prompt_names)
@click.option("--every", type=Period(), default="30s", show_default=True, help="How often it steps.")
@common
@pass_options
def watch(options: Options, name: str, every: timedelta) -> int:
    """Step until the rollout ends: 0 if its version is live then, 6 if it was taken back or stopped.

    What may pass, such as a platform or a ledger that is away, is tried again. Ctrl-C ends behind the step
    that is under way; the rollout stays where it is, and another watch goes on with it.
    """
    from jackfield.domain.model.errors import JackfieldError
    from jackfield.domain.model.rollouts import Phase
    from jackfield.domain.services.rollouts import Stepped

    last: Stepped | None = None
    said = ""
    with options.core() as core, delivering(core, json=options.json), stoppable("step") as stop:
        actor, reason = options.who_and_why()
        me = core.acting_as(actor, reason=reason)  # whose ledger may be away: that passes
        options.changes()

        def ends() -> bool:
            return stop() or is_left(options.output)

        for outcome in me.rollouts.watch(name, every=max(every, timedelta(seconds=1)), stop=ends):
            text = str(outcome)
            if text != said:  # one line for each news, not for each look
                _say(options, outcome)
            said = text
            last = outcome if isinstance(outcome, Stepped) else last
            with suppress(JackfieldError):  # it may last for days: others hear of a move when it is made
                pass_on(core)
    if options.output.is_unread:
        return 0  # which becomes the code of a reader that left
    if stop():
        click.echo("ended; the rollout stays where it is, and another watch goes on with it", err=True)
        return stop.exit_code
    return 0 if last is not None and last.rollout.phase is Phase.LIVE else TAKEN_BACK


def _say(options: Options, outcome: Stepped | JackfieldError) -> None:
    """Write a line; with `--format json` one object a line."""
    import json

    from jackfield.domain.services.rollouts import Stepped
    from jackfield.entrypoints.cli.output import printable, say
    from jackfield.entrypoints.cli.rolling import stepped_view
    from jackfield.entrypoints.cli.run import exit_code
    from jackfield.entrypoints.cli.views import error_view

    if not isinstance(outcome, Stepped):
        view = {"error": error_view(outcome, exit_code(outcome))}
        text = json.dumps(view, ensure_ascii=False) if options.json else f"waiting: {printable(str(outcome))}"
        click.echo(text, err=True)
    elif options.json:
        click.echo(json.dumps(stepped_view(outcome), ensure_ascii=False))
    else:
        say(str(outcome))
