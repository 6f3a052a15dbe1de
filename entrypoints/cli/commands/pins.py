"""`jackfield rollout rotate-key`: a new key for the pins of conversations."""

from __future__ import annotations

import click

from jackfield.entrypoints.cli.options import Options, common, pass_options


@click.command("rotate-key", epilog="Example: jackfield rollout rotate-key --reason 'yearly'")
@common
@pass_options
def rotate_key(options: Options) -> None:
    """Change the key of pins, in two halves: first it is believed, two minutes later it signs."""
    from jackfield.domain.model.events import timestamp
    from jackfield.entrypoints.cli.output import show_json
    from jackfield.entrypoints.cli.views import time_text

    with options.acting() as me:
        again = me.rollouts.rotate_pins()
    if options.json:
        show_json({"done": again is None, "again_after": None if again is None else timestamp(again)})
    elif again is None:
        click.echo("pins are signed with the new key; the old one is believed until the next rotation")
    else:
        click.echo(f"the new key is believed; run it again after {time_text(again)} UTC, and it signs")
