"""`jackfield house-rules`: which rules are in force."""

from __future__ import annotations

import json

import attrs
import click

from jackfield.plugin import Options, common, pass_options
from jackfield_house_rules.rules import HouseRulesSettings


def rules_command(rules: HouseRulesSettings) -> click.Command:
    """Return the command that shows *rules*."""

    @click.command("house-rules", short_help="Show the rules of the house.")
    @common
    @pass_options
    def house_rules(options: Options) -> None:
        """Show what keeps a prompt from going live."""
        if options.json:
            click.echo(json.dumps({"rules": attrs.asdict(rules)}))
            return
        for phrase in rules.forbidden:
            click.echo(f"forbidden: {phrase}")
        for name in rules.required:
            click.echo(f"required:  {{{{{name}}}}}")
        if rules.ticket is not None:
            click.echo(f"ticket:    {rules.ticket}")

    return house_rules
