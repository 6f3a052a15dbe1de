"""`jackfield publish`: versions from files to the platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.entrypoints.cli.options import NamedPath, Options, common, pass_options

if TYPE_CHECKING:
    from jackfield.domain.model.prompts import PromptDefinition
    from jackfield.domain.services.prompts import Published
    from jackfield.entrypoints.core import Acting


@click.command(
    short_help="Publish the versions in prompt files.",
    epilog="Example: jackfield publish prompts/escalation.prompt --reason CHG-4471",
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=NamedPath())
@common
@pass_options
def publish(options: Options, paths: tuple[Path, ...]) -> None:
    """Publish the versions in prompt files.

    All files are checked first; with a problem in any, nothing is sent. What is live stays, but the very
    first version of a prompt is live at once. A version that is there already is left alone.
    """
    from jackfield.entrypoints.cli.output import say, show_json
    from jackfield.entrypoints.files.checked import load_files

    definitions = load_files(paths)
    views = list[dict[str, object]]()
    try:
        with options.acting() as me:
            for definition in definitions:
                done = _published(me, definition)
                views.append(_view(done))
                if not options.json:
                    for finding in done.findings:
                        say(str(finding))
                    click.echo(_line(str(done), changed=done.changed, live=done.live))
        options.output.done = True
    finally:  # what was published before a failure is said as well
        if options.json and views:
            show_json({"published": views})


def _view(done: Published) -> dict[str, object]:
    from jackfield.entrypoints.cli.views import finding_view

    return {
        "name": done.name,
        "version": done.number,
        "changed": done.changed,
        "live": done.live,
        "findings": [finding_view(finding) for finding in done.findings],
    }


def _published(me: Acting, definition: PromptDefinition) -> Published:
    """Publish; an error of a call, which names an address, also says for which of the prompts."""
    from jackfield.domain.model.errors import JackfieldError

    try:
        return me.prompts.publish(definition)
    except JackfieldError as error:
        if not error.place.startswith("prompt "):
            error.place = f"prompt {definition.name} {definition.version}, {error.place}"
        raise


def _line(version: str, *, changed: bool, live: bool) -> str:
    word = "published" if changed else "is published already"
    return f"{version} {word}{', and is live' if live else ''}"
