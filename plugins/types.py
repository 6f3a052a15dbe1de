"""What plugins give, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import text
from jackfield.domain.model.subjects import Organization
from jackfield.plugins.standing import PluginState

if TYPE_CHECKING:  # whoever gives one has loaded it
    from jackfield.ports.cache import Cache
    from jackfield.ports.http import Http, PlatformHttp
    from jackfield.ports.leases import Leases
    from jackfield.ports.ledger import Ledger
    from jackfield.ports.tokens import TokenCounter
    from jackfield.ports.understanding import Understanding


def _called(_instance: object, attribute: Any, value: Any) -> None:
    if not callable(value):
        raise InvalidInput("it is a function that opens or makes one", place=attribute.name)


@frozen(kw_only=True)
class TokenCounterProvider:
    """A token counter that `token_counter = "NAME"` chooses; `make` is called when a core is opened."""

    name: str = field(validator=text)
    make: Callable[[], TokenCounter] = field(validator=_called)


@frozen(kw_only=True)
class CacheProvider:
    """A cache that `[live] cache = "NAME"` chooses; `open` gets a folder of its own, which may not exist."""

    name: str = field(validator=text)
    open: Callable[[Path], Cache] = field(validator=_called)


@frozen(kw_only=True)
class LedgerProvider:
    """A ledger that `ledger = "NAME:…"` of a target chooses; `open` and `leases` get that whole text.

    Leases are given where the ledger is: whoever shares the one shares the other.
    """

    name: str = field(validator=text)
    open: Callable[[str], Ledger] = field(validator=_called)
    leases: Callable[[str], Leases] = field(validator=_called)


@frozen(kw_only=True)
class UnderstandingProvider:
    """An understanding that `[sessions] understanding = "NAME"` chooses; `make` gets what it calls hosts by.

    That is guarded, and ends before a call of a plugin has to.
    """

    name: str = field(validator=text)
    make: Callable[[Http], Understanding] = field(validator=_called)


@frozen(kw_only=True)
class DestinationSettings:
    """Where destinations are opened: the target, and what of it they may use.

    `folder` is the target's state folder. `platform` calls the target's own platform with its token.
    `prompt_id` returns the platform's id of a prompt of that name, or None while nobody knows it.
    """

    target: str
    organization: Organization
    folder: Path
    platform: PlatformHttp
    prompt_id: Callable[[str], str | None]


@frozen(kw_only=True)
class PluginReport:
    """One plugin at a glance.

    `trouble` says why it failed or hung, or its newest error. `errors` counts calls that failed, `dropped`
    what it was not told because its queue was full, `seconds` the time spent in its hooks.
    """

    name: str
    distribution: str
    version: str
    state: PluginState
    hooks: tuple[str, ...] = ()
    trouble: str = ""
    calls: int = 0
    errors: int = 0
    dropped: int = 0
    seconds: float = 0.0
