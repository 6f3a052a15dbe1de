"""What commands that changed something deliver before they exit, and what they say is left."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from json import dumps
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from jackfield.domain.services.deliveries import DestinationStatus
    from jackfield.entrypoints.core import Core


@contextmanager
def delivering(core: Core, *, json: bool) -> Generator[None]:
    """Deliver behind the block, also a failed one, for as long as the settings say; not when interrupted."""
    from jackfield.domain.model.errors import JackfieldError

    try:
        yield
    except JackfieldError:
        deliver(core, json=json)
        raise
    deliver(core, json=json)


def deliver(core: Core, *, json: bool) -> None:
    """Deliver what is due, no longer than the settings say; what is left is said, and fails nothing."""
    from jackfield.domain.model.errors import JackfieldError

    with suppress(JackfieldError):  # the command's own work is done, and said
        if pass_on(core):
            left = [each for each in core.deliveries.status() if each.given and is_left(each)]
            _tell(left, json=json)


def pass_on(core: Core) -> bool:
    """Deliver so, and say nothing; return whether the settings let commands deliver at all."""
    deadline = core.settings.deliveries.deadline
    if deadline:
        core.deliveries.run(deadline, firm=True)
    return bool(deadline)


def is_left(found: DestinationStatus) -> bool:
    """Whether something is not delivered, or nobody can tell: it waits, is dead, is new, or all is broken."""
    return bool(found.waiting or found.dead or found.behind or found.broken)


def left_text(found: DestinationStatus) -> str:
    """Return what is left at a destination, and why if that is known."""
    kinds = ", ".join(filter(None, (counts_text(found), "broken" if found.broken else "")))
    return f"{found.name} ({': '.join(filter(None, (kinds, trouble_of(found))))})"


def counts_text(found: DestinationStatus) -> str:
    """Return how many are left of each kind, such as `1 waiting, 2 dead`; nothing if none is."""
    return ", ".join(f"{count} {word}" for word, count in found.pending.items() if count)


def trouble_of(found: DestinationStatus) -> str:
    """Return why it hears nothing, or what was wrong with the newest that is left."""
    return found.broken or found.disabled or (found.troubles[-1] if found.troubles else "")


def _tell(left: list[DestinationStatus], *, json: bool) -> None:
    from jackfield.entrypoints.cli.output import say

    if not left:
        return
    if json:
        view = [{"name": found.name, **found.pending, "broken": found.broken} for found in left]
        click.echo(dumps({"undelivered": view}, ensure_ascii=False), err=True)
    else:
        say(f"not delivered: {'; '.join(map(left_text, left))}; see 'jackfield deliveries'", err=True)
