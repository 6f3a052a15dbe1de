"""The `[plugins]` table: which plugins may be loaded, and a table of settings for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.settings.file import Found
from jackfield.entrypoints.settings.values import OwnPlugins

ALLOW: Final = "allow"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_OFF: Final = ("", "0")


def own_plugins(found: Found, environ: Mapping[str, str]) -> OwnPlugins:
    """Return what the file says of plugins; raise `InvalidInput` for what is neither `allow` nor a table."""
    tables = dict(found.file.plugins)
    allow = _allow(tables.pop(ALLOW, None), f"{found.source}, plugins.{ALLOW}")
    for name, table in tables.items():
        if not isinstance(table, dict) or _NAME.fullmatch(name) is None:
            raise InvalidInput(
                "it is neither 'allow' nor a plugin's table",
                place=f"{found.source}, plugins.{name[:80]}",
                remedy="write [plugins.NAME] and its settings below it",
            )
    return OwnPlugins(
        allow=allow,
        only_built_in=environ.get("JACKFIELD_NO_PLUGINS", "") not in _OFF,
        tables=cast("dict[str, dict[str, Any]]", tables),
        source=found.source,
    )


def _allow(value: object, place: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = cast("list[object]", value) if isinstance(value, list) else [None]
    if not all(isinstance(name, str) for name in names):
        raise InvalidInput("it is not a list of names", place=place, remedy='write ["house-rules"]')
    return tuple(map(str, names))
