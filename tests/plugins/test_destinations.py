"""Destinations of plugins: found, guarded, and kept from doing harm."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import define

from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.deliveries.verdicts import Delivery, Untried
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.services.deliveries import Passed, Stand
from jackfield.entrypoints.core import Core
from jackfield.plugin import DestinationSettings, Entry, Http, PluginState, hookimpl
from jackfield.plugins.samples import CANDIDATE
from jackfield.testing import FrozenClock, OpenCore, clock, deliver_all, faults, open_core, simulator

__all__ = ["clock", "faults", "open_core", "simulator"]

LONG = timedelta(hours=1)


@define
class Gives:
    """A plugin that gives what it is told to."""

    things: Any

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> Any:
        return self.things


@define
class Does(KeepingDestination):
    """A destination that does something with each entry."""

    act: Callable[[], Any] = lambda: None

    def deliver(self, entry: Entry) -> Delivery:
        found: Delivery = self.act()
        return found


def _publish(core: Core) -> None:
    core.acting_as("mina", reason="CHG-1").prompts.publish(CANDIDATE.definition)


def _trouble(core: Core, name: str) -> str:
    return next(r.trouble for r in core.plugins if r.name == name)


def test_a_plugin_s_destination_hears_what_was_done(open_core: OpenCore) -> None:
    keeping = KeepingDestination(wants=("*:succeeded",))
    core = open_core(plugins={"crm": Gives([keeping])})
    _publish(core)
    core.deliveries.run(LONG)
    assert [e.event.type for e in keeping.taken] == ["prompt.publish"]


def test_a_destination_is_closed_with_the_core(open_core: OpenCore) -> None:
    keeping = KeepingDestination()
    core = open_core(plugins={"crm": Gives([keeping])})
    core.deliveries.status()
    core.close()
    core.close()
    assert keeping.closed == 1


@pytest.mark.parametrize(
    "things",
    [
        7,
        "text",
        [object()],
        [KeepingDestination("a b")],
        [KeepingDestination("")],
        [KeepingDestination(wants=("[",))],
        [KeepingDestination(wants=None)],  # type: ignore[arg-type]  # that is what is tried
        (KeepingDestination(f"k{n}") for n in range(200)),
    ],
)
def test_junk_is_no_destination(open_core: OpenCore, things: Any) -> None:
    core = open_core(plugins={"junk": Gives(things)})
    (found,) = core.deliveries.status()
    assert (found.name, found.stand) == ("plugin junk", Stand.BROKEN)
    assert _trouble(core, "junk").startswith("jackfield_destinations: ")
    assert found.broken == _trouble(core, "junk")


def test_of_two_with_one_name_neither_is_taken(open_core: OpenCore) -> None:
    plugins = {name: Gives([KeepingDestination("crm")]) for name in ("one", "other", "third")}
    core = open_core(plugins=plugins)
    (found,) = core.deliveries.status()
    trouble = "'crm' is given by one and other and third"
    assert (found.name, found.broken) == ("crm", trouble)
    assert core.deliveries.run(LONG) == (Passed(name="crm", trouble=trouble),)
    assert all("'crm'" in _trouble(core, name) for name in plugins)


@pytest.fixture
def forever() -> Iterator[threading.Event]:
    over = threading.Event()
    yield over
    over.set()


def _raising() -> None:
    raise ValueError("canary")


def _unavailable() -> None:
    raise Unavailable("the CRM is away")


def _exiting() -> None:
    raise SystemExit


@pytest.mark.parametrize(
    ("act", "trouble"),
    [
        (_raising, "raised ValueError at "),
        (_exiting, "raised SystemExit at "),
        (_unavailable, "the CRM is away"),
        (lambda: True, "it returned a value of type bool, no verdict"),
        (lambda: None, "it returned a value of type NoneType, no verdict"),
    ],
)
def test_what_a_destination_does_wrong_is_tried_again_and_told(
    open_core: OpenCore, act: Callable[[], Any], trouble: str
) -> None:
    keeping = KeepingDestination("good")
    core = open_core(plugins={"bad": Gives([Does("bad", act=act)]), "good": Gives([keeping])})
    _publish(core)
    core.deliveries.run(LONG)
    found = {each.name: each for each in core.deliveries.status()}
    assert found["bad"].waiting[0].trouble.startswith(trouble)
    assert (found["good"].stand, len(keeping.taken)) == (Stand.CURRENT, 2)


def test_a_destination_that_hangs_is_switched_off_and_loses_nothing(
    open_core: OpenCore, forever: threading.Event
) -> None:
    hangs = Does("bad", act=lambda: forever.wait(30))
    core = open_core(plugins={"bad": Gives([hangs])}, limit=timedelta(milliseconds=200))
    _publish(core)
    core.deliveries.run(LONG)
    (report,) = (r for r in core.plugins if r.name == "bad")
    assert report.state is PluginState.HUNG
    (found,) = core.deliveries.status()
    trouble = "plugin bad was switched off: deliver: does not end (given up after 0.2 s)"
    assert (found.stand, found.broken, len(found.waiting)) == (Stand.BROKEN, trouble, 1)
    assert core.deliveries.run(LONG) == (Passed(name="bad", trouble=trouble),)


def test_what_a_destination_that_was_switched_off_was_not_asked_counts_as_no_try(
    open_core: OpenCore, forever: threading.Event, clock: FrozenClock
) -> None:
    hangs = Does("bad", act=lambda: forever.wait(30))
    core = open_core(plugins={"bad": Gives([hangs])}, limit=timedelta(milliseconds=100))
    _publish(core)
    core.deliveries.run(LONG)
    (guarded,) = core.deliveries.destinations()
    (entry,) = core.audit.last(1)
    verdict = guarded.deliver(entry)
    assert verdict == Untried(reason=core.deliveries.status()[0].broken)
    for _ in range(10):
        clock.advance(timedelta(hours=7))
        core.deliveries.run(LONG)
    (found,) = core.deliveries.status()
    assert ([w.attempts for w in found.waiting], found.dead) == ([1], ())


def test_a_hook_that_raises_loses_its_own_destinations_alone(open_core: OpenCore) -> None:
    class Raises:
        @hookimpl
        def jackfield_destinations(self) -> None:
            raise ValueError("canary")

    keeping = KeepingDestination()
    core = open_core(plugins={"bad": Raises, "good": Gives([keeping])})
    _publish(core)
    good, bad = core.deliveries.run(LONG)
    assert (len(keeping.taken), good.trouble) == (2, "")
    assert (bad.name, bad.trouble.partition(" at ")[0]) == (
        "plugin bad",
        "jackfield_destinations: raised ValueError",
    )
    assert [each.stand for each in core.deliveries.status()] == [Stand.CURRENT, Stand.BROKEN]


def test_a_hook_that_hangs_is_told_too(open_core: OpenCore, forever: threading.Event) -> None:
    class Hangs:
        @hookimpl
        def jackfield_destinations(self) -> None:
            forever.wait(30)

    core = open_core(plugins={"bad": Hangs}, limit=timedelta(milliseconds=100))
    (found,) = core.deliveries.status()
    assert (found.name, found.broken) == (
        "plugin bad",
        "jackfield_destinations: does not end (given up after 0.1 s)",
    )


def test_a_plugin_that_was_switched_off_before_it_was_asked_is_told(
    open_core: OpenCore, forever: threading.Event
) -> None:
    class Hangs(Gives):
        @hookimpl
        def jackfield_review(self) -> None:
            forever.wait(30)

    core = open_core(plugins={"bad": Hangs([KeepingDestination()])}, limit=timedelta(milliseconds=100))
    core.prompts.review(CANDIDATE.definition)
    (found,) = core.deliveries.status()
    assert (found.name, found.broken or "") == (
        "plugin bad",
        "plugin bad was switched off: jackfield_review: does not end (given up after 0.1 s)",
    )


def test_a_plugin_of_the_settings_that_cannot_be_loaded_may_have_given_one(open_core: OpenCore) -> None:
    class Fails:
        def __init__(self) -> None:
            raise ValueError("canary")

    core = open_core(plugins={"crm": Fails, "other": Fails}, allow=("crm", "other"))
    found = {each.name: each.broken or "" for each in core.deliveries.status()}
    assert set(found) == {"plugin crm", "plugin other"}
    assert found["plugin crm"].startswith("it is named in the settings and could not be loaded: loading: ")
    assert "canary" not in str(found)


@pytest.mark.parametrize("name", ["registry", "jsonl", "genesys-audit", "log-lines"])
def test_an_endpoint_does_not_take_the_name_of_another_destination_of_ours(
    open_core: OpenCore, name: str
) -> None:
    endpoint = {"name": name, "url": "https://crm.example/x"}
    with pytest.raises(InvalidInput, match=rf"endpoints\[0\]\.name: '{name}' is the name of"):
        open_core(settings={"webhooks": {"endpoints": [endpoint]}})


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x", "", "a\x00b"])
def test_a_path_that_names_no_file_is_refused(open_core: OpenCore, path: str) -> None:
    with pytest.raises(InvalidInput, match=r"(?s)plugins\.jsonl: .*path "):
        open_core(settings={"jsonl": {"path": path}})


def test_everything_is_delivered_for_a_test(open_core: OpenCore, clock: Any) -> None:
    from jackfield.domain.model.deliveries.verdicts import Retry

    keeping = KeepingDestination(script=[Retry(reason="no")] * 3)
    core = open_core(plugins={"crm": Gives([keeping])})
    _publish(core)
    assert [each.stand for each in deliver_all(core.deliveries, clock)] == [Stand.CURRENT]


def test_the_line_of_plugins_is_guarded(open_core: OpenCore) -> None:
    given = list[Http]()

    class Takes:
        @hookimpl
        def jackfield_destinations(self, http: Http) -> None:
            given.append(http)

    open_core(plugins={"takes": Takes}).deliveries.status()
    with pytest.raises(InvalidInput):
        given[0]("GET", "https://169.254.169.254/latest/meta-data")


def test_settings_of_built_in_plugins_are_read_strictly(open_core: OpenCore) -> None:
    with pytest.raises(InvalidInput, match="url"):
        open_core(settings={"registry": {}})


def test_a_list_s_secrets_come_from_the_environment(open_core: OpenCore) -> None:
    endpoint = {"name": "crm", "url": "https://crm.example/x", "secret_env": "HOOK"}
    core = open_core(settings={"webhooks": {"endpoints": [endpoint]}}, environ={"HOOK": "whsec_c2VjcmV0"})
    assert [each.name for each in core.deliveries.status()] == ["crm"]


@pytest.mark.parametrize(
    "change", [{"secret": "plain"}, {"secret_env": "AWAY"}, {"secret_env": 7}, {"typo": 1}, {"types": ["[x"]}]
)
def test_an_endpoint_that_does_not_fit_is_refused_with_its_place(
    open_core: OpenCore, change: dict[str, object]
) -> None:
    endpoint = {"name": "crm", "url": "https://crm.example/x", **change}
    with pytest.raises(InvalidInput, match="webhooks"):
        open_core(settings={"webhooks": {"endpoints": [endpoint]}}, environ={})


def test_a_webhook_s_secret_and_url_are_shown_nowhere(open_core: OpenCore) -> None:
    canary, token = "whsec_Y2FuYXJ5LXNlY3JldA==", "canary-token"
    endpoint = {"name": "crm", "url": f"https://crm.example/{token}?key={token}", "secret_env": "HOOK"}
    core = open_core(settings={"webhooks": {"endpoints": [endpoint]}}, environ={"HOOK": canary})
    _publish(core)
    shown = [core.plugins, core.deliveries.status(), *core.audit.entries(), *core.deliveries.destinations()]
    assert canary not in repr(shown)
    assert token not in repr(shown)


def test_a_url_that_is_refused_is_not_repeated(open_core: OpenCore) -> None:
    endpoint = {"name": "crm", "url": "https://u:canary-password@crm.example/x"}
    with pytest.raises(
        InvalidInput, match=r"plugins\.webhooks\.endpoints\[0\]\.url: a URL is https"
    ) as caught:
        open_core(settings={"webhooks": {"endpoints": [endpoint]}})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("prompt.promoted", "did you mean 'prompt.promote'?"),
        ("prompt.promoted:succeeded", "did you mean 'prompt.promote'?"),
        ("prompts.*", "did you mean 'prompt.*'?"),
        (
            "nope.*",
            "there are advice.*, assistant.*, audit.*, delivery.*, pins.*, prompt.*, rollout.*, session.*",
        ),
    ],
)
@pytest.mark.parametrize("plugin", ["webhooks", "jsonl", "log-lines"])
def test_a_pattern_that_fits_no_event_is_refused_with_the_nearest(
    open_core: OpenCore, plugin: str, pattern: str, said: str
) -> None:
    table: dict[str, dict[str, object]] = {
        "webhooks": {"endpoints": [{"name": "crm", "url": "https://crm.example/x", "types": [pattern]}]},
        "jsonl": {"path": "/tmp/x.jsonl", "types": [pattern]},  # noqa: S108  # it is never opened
        "log-lines": {"types": [pattern]},
    }
    kind = pattern.partition(":")[0]
    wanted = re.escape(f"types: no event is of the type '{kind}'; {said}")
    with pytest.raises(InvalidInput, match=wanted):
        open_core(settings={plugin: table[plugin]})


def test_patterns_that_fit_some_event_are_taken(open_core: OpenCore) -> None:
    types = ["*", "*.roll_back:succeeded", "delivery.*", "audit.erase", "pins.rotate"]
    endpoint = {"name": "crm", "url": "https://crm.example/x", "types": types}
    assert len(open_core(settings={"webhooks": {"endpoints": [endpoint]}}).deliveries.status()) == 1
