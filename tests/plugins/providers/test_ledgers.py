"""Ledgers that plugins give: what they return, raise, or do not end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION, change, prompt
from jackfield.domain.model.errors import InvalidInput, OutcomeUnknown, Unavailable
from jackfield.domain.model.events import START
from jackfield.plugin import LedgerProvider, PluginState, hookimpl
from jackfield.plugins.samples import CANDIDATE
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.ledger import Ledger, Receipt, Versioned
from jackfield.testing import OpenCore
from tests.plugins import harm
from tests.plugins.harm import Forever, Good
from tests.plugins.providers.conftest import HOUR, Odd


@define
class Keeping:
    """Gives a ledger in a file, which the test can break."""

    folder: Path
    broken: bool = False

    @hookimpl
    def jackfield_ledgers(self) -> list[LedgerProvider]:
        return [LedgerProvider(name="files", open=self.open, leases=self.leases)]

    def open(self, address: str) -> SqliteLedger:
        keeping = self

        class Breakable(SqliteLedger):
            def read(self, *arguments: object) -> object:  # type: ignore[override]  # that is the point
                return harm.raises() if keeping.broken else super().read(*arguments)  # type: ignore[arg-type]  # as given

            def commit(self, *arguments: object) -> object:  # type: ignore[override]  # that is the point
                return harm.raises() if keeping.broken else super().commit(*arguments)  # type: ignore[arg-type]  # as given

        return Breakable(self.folder / address.partition(":")[2] / "ledger.db")

    def leases(self, address: str) -> SqliteLeases:
        return SqliteLeases(self.open(address).file, FrozenClock())


def test_a_plugins_ledger_that_raises_is_unavailable_and_a_commit_is_unknown(
    open_core: OpenCore, tmp_path: Path
) -> None:
    keeping = Keeping(tmp_path)
    ledger, leases = open_core(plugins={"mine": keeping}).host.ledger("files:here", place="ledger")
    ledger.commit(change(prompt()))
    assert list(leases.held(ORGANIZATION, "job")) == []
    keeping.broken = True
    with pytest.raises(Unavailable, match=r"plugin mine: its ledger\.read failed: raised ValueError"):
        ledger.read(prompt())
    with pytest.raises(OutcomeUnknown, match=r"plugin mine: its ledger\.commit failed"):
        ledger.commit(change(prompt(), 1))
    keeping.broken = False
    assert ledger.read(prompt()).revision == 1


LEASE: Final = Lease(
    organization=ORGANIZATION, name="job", holder="me", token=1, expires=datetime(2026, 1, 1, tzinfo=UTC)
)
_ANY: Any = "text"
JUNK: Final = (
    None,
    7,
    "text",
    object(),
    [object()],
    Versioned(_ANY, None),
    Versioned(0, _ANY),
    Receipt(_ANY, ""),
)


READS: Final[tuple[Callable[[Ledger, Leases], object], ...]] = (
    lambda ledger, _: ledger.read(prompt()),
    lambda ledger, _: ledger.subjects(ORGANIZATION, prompt().kind),
    lambda ledger, _: ledger.follow(ORGANIZATION, START, 9),
    lambda ledger, _: ledger.head(ORGANIZATION),
    lambda _, leases: leases.renew(LEASE, HOUR),
    lambda _, leases: leases.held(ORGANIZATION, "job"),
)


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: type(junk).__name__)
@pytest.mark.parametrize("read", READS)
def test_what_a_plugins_ledger_returns_is_taken_only_if_it_is_an_answer(
    open_core: OpenCore, junk: object, read: Callable[[Ledger, Leases], object]
) -> None:
    ledger, leases = open_core(plugins={"odd": Odd(junk)}).host.ledger("odd:here", place="ledger")
    with pytest.raises(Unavailable, match=r"plugin odd: its le.* failed: it returned"):
        read(ledger, leases)


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: type(junk).__name__)
def test_a_commit_that_returns_junk_may_have_happened(open_core: OpenCore, junk: object) -> None:
    ledger, _ = open_core(plugins={"odd": Odd(junk)}).host.ledger("odd:here", place="ledger")
    with pytest.raises(OutcomeUnknown, match=r"plugin odd: its ledger\.commit failed: it returned"):
        ledger.commit(change(prompt()))


def test_no_lease_is_an_answer_and_junk_is_none(open_core: OpenCore) -> None:
    _, none = open_core(plugins={"odd": Odd(None)}).host.ledger("odd:here", place="ledger")
    _, junk = open_core(plugins={"odd": Odd(7)}).host.ledger("odd:here", place="ledger")
    assert none.acquire(ORGANIZATION, "job", holder="me", lifetime=HOUR) is None
    with pytest.raises(Unavailable):
        junk.acquire(ORGANIZATION, "job", holder="me", lifetime=HOUR)


def test_a_ledger_that_returns_junk_leaves_the_caller_his_fallback(open_core: OpenCore) -> None:
    core = open_core(plugins={"odd": Odd(None)}, ledger="odd:here")
    assert core.prompts.live("sample", fallback=CANDIDATE.definition).source == "fallback"


@pytest.mark.parametrize("close", [harm.raises, harm.exits])
def test_a_ledger_that_fails_to_close_is_counted_and_the_core_closes(
    open_core: OpenCore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, close: Callable[..., object]
) -> None:
    good, keeping = Good("good"), Keeping(tmp_path)
    core = open_core(plugins={"mine": keeping, "good": good}, ledger="files:here")
    monkeypatch.setattr(SqliteLedger, "close", close)
    core.close()
    assert (next(r.errors for r in core.plugins if r.name == "mine"), good.closed) == (1, 1)


def test_a_ledger_that_does_not_end_to_close_is_left_behind(
    open_core: OpenCore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forever, good = Forever(), Good("good")
    core = open_core(
        plugins={"mine": Keeping(tmp_path), "good": good},
        ledger="files:here",
        limit=timedelta(milliseconds=100),
    )
    monkeypatch.setattr(SqliteLedger, "close", forever)
    core.close()
    forever.over.set()
    states = {r.name: r.state for r in core.plugins}
    assert (states["mine"], good.closed) == (PluginState.HUNG, 1)


def test_a_target_keeps_its_record_where_a_plugin_does(open_core: OpenCore, tmp_path: Path) -> None:
    core = open_core(plugins={"mine": Keeping(tmp_path)}, ledger="files:there")
    core.acting_as("mina", reason="CHG-1").prompts.publish(CANDIDATE.definition)
    assert core.prompts.live("sample").number == "1.0.0"
    assert (tmp_path / "there" / "ledger.db").exists()
    with pytest.raises(InvalidInput, match="only a ledger in the state folder can be copied"):
        core.backup(tmp_path / "copy.db")


def test_a_ledger_that_nobody_gives_is_an_error(open_core: OpenCore) -> None:
    with pytest.raises(InvalidInput, match=r"targets\.test\.ledger: 'oracle': no plugin gives one") as caught:
        open_core(ledger=f"oracle://{harm.SECRET}@host/db")
    assert harm.SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql//me:canary@db/prompts",
        "postgresql:/me:canary@db/prompts",
        "jdbc:postgresql://db/prompts?password=canary",
        "me:canary@db/prompts",
        "canary@db/prompts",
        "PostgreSQL://me:canary@db/prompts",
        " postgresql://me:canary@db/prompts",
        "canary",
    ],
)
def test_what_was_meant_as_a_database_s_url_is_not_repeated(open_core: OpenCore, url: str) -> None:
    with pytest.raises(InvalidInput, match=r"targets\.test\.ledger: .* write it as postgresql://") as caught:
        open_core(ledger=url)
    assert "canary" not in str(caught.value)
