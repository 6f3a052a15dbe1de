"""What the shell offers for the word that is being typed: from settings and ledger, never the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import click

_MOST: Final = 200


def targets(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the targets of the settings file."""
    return _quietly(_targets, incomplete)


def prompt_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the prompts that the ledger has."""
    return _quietly(lambda: _subjects(context, incomplete, versions=False), incomplete)


def versions(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the versions of the prompt that was named before."""
    name = context.params.get("name") or next(iter(context.args), None)  # after an option without its value
    if not isinstance(name, str):
        return []
    start = f"{name}@"
    found = _quietly(lambda: _subjects(context, start + incomplete, versions=True), start)
    return [each.removeprefix(start) for each in found]


def _quietly(find: Callable[[], Iterable[str]], incomplete: str) -> list[str]:
    """Return what begins so; somebody who types is never answered by an error."""
    try:
        return [each for each in find() if each.startswith(incomplete) and each.isprintable()]
    except Exception:  # noqa: BLE001  # whatever it is, the command will tell
        return []


def _targets() -> Iterable[str]:
    from jackfield.entrypoints.settings.places import target_names

    return target_names()


def _subjects(context: click.Context, beginning: str, *, versions: bool) -> Iterable[str]:
    from jackfield.adapters.sqlite.glance import names
    from jackfield.domain.model.subjects import Kind
    from jackfield.entrypoints.cli.options import Options
    from jackfield.entrypoints.settings import resolve

    settings = resolve(context.ensure_object(Options).target)
    kind = Kind.VERSION if versions else Kind.PROMPT
    path = settings.folder / "ledger.db"
    if settings.ledger is not None or not path.is_file():  # a database may be slow to answer
        return ()
    return names(path, settings.organization, kind, beginning=beginning, limit=_MOST)
