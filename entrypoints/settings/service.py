"""The `[service]` table: who may use the service, and what it does by itself."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from math import isfinite
from typing import Any, Final

from attrs import field, frozen

from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.settings.values import ServiceTable

_LONGEST_S: Final = 86_400.0
_SHORTEST_S: Final = 0.1
_LONGEST_REQUEST_S: Final = 3_600.0
_LONGEST_DRAIN_S: Final = 600.0
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", re.ASCII)
_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


class Scope(StrEnum):
    """What a token is good for; each holds those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def _named(_instance: object, attribute: Any, value: str) -> None:
    if _NAME.fullmatch(value) is None:
        raise InvalidInput(f"{attribute.name} is letters, digits, '.', '_' and '-', at most 80")


def _hashed(_instance: object, attribute: Any, value: str) -> None:
    if _HASH.fullmatch(value) is None:
        raise InvalidInput(
            f"{attribute.name} is 'sha256:' and 64 hexadecimal digits, as 'serve token' has it"
        )


def _some(_instance: object, attribute: Any, value: tuple[Scope, ...]) -> None:
    if not value:
        raise InvalidInput(f"{attribute.name} is empty: the token would be good for nothing")


def _period(_instance: object, attribute: Any, value: float) -> None:
    if not isfinite(value) or not 0 <= value <= _LONGEST_S:
        raise InvalidInput(f"{attribute.name} is 0 to {_LONGEST_S:g}, not {value:g}")


def _seconds(_instance: object, attribute: Any, value: float) -> None:
    if not isfinite(value) or not _SHORTEST_S <= value <= _LONGEST_REQUEST_S:
        raise InvalidInput(f"{attribute.name} is {_SHORTEST_S:g} to {_LONGEST_REQUEST_S:g}, not {value:g}")


def _drain(_instance: object, attribute: Any, value: float) -> None:
    if not isfinite(value) or not 0 <= value <= _LONGEST_DRAIN_S:
        raise InvalidInput(f"{attribute.name} is 0 to {_LONGEST_DRAIN_S:g}, not {value:g}")


@frozen(kw_only=True)
class OwnToken:
    """One `[[service.tokens]]` table: a bearer token by its hash; the token itself is kept nowhere."""

    name: str = field(validator=_named)
    scopes: tuple[Scope, ...] = field(validator=_some)
    hash: str = field(validator=_hashed, repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the token."""
        return bytes.fromhex(self.hash.removeprefix("sha256:"))


@frozen(kw_only=True)
class ServiceRules:
    """How a target is served; `_s` are seconds. What is out of its range is `InvalidInput`, by its name.

    `require` asks for a token also on loopback; so does any of `tokens`. `log` writes a line for each
    request. `deliveries_s`, `steps_s` and `sessions_s` are how often it delivers, steps rollouts and settles
    sessions by itself, 0 for never; every fifth time of the latter it reads back which sessions ended
    unheard. `request_s` bounds an answer of an assistant, `body_s` how long a request's body may take,
    `headers_s` its headers, `grace_s` how long what was accepted may last once it is to end. For `drain_s`
    before that it says that it is not ready, and takes requests all the same.
    """

    require: bool = False
    log: bool = True
    tokens: tuple[OwnToken, ...] = ()
    deliveries_s: float = field(default=5.0, validator=_period)
    steps_s: float = field(default=60.0, validator=_period)
    sessions_s: float = field(default=60.0, validator=_period)
    request_s: float = field(default=60.0, validator=_seconds)
    headers_s: float = field(default=10.0, validator=_seconds)
    body_s: float = field(default=10.0, validator=_seconds)
    grace_s: float = field(default=20.0, validator=_seconds)
    drain_s: float = field(default=0.0, validator=_drain)

    @property
    def longest(self) -> timedelta:
        """How long an answer may take, whatever a request says."""
        return timedelta(seconds=self.request_s)


def service_rules(said: ServiceTable) -> ServiceRules:
    """Return the rules of the service; raise `InvalidInput` for a table that does not fit."""
    own = decode(dict(said.table), ServiceRules, place=f"{said.source}, service")
    names = [token.name for token in own.tokens]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(
                f"two tokens are named {name!r}",
                place=f"{said.source}, service.tokens",
                remedy="give each its own name: the audit log tells them apart by it",
            )
    return own
