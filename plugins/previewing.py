"""What a plugin's destination would send, asked for behind a guard."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from inspect import getattr_static
from typing import cast

from attrs import evolve

from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.events import Entry
from jackfield.plugins.isolation import Answered, Junk
from jackfield.plugins.masking import masked
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.standing import PluginState
from jackfield.ports.destinations import Destination
from jackfield.ports.previews import NoCall, PlannedCall, Preview, Previewing


def previewed(
    plugin: Plugin, destination: Destination, entry: Entry, *, name: str, limit: timedelta
) -> Preview | None:
    """Return what *destination* would send of *entry*, the plugin's secrets masked; None if it cannot tell.

    Raises `Unavailable` if it fails to.
    """
    if getattr_static(destination, "preview", None) is None:
        return None
    if plugin.state is not PluginState.LOADED:  # not another thread that may never end
        raise _unknown(name, f"plugin {plugin.name} was switched off: {plugin.trouble}")
    asked = cast("Previewing", destination)
    outcome = plugin.run("preview", lambda: _taken(asked.preview(entry), plugin.secrets), limit=limit)
    if isinstance(outcome, Answered):
        return outcome.value
    raise _unknown(name, str(outcome))


def _taken(returned: object, secrets: Iterable[str]) -> Preview:
    """Return what was returned, made anew of plain texts."""
    match returned:
        case NoCall():
            return evolve(returned, why=masked(str(returned.why), secrets))
        case PlannedCall():
            return PlannedCall(
                method=str(returned.method),
                url=masked(str(returned.url), secrets),
                headers={str(n): masked(str(v), secrets) for n, v in returned.headers.items()},
                body=masked(str(returned.body), secrets),
            )
        case _:
            raise Junk(f"it returned a value of type {type(returned).__name__}, no preview")


def _unknown(name: str, trouble: str) -> Unavailable:
    return Unavailable(
        f"it cannot tell what it would send: {trouble}",
        place=f"destination {name}",
        remedy="mend the plugin; 'jackfield plugins check NAME' tries one out",
    )
