"""Where a target's record is kept: SQLite in its folder, or what a plugin gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeAlias

from attrs import frozen

from jackfield.adapters.lazy import Lazy, LazyLeases, LazyLedger
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.sqlite import copy as copy_ledger
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import Verified
from jackfield.plugins.host import Host
from jackfield.ports.clock import Clock
from jackfield.ports.leases import Leases
from jackfield.ports.ledger import Ledger

Verify: TypeAlias = Callable[[Ledger], Verified]


def unlooked() -> None:
    """There is nothing beneath it that we could look at."""


@frozen(kw_only=True)
class Store:
    """A ledger and the leases beside it; how to copy it to a file, verify the copy, and look at it whole."""

    ledger: Ledger
    leases: Leases
    copy: Callable[[Path, Verify], Verified]
    look: Callable[[], None] = unlooked


def sqlite_store(folder: Path, clock: Clock) -> Store:
    """Keep it in *folder*; the file is opened when it is first needed."""
    lazy = Lazy(lambda: SqliteLedger(folder / "ledger.db"), clock)
    return Store(
        ledger=LazyLedger(lazy),
        leases=LazyLeases(lambda: SqliteLeases(lazy.opened().file, clock)),
        copy=lambda path, verify: copy_ledger(lazy.opened(), path, verify=verify),
        look=lambda: lazy.opened().look(),
    )


def plugged_store(address: str, host: Host, *, place: str) -> Store:
    """Keep it where a plugin does; raise `InvalidInput` if none gives a ledger for *address*."""
    ledger, leases = host.ledger(address, place=place)
    return Store(ledger=ledger, leases=leases, copy=_no_copy)


def _no_copy(_path: Path, _verify: Verify) -> NoReturn:
    raise InvalidInput(
        "only a ledger in the state folder can be copied",
        place="backup",
        remedy="back the plugin's ledger up by its own means",
    )
