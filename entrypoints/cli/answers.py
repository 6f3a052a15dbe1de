"""Showing answers of assistants: pieces as they come, and what is to be said of them."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, TextIO

import click

from jackfield.domain.model.conversations.answers import Answer, Dropped, End
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import JackfieldError, OutcomeUnknown
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.assistants.replies import Reply
from jackfield.entrypoints.cli.outlets import Output
from jackfield.entrypoints.cli.output import say
from jackfield.entrypoints.cli.views import View

_SHOWN: Final = 20
"""Things left out that are shown; the others are counted."""
_NARROWEST: Final = 20
_LAYOUT: Final = frozenset("\n\t")


def stream(reply: Reply, output: Output) -> None:
    """Write each piece when it comes; where nobody reads any more, the answer is canceled."""
    is_terminal, last = sys.stdout.isatty(), ""
    with suppress(JackfieldError):  # it could not be recorded: who asks for `reply.answer` is told
        for piece in reply:
            sys.stdout.write(_shown(piece) if is_terminal else piece)  # click takes escapes out for a pipe
            sys.stdout.flush()
            last = piece or last
            if output.trouble is not None:
                reply.cancel()
    if is_terminal:
        click.echo()
    elif last and not last.endswith("\n") and _is_one_file(sys.stdout, sys.stderr):
        click.echo(err=True)  # the text stays as it is; what is told of it begins a line of its own


def _is_one_file(one: TextIO, other: TextIO) -> bool:
    """Say whether both go to the same file or pipe, as after `2>&1`."""
    with suppress(OSError, ValueError):  # one of them is no file
        return os.path.samestat(os.fstat(one.fileno()), os.fstat(other.fileno()))
    return False


def became(answer: Answer) -> str:
    """Say what became of a question whose answer could not be written out."""
    end = "the answer was canceled" if answer.end is End.CANCELED else f"its answer's end is {answer.end}"
    return f"the question was asked, {end}, and the audit log says so; mend where the output goes"


def record(reply: Reply) -> None:
    """Have the answer recorded; raise `OutcomeUnknown` if that fails: the log has the question alone."""
    try:
        _ = reply.answer
    except JackfieldError as error:
        raise OutcomeUnknown(
            f"the answer that was shown could not be recorded: {error.message}",
            place=error.place,
            remedy="'jackfield audit list' has the question as intended; mend what keeps its end out",
        ) from error


def _shown(piece: str) -> str:
    """Return a piece without what would move the cursor, or worse."""
    return "".join(c if c.isprintable() or c in _LAYOUT else "?" for c in piece)


def summary(answer: Answer, definition: PromptDefinition) -> Iterator[str]:
    """Say in a few lines what was left out, how it ended, and what it took."""
    yield from (f"left out: {line}" for line in _left_out(answer.dropped))
    if answer.summarized:
        yield "a summary of it was sent in its place"
    detail = f" ({answer.detail})" if answer.detail else ""
    yield f"{answer.end}{detail}: {_spent(answer)}; {_times(answer)}"
    yield f"{_asked(definition, answer.choice)}, conversation {answer.conversation}{_odd(answer)}"


def _left_out(dropped: Sequence[Dropped]) -> Iterator[str]:
    """Give a line for each example, and one for the history: the newest that did not fit says why."""
    examples = [each for each in dropped if each.kind == "example"]
    yield from (f"example {each.place}: {each.reason}" for each in examples[:_SHOWN])
    if len(examples) > _SHOWN:
        yield f"{len(examples) - _SHOWN} more examples"
    history = [each for each in dropped if each.kind != "example"]
    if history:
        newest, count = history[-1], sum(each.messages for each in history)
        last, tokens = int(newest.place) + newest.messages - 1, sum(each.tokens for each in history)
        which = f"{count} message(s) of the history, [{history[0].place}] to [{last}], {tokens} tokens"
        yield f"{which}: {newest.reason}"


def _spent(answer: Answer) -> str:
    spent = answer.spent
    whose = "counted by the platform" if spent.exact else "estimated"
    return f"{spent.prompt_tokens} tokens in, {spent.completion_tokens} out ({whose})"


def _times(answer: Answer) -> str:
    first = answer.first_piece
    heard = "nothing heard" if first is None else f"first piece after {first.total_seconds():.2f} s"
    pace = f", {answer.tokens_per_second:.0f} tokens/s" if answer.tokens_per_second else ""
    return f"{heard}, {answer.took.total_seconds():.2f} s in all{pace}"


def _asked(definition: PromptDefinition, choice: Choice | None) -> str:
    why = "from its file, unpublished" if choice is None else str(choice.reason)
    return f"{definition.name} {definition.version} ({why})"


def _odd(answer: Answer) -> str:
    odd = {
        "resumed": answer.resumes,
        "pieces twice": answer.repeats,
        "pieces missing": len(answer.gaps),
    }
    return "".join(f", {word}: {count}" for word, count in odd.items() if count)


def tell(answer: Answer, definition: PromptDefinition) -> None:
    """Write the summary on standard error."""
    for line in summary(answer, definition):
        for part in _folded(line):
            say(part, err=True)


def _folded(line: str) -> Sequence[str]:
    """Fold at the words where somebody looks at it; other programs get a line as it is."""
    if not sys.stderr.isatty():
        return (line,)
    its = os.get_terminal_size(sys.stderr.fileno())  # standard output may be a file
    columns = max(_NARROWEST, shutil.get_terminal_size(its).columns)
    return textwrap.wrap(line, columns, subsequent_indent="  ", break_on_hyphens=False)


def answer_view(answer: Answer, assistant: str, definition: PromptDefinition) -> View:
    """An answer as JSON."""
    first = answer.first_piece
    return {
        "text": answer.text,
        "end": answer.end,
        "detail": answer.detail,
        "assistant": assistant,
        "conversation": answer.conversation,
        "prompt": definition.name,
        "version": definition.version,
        "choice": None if answer.choice is None else _choice_view(answer.choice),
        "prompt_tokens": answer.spent.prompt_tokens,
        "completion_tokens": answer.spent.completion_tokens,
        "exact": answer.spent.exact,
        "injection_s": answer.injection.total_seconds(),
        "first_piece_s": None if first is None else first.total_seconds(),
        "took_s": answer.took.total_seconds(),
        "tokens_per_second": answer.tokens_per_second,
        "examples": list(answer.examples),
        "summarized": answer.summarized,
        "dropped": [_dropped_view(each) for each in answer.dropped],
        "gaps": list(answer.gaps),
        "repeats": answer.repeats,
        "resumes": answer.resumes,
    }


def _choice_view(choice: Choice) -> View:
    return {
        "reason": choice.reason,
        "rollout": choice.rollout or None,
        "arm": choice.arm,
        "pin": choice.pin,
        "ignored": choice.ignored,
    }


def _dropped_view(dropped: Dropped) -> View:
    return {
        "kind": dropped.kind,
        "place": dropped.place,
        "messages": dropped.messages,
        "tokens": dropped.tokens,
        "reason": dropped.reason,
    }
