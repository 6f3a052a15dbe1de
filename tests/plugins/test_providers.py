"""What plugins give by name, and what becomes of its failures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import pytest
from attrs import define, frozen

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.changes import ORGANIZATION, change, prompt
from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.budgets import TokenCount
from jackfield.domain.model.errors import InvalidInput, OutcomeUnknown, Unavailable
from jackfield.domain.model.events import START
from jackfield.plugin import CacheProvider, LedgerProvider, PluginState, TokenCounterProvider, hookimpl
from jackfield.plugins.choosing import verbs
from jackfield.plugins.samples import CANDIDATE
from jackfield.ports.cache import Cache
from jackfield.ports.leases import Lease, Leases
from jackfield.ports.ledger import Ledger, Receipt, Versioned
from jackfield.testing import OpenCore
from tests.plugins import harm
from tests.plugins.harm import Forever, Good

HOUR = timedelta(hours=1)


@define
class Counting:
    """Gives a token counter that does what the test wants."""

    count: Callable[[str], object]
    name: str = "words"

    @hookimpl
    def jackfield_token_counters(self) -> list[TokenCounterProvider]:
        return [TokenCounterProvider(name="words", make=lambda: self)]  # type: ignore[arg-type,return-value]  # it may be wrong

    def worst(self, characters: int) -> int:
        return characters


def _words(text: str) -> TokenCount:
    return TokenCount(len(text.split()), exact=True)


def test_the_settings_choose_a_plugins_token_counter(open_core: OpenCore) -> None:
    core = open_core(plugins={"mine": Counting(_words)}, token_counter="words")
    assert core.prompts.check(CANDIDATE.definition).tokens == 2 + 80


def test_a_counter_that_nobody_gives_is_an_error_that_lists_what_there_is(open_core: OpenCore) -> None:
    said = r"token_counter: 'abacus' is none of upper-estimate, quarter, tiktoken, words"
    with pytest.raises(InvalidInput, match=said):
        open_core(plugins={"mine": Counting(_words)}, token_counter="abacus")


def test_a_counter_that_is_none_is_refused_when_the_core_is_opened(open_core: OpenCore) -> None:
    class Wrong:
        @hookimpl
        def jackfield_token_counters(self) -> list[TokenCounterProvider]:
            return [TokenCounterProvider(name="words", make=object)]  # type: ignore[arg-type]  # that is the point

    with pytest.raises(InvalidInput, match="it made no TokenCounter: it has no name, count, worst"):
        open_core(plugins={"mine": Wrong()}, token_counter="words")


def _three(_: str) -> object:
    return 3


def _fewer_than_none(_: str) -> object:
    return TokenCount(-1, exact=True)


@pytest.mark.parametrize(
    "count",
    [harm.raises, harm.exits, _three, _fewer_than_none, harm.returns_nothing],
    ids=["raises", "exits", "number", "negative", "none"],
)
def test_a_counter_that_cannot_count_is_an_error_of_ours(
    open_core: OpenCore, count: Callable[[str], object]
) -> None:
    core = open_core(plugins={"mine": Counting(count)}, token_counter="words")
    with pytest.raises(InvalidInput, match=r"plugin mine: the token counter words cannot count") as caught:
        core.prompts.check(CANDIDATE.definition)
    assert harm.SECRET not in str(caught.value)


def test_a_counter_that_hung_is_not_asked_again(open_core: OpenCore) -> None:
    forever = Forever()
    core = open_core(
        plugins={"mine": Counting(forever)}, token_counter="words", limit=timedelta(milliseconds=50)
    )
    for _ in range(3):
        with pytest.raises(InvalidInput, match="does not end"):
            core.prompts.check(CANDIDATE.definition)
    forever.over.set()
    assert next(r.errors for r in core.plugins if r.name == "mine") == 1


def test_a_name_that_two_plugins_give_is_refused_and_both_are_named(open_core: OpenCore) -> None:
    plugins = {"one": Counting(_words), "two": Counting(_words)}
    with pytest.raises(InvalidInput, match="'words' is none of"):
        open_core(plugins=plugins, token_counter="words")
    core = open_core(plugins=plugins)
    core.host.survey({})
    troubles = {r.trouble for r in core.plugins if r.name in plugins}
    assert troubles == {
        "jackfield_token_counters: 'words' is given by one (the test) and two (the test); allow one of them"
    }


def test_a_cache_that_raises_is_a_miss_and_is_counted(open_core: OpenCore) -> None:
    class Odd:
        get = put = drop = close = staticmethod(harm.raises)

        @hookimpl
        def jackfield_caches(self) -> list[CacheProvider]:
            return [CacheProvider(name="odd", open=lambda _: cast("Cache", self))]

    core = open_core(plugins={"odd": Odd()})
    cache = core.host.cache("odd", harm.folder(), own=(), place="live.cache")
    cache.put("key", b"value", HOUR)
    assert cache.get("key") is None
    assert next(r.errors for r in core.plugins if r.name == "odd") == 2


def test_a_cache_that_hangs_is_asked_once(open_core: OpenCore) -> None:
    forever = Forever()

    class Odd(MemoryCache):
        get = forever  # type: ignore[assignment]  # that is the point

        @hookimpl
        def jackfield_caches(self) -> list[CacheProvider]:
            return [CacheProvider(name="odd", open=lambda _: self)]

    core = open_core(plugins={"odd": Odd(FrozenClock())}, limit=timedelta(milliseconds=50))
    cache = core.host.cache("odd", harm.folder(), own=(), place="live.cache")
    assert [cache.get("key") for _ in range(100)] == [None] * 100
    forever.over.set()
    report = next(r for r in core.plugins if r.name == "odd")
    assert (report.state, report.errors) == (PluginState.HUNG, 1)


def test_a_good_cache_keeps_what_it_is_given(open_core: OpenCore) -> None:
    core = open_core(plugins={"good": Good("good")})
    cache = core.host.cache("good", harm.folder(), own=(), place="live.cache")
    cache.put("key", b"value", HOUR)
    assert cache.get("key") == b"value"


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


@frozen
class Odd:
    """A plugin whose ledger and leases return *junk*, whatever they are asked."""

    junk: object

    @hookimpl
    def jackfield_ledgers(self) -> list[LedgerProvider]:
        verb = staticmethod(lambda *_, **__: self.junk)
        stores: Any = type("Stores", (), dict.fromkeys((*verbs(Ledger), *verbs(Leases)), verb))
        return [LedgerProvider(name="odd", open=lambda _: stores(), leases=lambda _: stores())]


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


def test_what_is_given_must_be_a_function() -> None:
    with pytest.raises(InvalidInput, match="make: it is a function"):
        TokenCounterProvider(name="a", make=UpperEstimate())  # type: ignore[arg-type]  # that is the point
