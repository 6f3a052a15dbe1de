"""Reading `jackfield.toml`, strictly: an unknown key is an error that names it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.strict import decode
from jackfield.adapters.texts import read_text
from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.settings.conversations import ConversationRules
from jackfield.entrypoints.settings.deliveries import DeliveryRules
from jackfield.entrypoints.settings.live import LiveRules

NAME: Final = "jackfield.toml"


@frozen(kw_only=True)
class ClientVariables:
    """One `[[targets.NAME.clients]]` table: the variables that hold an OAuth client's id and secret."""

    client_id_env: str
    client_secret_env: str


@frozen(kw_only=True)
class Target:
    """One `[targets.NAME]` table."""

    platform: str = "simulator"
    region: str | None = None
    base_url: str | None = None
    organization: str | None = None
    client_id_env: str | None = None
    client_secret_env: str | None = None
    clients: tuple[ClientVariables, ...] = ()
    ledger: str | None = field(default=None, repr=False)
    ledger_env: str | None = None
    proxy: str | None = field(default=None, repr=False)
    ca: str | None = None
    router: str = "local"
    bots: Mapping[str, str] = field(factory=dict[str, str])


@frozen(kw_only=True)
class OwnLimits:
    """The `[limits]` table: the team's own policy."""

    characters: int | None = None
    tokens: int | None = None


@frozen(kw_only=True)
class OwnAudit:
    """The `[audit]` table: how long payloads of the log are kept."""

    retention: str | None = None


@frozen(kw_only=True)
class File:
    """A whole `jackfield.toml`."""

    default: str | None = None
    token_counter: str | None = None
    limits: OwnLimits = field(factory=OwnLimits)
    calls: CallRules = field(factory=CallRules)
    audit: OwnAudit = field(factory=OwnAudit)
    live: LiveRules = field(factory=LiveRules)
    deliveries: DeliveryRules = field(factory=DeliveryRules)
    conversations: ConversationRules = field(factory=ConversationRules)
    sessions: Mapping[str, Any] = field(factory=dict[str, Any])
    service: Mapping[str, Any] = field(factory=dict[str, Any])
    advice: Mapping[str, Any] = field(factory=dict[str, Any])
    plugins: Mapping[str, Any] = field(factory=dict[str, Any])
    targets: Mapping[str, Target] = field(factory=dict[str, Target])


@frozen(kw_only=True)
class Found:
    """The file that was read, or the empty one if there is none (`path` is None)."""

    path: Path | None
    file: File

    @property
    def source(self) -> str:
        """What to name as the source of its values."""
        return str(self.path) if self.path else "default"


def find(start: Path) -> Path | None:
    """Return the nearest `jackfield.toml` in *start* or above it, also one that turns out unreadable."""
    return next((p / NAME for p in (start, *start.parents) if os.path.lexists(p / NAME)), None)


def read(path: Path | None) -> Found:
    """Read the settings file; no path, no settings."""
    if path is None:
        return Found(path=None, file=File())
    try:
        data = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"this is not TOML: {error}", place=str(path), remedy="mend it there") from None
    except (ValueError, RecursionError):  # what TOML allows and its reader does not
        raise InvalidInput(
            "it has a number of thousands of digits, or values nested thousands deep",
            place=str(path),
            remedy="mend it there",
        ) from None
    return Found(path=path, file=_decoded(data, path))


def _decoded(data: object, path: Path) -> File:
    try:
        return decode(data, File, place=str(path))
    except InvalidInput as error:
        raise InvalidInput(
            error.message,
            place=error.place,
            remedy=error.remedy,
            problems=[problem.at(str(path)) for problem in error.problems],
        ) from None
