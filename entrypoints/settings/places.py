"""Where settings and state are: the settings file that counts, and the folder above all targets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.settings.file import Found, find, read
from jackfield.entrypoints.settings.values import Sourced


def found(config: Path | None, environ: Mapping[str, str]) -> Found:
    """Read the settings file that counts; raise `InvalidInput` for one that is named and not there."""
    named = _path(config, environ, "JACKFIELD_CONFIG")
    if named.value is not None and not os.path.isfile(named.value):  # noqa: PTH113  # it never raises
        raise InvalidInput(
            "there is no such settings file",
            place=str(named.value),
            remedy=f"name one that is there, or none ({named.source})",
        )
    return read(named.value or find(_here()))


def state(option: Path | None, environ: Mapping[str, str]) -> Sourced[Path]:
    """Return the folder that holds every target's state folder, and where that was said."""
    named = _path(option, environ, "JACKFIELD_STATE")
    return Sourced(named.value or _of_user(), named.source)


def _of_user() -> Path:
    from platformdirs import user_state_dir

    return Path(user_state_dir("jackfield", appauthor=False))


def state_root(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder that holds every target's state folder; raise `InvalidInput` for no usable path."""
    return state(None, environ).value


def target_names(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the targets that can be named; raise `InvalidInput` for a settings file that cannot be read."""
    return tuple(sorted({*found(None, environ).file.targets, "simulator"}))


def _path(option: Path | None, environ: Mapping[str, str], variable: str) -> Sourced[Path | None]:
    if option is not None:
        return Sourced(_usable(option, "option"), "option")
    if environ.get(variable):
        return Sourced(_usable(Path(environ[variable]), variable).expanduser(), variable)
    return Sourced(None, "default")


def _usable(path: Path, source: str) -> Path:
    try:
        path.expanduser()
        usable = b"\0" not in str(path).encode()
    except (RuntimeError, UnicodeEncodeError):
        usable = False
    if not usable:
        raise InvalidInput(
            "this is not a path that can be used",
            place=f"path from {source}",
            remedy="write it in UTF-8, and '~NAME' for a user who exists",
        )
    return path


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise InvalidInput(
            f"the current folder cannot be read ({error.strerror})",
            place="path of jackfield.toml",
            remedy="change to a folder that is there, or name the file (JACKFIELD_CONFIG)",
        ) from None
