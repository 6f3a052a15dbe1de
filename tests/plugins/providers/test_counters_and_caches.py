"""Token counters and caches that plugins give: chosen, refused, or left alone when they hang."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest
from attrs import define

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.budgets import TokenCount
from jackfield.domain.model.errors import InvalidInput
from jackfield.plugin import CacheProvider, PluginState, TokenCounterProvider, hookimpl
from jackfield.plugins.samples import CANDIDATE
from jackfield.ports.cache import Cache, Look, look
from jackfield.testing import OpenCore
from tests.plugins import harm
from tests.plugins.harm import Forever, Good
from tests.plugins.providers.conftest import HOUR


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
    assert look(cache, "key") == Look(failed=True)


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
    absent = look(cache, "key")
    cache.put("key", b"value", HOUR)
    assert cache.get("key") == b"value"
    assert (absent, look(cache, "key")) == (Look(), Look(b"value"))


def test_what_is_given_must_be_a_function() -> None:
    with pytest.raises(InvalidInput, match="make: it is a function"):
        TokenCounterProvider(name="a", make=UpperEstimate())  # type: ignore[arg-type]  # that is the point
