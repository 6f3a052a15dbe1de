"""Token counters, caches and ledgers that plugins give."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import frozen

from jackfield.plugin import LedgerProvider, hookimpl
from jackfield.plugins.choosing import verbs
from jackfield.ports.leases import Leases
from jackfield.ports.ledger import Ledger

HOUR = timedelta(hours=1)


@frozen
class Odd:
    """A plugin whose ledger and leases return *junk*, whatever they are asked."""

    junk: object

    @hookimpl
    def jackfield_ledgers(self) -> list[LedgerProvider]:
        verb = staticmethod(lambda *_, **__: self.junk)
        stores: Any = type("Stores", (), dict.fromkeys((*verbs(Ledger), *verbs(Leases)), verb))
        return [LedgerProvider(name="odd", open=lambda _: stores(), leases=lambda _: stores())]
