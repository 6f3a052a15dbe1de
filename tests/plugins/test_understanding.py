"""Understandings of plugins: chosen by name, and none of their failures harms a turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import cast

import pytest
from attrs import define, field

from jackfield.domain.model.errors import InvalidInput, JackfieldError, NotFound, OutcomeUnknown, Unavailable
from jackfield.domain.model.sessions.signals import hear
from jackfield.entrypoints.core import Core
from jackfield.plugin import UNMEASURED, Evaluation, Http, PluginState, UnderstandingProvider, hookimpl
from jackfield.plugins.types import PluginReport
from jackfield.plugins.understanding import MOST
from jackfield.ports.understanding import Understanding
from jackfield.testing import OpenCore
from tests.plugins import harm
from tests.plugins.harm import Forever, Saying

FINE = Evaluation(intent="order_status", confidence=0.9, sentiment=-0.2, second=0.1)
LONG = 60.0
TEXT = "where is my order canary-of-a-customer"


@define
class Mine:
    """Gives the understanding `nlu`, which does what the test wants; `given` is what it calls hosts by."""

    act: Callable[..., object]
    name: str = "nlu"
    given: list[Http] = field(factory=list[Http])

    @hookimpl
    def jackfield_understanding(self) -> list[UnderstandingProvider]:
        return [UnderstandingProvider(name=self.name, make=self.make)]

    def make(self, http: Http) -> Understanding:
        self.given.append(http)
        return self

    def evaluate(self, text: str, *, bot: str, language: str | None, ends: float) -> Evaluation:
        return cast("Evaluation", self.act(text, bot, language, ends))


def _of(core: Core, name: str = "nlu") -> Understanding:
    return core.host.understanding(name, harm.no_http, own=("platform",), place="sessions.understanding")


def _asked(core: Core, found: Understanding, *, seconds: float = LONG) -> Evaluation:
    ends = core.host.clock.monotonic() + seconds
    return found.evaluate(TEXT, bot="b-7", language="en", ends=ends)


def _report(core: Core) -> PluginReport:
    return next(each for each in core.plugins if each.name == "mine")


def test_the_settings_choose_a_plugin_s_understanding(open_core: OpenCore) -> None:
    heard = list[object]()

    def act(*arguments: object) -> Evaluation:
        heard.extend(arguments)
        return FINE

    mine = Mine(act)
    core = open_core(plugins={"mine": mine})
    assert _asked(core, _of(core)) == FINE
    assert heard == [TEXT, "b-7", "en", core.host.clock.monotonic() + LONG]
    assert mine.given == [harm.no_http]


def test_one_that_nobody_gives_is_an_error_that_lists_what_there_is(open_core: OpenCore) -> None:
    core = open_core(plugins={"mine": Mine(lambda *_: FINE)})
    with pytest.raises(InvalidInput, match=r"sessions\.understanding: 'other' is none of platform, nlu"):
        _of(core, "other")


def test_the_platform_s_own_name_is_nobody_else_s(open_core: OpenCore) -> None:
    core = open_core(plugins={"mine": Mine(lambda *_: FINE, name="platform")})
    with pytest.raises(InvalidInput, match="'platform' is none of"):
        _of(core, "platform")
    assert "'platform' is Jackfield's own" in _report(core).trouble


def test_one_that_is_none_is_refused_when_it_is_chosen(open_core: OpenCore) -> None:
    class Wrong:
        @hookimpl
        def jackfield_understanding(self) -> list[UnderstandingProvider]:
            return [UnderstandingProvider(name="nlu", make=lambda _: object())]  # type: ignore[arg-type,return-value]  # that is the point

    with pytest.raises(InvalidInput, match="it made no Understanding: it has no evaluate"):
        _of(open_core(plugins={"mine": Wrong}))


def test_a_provider_that_cannot_make_one_fails_the_choice_alone(open_core: OpenCore) -> None:
    class Fails:
        @hookimpl
        def jackfield_understanding(self) -> list[UnderstandingProvider]:
            return [UnderstandingProvider(name="nlu", make=harm.raises)]

    with pytest.raises(InvalidInput, match="plugin mine cannot give 'nlu': raised ValueError") as caught:
        _of(open_core(plugins={"mine": Fails}))
    assert harm.SECRET not in str(caught.value)


def _absurd(*_: object) -> object:
    return Evaluation(intent="a", confidence=object())


def _decimal(*_: object) -> object:
    return Evaluation(intent="a", confidence=Decimal("0.5"))


@pytest.mark.parametrize(
    "act",
    [
        harm.raises,
        harm.exits,
        harm.interrupts,
        harm.ends_a_generator,
        harm.overflows,
        harm.returns_junk,
        harm.returns_nothing,
        harm.returns_without_end,
        _absurd,
        _decimal,
    ],
)
def test_whatever_goes_wrong_is_an_evaluation_that_failed(
    open_core: OpenCore, act: Callable[..., object]
) -> None:
    core = open_core(plugins={"mine": Mine(act)})
    found = _of(core)
    for _ in range(2):
        with pytest.raises(Unavailable, match="plugin mine: the understanding nlu said nothing: ") as caught:
            _asked(core, found)
        assert "canary" not in f"{caught.value} {caught.value.__cause__}"
    assert (_report(core).state, _report(core).errors) == (PluginState.LOADED, 2)


@pytest.mark.parametrize("kind", [NotFound, Unavailable, OutcomeUnknown, InvalidInput])
def test_what_it_says_in_our_words_is_told_without_the_customer_s(
    open_core: OpenCore, kind: type[JackfieldError]
) -> None:
    def act(text: str, *_: object) -> object:
        raise kind(f"no model for {text}", place="x")

    core = open_core(plugins={"mine": Mine(act)})
    with pytest.raises(Unavailable, match=r"said nothing: no model for \*{8}") as caught:
        _asked(core, _of(core))
    assert (caught.value.__cause__, "canary" in str(caught.value)) == (None, False)
    assert _report(core).errors == 0


def test_one_that_hangs_is_switched_off_and_not_asked_again(open_core: OpenCore, forever: Forever) -> None:
    core = open_core(plugins={"mine": Mine(forever)}, limit=timedelta(milliseconds=50))
    found = _of(core)
    for _ in range(20):
        with pytest.raises(Unavailable, match="does not end"):
            _asked(core, found)
    assert (_report(core).state, _report(core).errors) == (PluginState.HUNG, 1)


def test_a_turn_that_has_less_time_waits_no_longer_and_switches_nothing_off(
    open_core: OpenCore, forever: Forever
) -> None:
    core = open_core(plugins={"mine": Mine(forever)})
    found = _of(core)
    with pytest.raises(Unavailable, match=r"it took longer than the turn had \(given up after 0\.05 s\)"):
        _asked(core, found, seconds=0.05)
    assert (_report(core).state, _report(core).errors) == (PluginState.LOADED, 1)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_a_turn_without_time_asks_nobody(open_core: OpenCore, seconds: float) -> None:
    core = open_core(plugins={"mine": Mine(harm.raises)})
    with pytest.raises(Unavailable, match="there is no time left for it"):
        _asked(core, _of(core), seconds=seconds)
    assert _report(core).errors == 0


def test_calls_that_nobody_waits_for_any_more_are_bounded(open_core: OpenCore, forever: Forever) -> None:
    under_way = list[threading.Thread]()

    def act(*_: object) -> None:
        under_way.append(threading.current_thread())
        forever()

    core = open_core(plugins={"mine": Mine(act)})
    found = _of(core)
    for _ in range(MOST):
        with pytest.raises(Unavailable, match="took longer"):
            _asked(core, found, seconds=0.01)
    while len(under_way) < MOST:
        continue  # a thread that was given up may not have come that far
    with pytest.raises(Unavailable, match="64 of its calls are under way"):
        _asked(core, found)
    forever.over.set()
    for thread in under_way:
        thread.join()
    with pytest.raises(Unavailable, match="of type NoneType"):
        _asked(core, found)


class _Text(str):
    __slots__ = ()

    def isprintable(self) -> bool:
        raise ValueError("canary")


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        (Evaluation(intent=_Text("a"), confidence=1), Evaluation(intent="a", confidence=1.0)),
        (Evaluation(intent=None, confidence=Fraction(1, 2)), Evaluation(intent=None, confidence=0.5)),
        (Evaluation(intent="a", confidence=True), Evaluation(intent="a", confidence=True)),
        (
            Evaluation(intent="a", confidence=0.5, sentiment=None),
            Evaluation(intent="a", confidence=0.5, sentiment=None, second=UNMEASURED),
        ),
    ],
)
def test_what_it_says_is_made_plain_before_it_is_heard(
    open_core: OpenCore, said: Evaluation, plain: Evaluation
) -> None:
    core = open_core(plugins={"mine": Mine(lambda *_: said)})
    found = _asked(core, _of(core))
    assert found == plain
    assert type(found.intent) in {str, type(None)}
    assert hear(found).intent == plain.intent


def test_a_plugin_is_checked_with_it(open_core: OpenCore) -> None:
    from jackfield.plugins.samples import tried

    core = open_core(
        plugins={"mine": Mine(lambda *_: FINE), "bad": harm.bad("jackfield_understanding", harm.returns_junk)}
    )
    host = core.host
    found = {
        p.name: [trouble for _, trouble in tried(host, p)] for p in host.plugins if p.name in {"mine", "bad"}
    }
    assert found["mine"] == [""]
    assert found["bad"][0].endswith("where a UnderstandingProvider is wanted")


def test_threads_share_it(open_core: OpenCore) -> None:
    core = open_core(plugins={"mine": Mine(lambda *_: FINE), "other": harm.Good("other")})
    found, heard = _of(core), list[Evaluation]()
    assert isinstance(_of(core, "other"), type(found))
    assert Saying("other").evaluate("x", bot="b", language=None, ends=0) == _asked(core, _of(core, "other"))

    def work() -> None:
        heard.extend(_asked(core, found) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [FINE] * 40
