"""A reader of what is live, whose ledger is away, slow or damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from attrs import define, evolve, field

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.errors import (
    Unavailable,
)
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.live.last_known import LastKnown
from jackfield.domain.services.prompts.live.upstream import Upstream
from jackfield.domain.services.prompts.live.versions import LiveVersions, Patience
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import NAME, House

Wait = Callable[[float], None]
AWAY = Unavailable("the ledger is away", place="here", remedy="wait")
PATIENT = Patience(wait=timedelta(seconds=20))
"""On a busy machine a look may take long; only one that a test holds up is not waited for."""


@define
class Reader:
    """Reads what is live in the core's ledger, over a line that the test cuts; others share its cache."""

    house: House
    core: Core
    cache: MemoryCache
    brief: bool = True
    measured: list[Measurement] = field(factory=list[Measurement])
    ledger: ShakyLedger = field(init=False)
    live: LiveVersions = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.restart()

    def restart(self, patience: Patience = PATIENT) -> LiveVersions:
        """Begin anew, as another process would."""
        records = self.core.prompts.operations.records
        self.ledger = ShakyLedger(records.ledger)
        self.live = LiveVersions(
            Upstream(
                records=evolve(records, ledger=self.ledger),
                brief=self.brief,
                measure=self.measured.append,
            ),
            LastKnown(records.organization, self.cache, self.house.clock),
            self.house.clock,
            patience=patience,
            measure=self.measured.append,
        )
        return self.live

    def said(self, **options: object) -> tuple[str, Source, Freshness]:
        """The number that is live, where it is from, and what that is worth."""
        found = self.live.get(NAME, **options)  # type: ignore[arg-type]  # only fallback
        return found.number, found.source, found.freshness

    def settle(self) -> None:
        """Wait until what was found is written."""
        writer = self.live.kept._writer
        if writer is not None:
            writer.join(20)


@pytest.fixture
def reader(two: ActingPrompts, core: Core, house: House) -> Iterator[Reader]:
    reader = Reader(house, core, MemoryCache(house.clock))
    yield reader
    reader.ledger.let_go()


@pytest.fixture
def known(reader: Reader) -> Reader:
    """1.0.0 was read, and is in memory and in the cache."""
    reader.live.get(NAME)
    reader.settle()
    return reader
