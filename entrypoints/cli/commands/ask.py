"""`jackfield ask`: a question to an assistant with a prompt, and the answer as it comes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import frozen
from click.core import ParameterSource

from jackfield.entrypoints.cli.completing import prompt_names
from jackfield.entrypoints.cli.delivering import delivering
from jackfield.entrypoints.cli.losses import losses_told
from jackfield.entrypoints.cli.options import NamedPath, Number, Options, pass_options, with_formats
from jackfield.entrypoints.cli.periods import Period

if TYPE_CHECKING:
    from jackfield.domain.model.conversations.messages import Budget
    from jackfield.domain.model.decisions import Choice
    from jackfield.domain.model.prompts import PromptDefinition
    from jackfield.domain.services.assistants.replies import Reply
    from jackfield.domain.services.assistants.values import Examples
    from jackfield.entrypoints.core import Core

INCOMPLETE: Final = 7
_SUFFIX: Final = ".prompt"
_LARGEST_WINDOW: Final = 32_000  # `messages.LARGEST_WINDOW`, which is not loaded for other commands
_WITHOUT_PIN: Final = "the version was chosen without it"


@frozen(kw_only=True)
class _Question:
    """What was given on the command line."""

    assistant: str
    prompt: str
    settings: tuple[str, ...]
    var_file: Path | None
    history: Path | None
    user: str | None
    unit: str | None
    pin: str | None
    version: str | None
    examples: Path | None
    category: str | None
    select: str
    count: int
    output: int | None
    input: int | None
    window: int | None
    temperature: float
    deadline: timedelta | None


@click.command(
    short_help="Ask an assistant with a prompt; its answer streams.",
    epilog="Example: jackfield ask a1b2c3d4-e5f6-7890-abcd-ef1234567890 refund --user 'Where is it?'",
)
@click.argument("assistant")
@click.argument("prompt", shell_complete=prompt_names)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A value; may be repeated.")
@click.option("--var-file", type=NamedPath(), metavar="FILE", help="Values: .json, .yaml or .toml.")
@click.option("--history", type=NamedPath(), metavar="FILE", help="Earlier messages: JSON lines or a list.")
@click.option("--user", metavar="TEXT", help="What the customer says; - reads it.  [default: standard input]")
@click.option("--unit", metavar="ID", help="The customer or conversation that a version is chosen for.")
@click.option("--pin", metavar="PIN", help="The conversation's pin: it keeps its version.")
@click.option("--version", metavar="VERSION", help="This published version, whatever else holds.")
@click.option("--examples", type=NamedPath(), metavar="FILE", help="A catalog of examples.")
@click.option("--category", metavar="NAME", help="Examples of this category only.")
@click.option(
    "--select",
    type=click.Choice(("lexical", "rotation", "sample")),
    default="lexical",
    show_default=True,
    help="How examples are chosen; rotation turns within a process, so here it begins with the first.",
)
@click.option("--count", type=Number(1, 100), default=2, show_default=True, help="The most examples.")
@click.option(
    "--output",
    type=Number(1, _LARGEST_WINDOW),
    metavar="N",
    help="The most tokens of the answer.  [default: 1024]",
)
@click.option("--input", type=Number(1), metavar="N", help="The most tokens that are sent.")
@click.option(
    "--window",
    type=Number(1, _LARGEST_WINDOW),
    metavar="N",
    help="The most tokens of both.  [default: 32000]",
)
@click.option("--temperature", type=float, default=0.2, show_default=True, help="0 to 2.")
@click.option("--deadline", type=Period(), metavar="PERIOD", help="For all of it, such as 20s.")
@with_formats("text", "json")
@pass_options
def ask(options: Options, /, **given: Any) -> int:
    """Ask an assistant, and write its answer to standard output as it comes.

    PROMPT is a published prompt, of which the version is chosen, or a *.prompt file, which need not be
    published. What was left out, how it ended and what it took is told on standard error. The exit code is
    7 for an answer that is not whole.
    """
    question = _Question(**given)
    options.interrupted = "interrupted; 'jackfield audit list' shows whether it was asked"
    with losses_told(options) as core, delivering(core, json=options.json):
        me = options.actor_of(core)
        choice, definition = _chosen(core, question)
        with me.assistants.ask(
            question.assistant,
            choice or definition,
            values=_values(question, definition),
            user=_said(question, definition),
            history=_history(question),
            examples=_examples(question, definition),
            budget=_budget(question),
            temperature=question.temperature,
            deadline=question.deadline,
        ) as reply:
            options.interrupted = "interrupted; the answer was canceled, and the audit log says so"
            return _answered(options, reply, question.assistant, definition)


def _answered(options: Options, reply: Reply, assistant: str, definition: PromptDefinition) -> int:
    from jackfield.domain.model.conversations.answers import End
    from jackfield.entrypoints.cli.answers import answer_view, became, record, stream, tell
    from jackfield.entrypoints.cli.output import show_json

    if options.json:
        show_json(answer_view(reply.outcome, assistant, definition))
    else:
        stream(reply, options.output)
        tell(reply.outcome, definition)
    options.output.became = became(reply.outcome)
    record(reply)
    unread = options.output.trouble is not None  # which has an exit code of its own
    return 0 if unread or reply.outcome.end is End.COMPLETE else INCOMPLETE


def _chosen(core: Core, question: _Question) -> tuple[Choice | None, PromptDefinition]:
    if question.prompt.endswith(_SUFFIX):
        from jackfield.adapters.files import load

        if question.unit or question.pin or question.version:
            raise click.UsageError(
                "a file is one version: --unit, --pin and --version are for published prompts"
            )
        return None, load(question.prompt)
    from jackfield.entrypoints.bootstrap import new_id
    from jackfield.entrypoints.cli.output import say

    choice = core.prompts.choose(
        question.prompt, unit=question.unit or new_id(), pin=question.pin, force=question.version
    )
    if choice.ignored is not None:
        say(f"warning: the pin was ignored: {choice.ignored}; {_WITHOUT_PIN}", err=True)
    return choice, choice.definition or core.prompts.definition(choice.prompt, choice.version)


def _values(question: _Question, definition: PromptDefinition) -> dict[str, Any]:
    from jackfield.adapters.files.values import read_values
    from jackfield.entrypoints.cli.inputs import pairs_of, typed

    read = {} if question.var_file is None else read_values(question.var_file)
    return {**read, **typed(definition, pairs_of(question.settings))}


def _said(question: _Question, definition: PromptDefinition) -> str | None:
    from jackfield.entrypoints.cli.inputs import said_by_user

    return said_by_user(question.user, definition)


def _history(question: _Question) -> tuple[Any, ...]:
    from jackfield.adapters.files.histories import read_history

    return () if question.history is None else read_history(question.history)


def _examples(question: _Question, definition: PromptDefinition) -> Examples | None:
    """Take the catalog that was named, else the one beside the prompt's file."""
    from jackfield.adapters.files.catalogs import examples
    from jackfield.domain.model.conversations.examples import Selecting
    from jackfield.domain.services.assistants.values import Examples
    from jackfield.entrypoints.files.catalogs import catalog_beside

    path = question.examples
    if path is None and question.prompt.endswith(_SUFFIX):
        path = catalog_beside(Path(question.prompt), definition.name)
    if path is None:
        _refuse_without_catalog()
        return None
    return Examples(
        catalog=examples(path),
        category=question.category,
        count=question.count,
        selecting=Selecting(question.select),
    )


def _refuse_without_catalog() -> None:
    context = click.get_current_context()
    for name in ("category", "select", "count"):
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"--{name} needs a catalog: name one with --examples")


def _budget(question: _Question) -> Budget:
    from jackfield.domain.model.conversations.messages import Budget

    named = {"output": question.output, "input": question.input, "window": question.window}
    return Budget(**{name: number for name, number in named.items() if number is not None})
