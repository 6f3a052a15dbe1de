"""P1: a plugin that raises, exits, hangs, is slow or returns junk, in any hook, harms nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve, frozen
from pluggy import PluginManager

from jackfield.domain.model.errors import InvalidPrompt
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.progress import Progress
from jackfield.domain.model.subjects import Kind, Organization
from jackfield.entrypoints.core import Core
from jackfield.plugin import PluginReport, PluginState
from jackfield.plugins import hookspecs
from jackfield.plugins.loading import HOOKS
from jackfield.plugins.samples import ASKING, CANDIDATE, MESSAGES
from jackfield.testing import OpenCore, clock, faults, open_core, simulator
from tests.plugins import harm
from tests.plugins.harm import Forever, Good, bad
from tests.proofs.sizes import sized

__all__ = ["clock", "faults", "open_core", "simulator"]

TOLD: Final = sized(20, full=500)
LIMIT: Final = timedelta(milliseconds=250)
HARMS: Final = (
    "raises",
    "exits",
    "ends_a_generator",
    "interrupts",
    "overflows",
    "returns_junk",
    "is_slow",
    "hangs",
)
NOTIFIED: Final = ("jackfield_measure", "jackfield_progress")
DEFINITION: Final = evolve(CANDIDATE.definition, name="greeting")
NO_ERROR: Final = {hook: {"is_slow"} for hook in HOOKS} | {
    hook: {"is_slow", "returns_junk"} for hook in (*NOTIFIED, "jackfield_connect")
}
"""What a hook's promise admits: nobody reads what a notification returns, and to be slow is no error."""


@pytest.fixture
def forever() -> Iterator[Forever]:
    forever = Forever()
    yield forever
    forever.over.set()


@frozen
class Stage:
    """A core with bad plugins, each named by what it does, between two good ones."""

    core: Core
    first: Good
    last: Good

    def reports(self, *, good: bool) -> dict[str, PluginReport]:
        """What is said of the good ones, or of the bad ones, by name."""
        return {r.name: r for r in self.core.plugins if r.name in _ALL and (r.name in _GOOD) is good}


_GOOD: Final = ("first", "last")
_ALL: Final = (*_GOOD, *HARMS)


def _stage(open_core: OpenCore, plugins: dict[str, object]) -> Stage:
    first, last = Good("first"), Good("last")
    core = open_core(plugins={"first": first, **plugins, "last": last}, limit=LIMIT)
    return Stage(core, first, last)


def _measured(stage: Stage) -> None:
    sent = [Measurement(organization=Organization("a"), name="n", value=i) for i in range(TOLD)]
    for measurement in sent:
        stage.core.host.measure(measurement)
    stage.core.close()
    assert (_of(stage.first, sent[0]), _of(stage.last, sent[0])) == (sent, sent)


def _of(good: Good, first: Measurement) -> list[Measurement]:
    """What it heard of ours: the core measures its own calls too."""
    measured = [thing for thing in good.heard if isinstance(thing, Measurement)]
    return [measurement for measurement in measured if measurement.name == first.name]


def _progressed(stage: Stage) -> None:
    sent = [Progress(work="w", done=i + 1, total=TOLD) for i in range(TOLD)]
    for progress in sent:
        stage.core.report(progress)
    for good in (stage.first, stage.last):
        assert [thing for thing in good.heard if isinstance(thing, Progress)] == sent


def _reviewed(stage: Stage) -> None:
    found = stage.core.prompts.review(DEFINITION)
    said = [f.plugin for f in found if f.code == "review"]
    assert said == ["first", "last"]


def _given(stage: Stage) -> None:
    host = stage.core.host
    counters = [host.token_counter(n, own=(), place="").count("four").tokens for n in ("first", "last")]
    caches = [host.cache(n, harm.folder(), own=(), place="").get("key") for n in ("first", "last")]
    assert (sorted(host.commands(())), counters, caches) == (["first", "last"], [2, 2], [None, None])
    host.survey({})


def _understood(stage: Stage) -> None:
    host, ends = stage.core.host, stage.core.host.clock.monotonic() + 60
    for name in ("first", "last"):
        found = host.understanding(name, harm.no_http, own=("platform",), place="")
        assert found.evaluate("hello", bot="b", language=None, ends=ends).intent == name


def _delivered(stage: Stage) -> None:
    stage.core.deliveries.run(timedelta(hours=1))
    log = [e.position for e in stage.core.audit.entries() if e.event.subject.kind is Kind.PROMPT]
    assert [[e.position for e in good.delivered] for good in (stage.first, stage.last)] == [log, log]


def _connected(stage: Stage) -> None:
    for good in (stage.first, stage.last):
        assert len([thing for thing in good.heard if callable(thing)]) == 1


def _selected(stage: Stage) -> None:
    assert stage.core.host.select(ASKING) is None
    assert [good.heard.count(ASKING) for good in (stage.first, stage.last)] == [1, 1]


def _summarized(stage: Stage) -> None:
    assert stage.core.host.summarize(MESSAGES, 300) is None
    assert [good.heard.count(MESSAGES) for good in (stage.first, stage.last)] == [1, 1]


def _redacted(stage: Stage) -> None:
    (bad_one,) = stage.reports(good=False)
    assert stage.core.host.redact("raw") == f"[not kept: the redactor {bad_one} failed]"
    assert stage.core.host.redact("raw") == f"[not kept: the redactor {bad_one} failed]"
    texts = [[each for each in good.heard if isinstance(each, str)] for good in (stage.first, stage.last)]
    assert texts == [["raw"] * 2, []]


WAYS: Final[dict[str, Callable[[Stage], None]]] = {
    "jackfield_measure": _measured,
    "jackfield_progress": _progressed,
    "jackfield_review": _reviewed,
    "jackfield_commands": _given,
    "jackfield_token_counters": _given,
    "jackfield_caches": _given,
    "jackfield_ledgers": _given,
    "jackfield_understanding": _understood,
    "jackfield_destinations": _delivered,
    "jackfield_connect": _connected,
    "jackfield_select_examples": _selected,
    "jackfield_summarize": _summarized,
    "jackfield_redact": _redacted,
}
ALONE: Final = ("jackfield_redact",)
"""Behind the first that fails none is called."""


def _works(core: Core) -> None:
    """Publish, promote and roll back."""
    me = core.acting_as("mina", reason="CHG-1").prompts
    one = me.publish(DEFINITION)
    two = me.publish(evolve(DEFINITION, version="2.0.0", template="Be kind to {{customer}}."))
    assert me.promote(two).changed
    assert me.roll_back("greeting").after == one.number == core.prompts.live("greeting").number


def _is_kept_from_going_live(core: Core) -> None:
    """Reviewers that cannot answer fail closed, and each is named."""
    with pytest.raises(InvalidPrompt) as caught:
        core.acting_as("mina", reason="CHG-1").prompts.publish(DEFINITION)
    against = [p.place.removeprefix("plugin ") for p in caught.value.problems if p.code == "review-failed"]
    assert against == [way for way in HARMS if way != "is_slow"]


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if hook not in ALONE])
def test_the_core_works_and_the_others_hear(open_core: OpenCore, forever: Forever, hook: str) -> None:
    stage = _stage(open_core, {way: bad(hook, _harm(way, forever)) for way in HARMS})
    (_is_kept_from_going_live if hook == "jackfield_review" else _works)(stage.core)
    WAYS[hook](stage)
    stage.core.close()
    found = stage.reports(good=False)
    assert [(r.state, r.errors) for r in stage.reports(good=True).values()] == [(PluginState.LOADED, 0)] * 2
    assert (stage.first.closed, stage.last.closed) == (1, 1)
    assert {way for way in HARMS if found[way].state is PluginState.HUNG} == {"hangs"}
    assert {way for way in HARMS if not found[way].errors} == NO_ERROR[hook]
    assert harm.SECRET not in "".join(report.trouble for report in found.values())


@pytest.mark.parametrize("way", HARMS)
def test_what_one_of_the_redactors_fails_at_is_not_kept(
    open_core: OpenCore, forever: Forever, way: str
) -> None:
    stage = _stage(open_core, {way: bad("jackfield_redact", _harm(way, forever))})
    _works(stage.core)
    WAYS["jackfield_redact"](stage)
    report = stage.reports(good=False)[way]
    assert (report.state is PluginState.HUNG) is (way == "hangs")
    assert report.errors > 0
    assert harm.SECRET not in report.trouble


def _harm(way: str, forever: Forever) -> Callable[..., object]:
    return forever if way == "hangs" else getattr(harm, way)


def _raising_at_import(way: str, forever: Forever) -> type:
    class Late:
        def __init__(self) -> None:
            _harm(way, forever)()

        jackfield_measure = Good.jackfield_measure

    return Late


def test_plugins_that_do_not_come_up_harm_nobody(open_core: OpenCore, forever: Forever) -> None:
    ways = [way for way in HARMS if way not in ("returns_junk", "is_slow")]
    stage = _stage(open_core, {way: _raising_at_import(way, forever) for way in ways})
    _works(stage.core)
    for use in (_progressed, _reviewed, _given, _measured):
        use(stage)
    assert {r.state for r in stage.reports(good=False).values()} == {PluginState.FAILED}
    assert [(r.state, r.errors) for r in stage.reports(good=True).values()] == [(PluginState.LOADED, 0)] * 2


def test_control_pluggys_own_call_loses_what_the_others_return() -> None:
    manager = PluginManager("jackfield")
    manager.add_hookspecs(hookspecs)
    for plugin in (Good("first"), bad("jackfield_review", harm.raises), Good("last")):
        manager.register(plugin)
    with pytest.raises(ValueError, match="canary"):
        manager.hook.jackfield_review(version=CANDIDATE)


def test_control_redactors_that_do_no_harm_are_all_applied(open_core: OpenCore) -> None:
    assert _stage(open_core, {}).core.host.redact("raw") == "raw first last"


def test_how_much_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(
            f" P1: {len(HOOKS)} hooks x {len(HARMS)} harms and {len(HARMS) - 2} at import; {TOLD} told each"
        )
    assert set(WAYS) == set(HOOKS)
