"""Showing answers of assistants: pieces as they come, and what is to be said of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

import click

from jackfield.domain.model.conversations.answers import Answer, Dropped
from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.assistants.replies import Reply
from jackfield.entrypoints.cli.outlets import Output
from jackfield.entrypoints.cli.output import say
from jackfield.entrypoints.cli.views import View

_SHOWN: Final = 20
"""Things left out that are shown; the others are counted."""
_LAYOUT: Final = frozenset("\n\t")


def stream(reply: Reply, output: Output) -> None:
    """Write each piece when it comes; where nobody reads any more, the answer is canceled."""
    is_terminal = sys.stdout.isatty()
    for piece in reply:
        sys.stdout.write(_shown(piece) if is_terminal else piece)  # click would take escapes out for a pipe
        sys.stdout.flush()
        if output.trouble is not None:
            reply.cancel()
    if is_terminal:
        click.echo()


def _shown(piece: str) -> str:
    """Return a piece without what would move the cursor, or worse."""
    return "".join(c if c.isprintable() or c in _LAYOUT else "?" for c in piece)


def summary(answer: Answer, definition: PromptDefinition) -> Iterator[str]:
    """Say in a few lines what was left out, how it ended, and what it took."""
    for dropped in answer.dropped[:_SHOWN]:
        yield f"left out: {_dropped(dropped)}"
    if len(answer.dropped) > _SHOWN:
        yield f"left out: {len(answer.dropped) - _SHOWN} more"
    detail = f" ({answer.detail})" if answer.detail else ""
    yield f"{answer.end}{detail}: {_spent(answer)}; {_times(answer)}"
    yield f"{_asked(definition, answer.choice)}, conversation {answer.conversation}{_odd(answer)}"


def _dropped(dropped: Dropped) -> str:
    if dropped.kind == "example":
        return f"example {dropped.place}: {dropped.reason}"
    return f"{dropped.messages} message(s) of the history from {int(dropped.place) + 1} on: {dropped.reason}"


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
        say(line, err=True)


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
        "dropped": [_dropped_view(each) for each in answer.dropped],
        "gaps": list(answer.gaps),
        "repeats": answer.repeats,
        "resumes": answer.resumes,
    }


def _choice_view(choice: Choice) -> View:
    return {"reason": choice.reason, "rollout": choice.rollout or None, "arm": choice.arm, "pin": choice.pin}


def _dropped_view(dropped: Dropped) -> View:
    return {
        "kind": dropped.kind,
        "place": dropped.place,
        "messages": dropped.messages,
        "tokens": dropped.tokens,
        "reason": dropped.reason,
    }
