"""The last known good: on disk, by our own changes, and in a new process."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.domain.model.errors import (
    InvalidInput,
    JackfieldError,
)
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.live import LiveRules
from tests.unit.services.conftest import FIRST, NAME, House, version
from tests.unit.services.live.conftest import AWAY, Reader, Wait


def test_a_list_of_names_with_half_a_character_keeps_nothing_from_being_written(reader: Reader) -> None:
    names = f"{reader.core.settings.organization} live-names"
    reader.cache.put(names, b'["\\ud800"]', timedelta(days=1))

    reader.live.get(NAME)
    reader.settle()

    assert reader.live.kept.names() == (NAME,)


def test_a_new_process_has_the_last_known_good_from_disk(known: Reader, wait: Wait) -> None:
    wait(3600)
    live = known.restart()
    known.ledger.failure = AWAY
    found = live.get(NAME)
    assert known.said()[1:] == (Source.MEMORY, Freshness.LAST_KNOWN_GOOD)
    assert (found.number, found.source, found.freshness, found.age) == (
        "1.0.0",
        Source.DISK,
        Freshness.LAST_KNOWN_GOOD,
        timedelta(hours=1),
    )


def test_what_is_read_from_disk_is_whole(known: Reader) -> None:
    fresh = known.live.get(NAME)
    known.restart()
    known.ledger.failure = AWAY
    assert known.live.get(NAME) == fresh


def test_the_definition_from_disk_renders_as_the_published_one(known: Reader) -> None:
    known.restart()
    known.ledger.failure = AWAY
    assert known.live.get(NAME).definition.render({"issue": "x"}) == FIRST.render({"issue": "x"})


def test_our_own_promotion_is_the_last_known_good_at_once(two: ActingPrompts, core: Core) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    known = core.prompts.live_versions.last_known(NAME)
    assert known is not None
    assert known.number == "1.1.0"


def test_our_own_rollback_is_the_last_known_good_at_once(two: ActingPrompts, core: Core) -> None:
    two.promote(two.version(NAME, "1.1.0"))
    two.roll_back(NAME)
    known = core.prompts.live_versions.last_known(NAME)
    assert known is not None
    assert known.number == "1.0.0"


def test_a_promotion_that_failed_is_never_the_last_known_good(
    two: ActingPrompts, core: Core, house: House
) -> None:
    house.edit_behind_our_back(core, version("7.0.0"))
    with pytest.raises(JackfieldError):
        two.promote(two.version(NAME, "1.1.0"))
    known = core.prompts.live_versions.last_known(NAME)
    assert known is not None
    assert known.number == "1.0.0"


def test_a_promotion_that_is_told_late_does_not_bring_back_what_was_left(
    two: ActingPrompts, core: Core, house: House, wait: Wait
) -> None:
    live, began = core.prompts.live_versions, house.clock.now()
    two.promote(two.version(NAME, "1.1.0"))
    late = live.upstream.records.known(NAME)
    wait(1)
    two.promote(two.publish(version("1.2.0")))
    live.learn(late, began)
    core.close()
    said = live.last_known(NAME), house.open().prompts.live_versions.kept.get(NAME)
    assert [found and found.number for found in (said[0], said[1] and said[1].version)] == ["1.2.0"] * 2


def test_an_unchanged_version_is_written_once_a_minute(known: Reader, wait: Wait) -> None:
    first = known.live.kept.get(NAME)
    for _ in range(58):
        wait(1)
        known.live.get(NAME)
    known.settle()
    second = known.live.kept.get(NAME)
    wait(2)
    known.live.get(NAME)
    known.settle()
    third = known.live.kept.get(NAME)
    assert first is not None
    assert second is not None
    assert third is not None
    assert (second.confirmed - first.confirmed, third.confirmed - first.confirmed) == (
        timedelta(),
        timedelta(seconds=60),
    )


@pytest.mark.parametrize("cache", ["none", "memory", "disk"])
def test_each_cache_can_be_chosen(house: House, cache: str) -> None:
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=house.folder,
        live=LiveRules(cache=cache),
    )
    with build(settings, Parts(clock=house.clock, send=house.line)) as core:
        core.acting_as("mina", reason="-").prompts.publish(FIRST)
    assert (house.folder / "cache").exists() is (cache == "disk")


def test_a_cache_that_nobody_gives_is_refused(house: House) -> None:
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=house.folder,
        live=LiveRules(cache="redis"),
    )
    with pytest.raises(InvalidInput, match=r"live\.cache"):
        build(settings, Parts(clock=house.clock, send=house.line))
