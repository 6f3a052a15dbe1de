"""Destinations of plugins that raise, hang or end the process: tried again, switched off, told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import define

from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.deliveries.verdicts import Delivery, Untried
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.deliveries import Passed, Stand
from jackfield.plugin import Entry, PluginState, hookimpl
from jackfield.plugins.samples import CANDIDATE
from jackfield.testing import FrozenClock, OpenCore
from tests.plugins.destinations.conftest import LONG, Gives, publish_candidate


@define
class Does(KeepingDestination):
    """A destination that does something with each entry."""

    act: Callable[[], Any] = lambda: None

    def deliver(self, entry: Entry) -> Delivery:
        found: Delivery = self.act()
        return found


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
    publish_candidate(core)
    core.deliveries.run(LONG)
    found = {each.name: each for each in core.deliveries.status()}
    assert found["bad"].waiting[0].trouble.startswith(trouble)
    assert (found["good"].stand, len(keeping.taken)) == (Stand.CURRENT, 2)


def test_a_destination_that_hangs_is_switched_off_and_loses_nothing(
    open_core: OpenCore, forever: threading.Event
) -> None:
    hangs = Does("bad", act=lambda: forever.wait(30))
    core = open_core(plugins={"bad": Gives([hangs])}, limit=timedelta(milliseconds=200))
    publish_candidate(core)
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
    publish_candidate(core)
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
    publish_candidate(core)
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
