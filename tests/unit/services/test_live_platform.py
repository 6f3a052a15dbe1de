"""What is live by the platform, of a prompt that another machine's ledger knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import JackfieldError, NotFound, Unavailable
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.live import LiveRules
from tests.unit.services.conftest import FIRST, NAME, House, version

Wait = Callable[[float], None]


@pytest.fixture
def there(house: House, tmp_path: Path) -> House:
    """Another machine: its own ledger, the same platform."""
    other = House(tmp_path / "there", house.clock)
    other.platform, other.line = house.platform, house.line
    return other


@pytest.fixture
def here(house: House, there: House) -> Iterator[Core]:
    """A core that asks the platform too; 1.0.0 was published there."""
    with there.open() as core:
        core.acting_as("tom", reason="-").prompts.publish(FIRST)
    settings = Settings(
        target="here",
        platform="simulator",
        organization=organization("acme"),
        folder=house.folder,
        live=LiveRules(platform=True, wait_s=20, stale_s=60),
    )
    with build(settings, Parts(clock=house.clock, send=house.line)) as core:
        house.line.requests.clear()
        yield core


def searches(house: House) -> int:
    return len([r for r in house.calls("GET") if "name=" in r.url])


def test_the_platform_tells_what_is_live(here: Core) -> None:
    found = here.prompts.live(NAME)
    assert (found.number, found.source, found.freshness) == ("1.0.0", Source.PLATFORM, Freshness.FRESH)


def test_the_platform_does_not_tell_since_when_and_by_whom(here: Core) -> None:
    found = here.prompts.live(NAME)
    assert (found.since, found.actor, found.move, found.reason) == (None,) * 4


def test_the_platform_is_asked_once_in_half_a_minute(here: Core, house: House, wait: Wait) -> None:
    for _ in range(10):
        here.prompts.live(NAME)
        wait(2.9)
    assert searches(house) == 1


def test_after_half_a_minute_it_is_asked_again(here: Core, there: House, wait: Wait) -> None:
    here.prompts.live(NAME)
    with there.open() as core:
        him = core.acting_as("tom", reason="-").prompts
        him.promote(him.publish(version("1.1.0")))
    wait(30)
    assert here.prompts.live(NAME).number == "1.1.0"


def test_what_one_process_was_told_another_need_not_ask(here: Core, house: House) -> None:
    here.prompts.live(NAME)
    with build(here.settings, Parts(clock=house.clock, send=house.line)) as other:
        found = other.prompts.live(NAME)
    assert (found.source, found.freshness, searches(house)) == (Source.DISK, Freshness.FRESH, 1)


def test_when_the_platform_is_away_the_last_it_said_is_given(here: Core, house: House, wait: Wait) -> None:
    here.prompts.live(NAME)
    house.line.send = unreachable
    wait(45)
    assert here.prompts.live(NAME).freshness is Freshness.STALE


def test_when_it_is_away_and_nothing_is_known_it_is_told(here: Core, house: House) -> None:
    house.line.send = unreachable
    with pytest.raises(Unavailable):
        here.prompts.live(NAME)


def test_what_was_removed_from_the_platform_is_not_brought_back_by_an_outage(
    here: Core, house: House, wait: Wait
) -> None:
    here.prompts.live(NAME)
    house.platform.reset()
    wait(31)
    with pytest.raises(NotFound):
        here.prompts.live(NAME)
    house.line.send = unreachable
    wait(31)
    with pytest.raises(Unavailable):
        here.prompts.live(NAME)


def test_what_nobody_has_is_searched_for_a_few_times_in_a_minute(
    here: Core, house: House, wait: Wait
) -> None:
    for _ in range(120):
        assert here.prompts.live("nobody", fallback=evolve(FIRST, name="nobody")).number == "1.0.0"
        wait(0.5)
    assert searches(house) == 4  # at once, after 5 s, after 10 more, after 20 more


def test_what_appears_on_the_platform_is_seen_within_half_a_minute(
    here: Core, there: House, wait: Wait
) -> None:
    for _ in range(200):
        here.prompts.live("new", fallback=evolve(FIRST, name="new"))
        wait(0.5)
    with there.open() as core:
        core.acting_as("tom", reason="-").prompts.publish(evolve(FIRST, name="new"))
    wait(30)
    assert here.prompts.live("new").source is Source.PLATFORM


def test_that_nobody_has_it_is_known_to_all_processes(here: Core, house: House) -> None:
    for core in (here, another(here, house)):
        with pytest.raises(NotFound):
            core.prompts.live("nobody")
        core.close()
    assert searches(house) == 1


def test_that_the_platform_is_away_is_known_to_all_processes(here: Core, house: House) -> None:
    house.line.send = unreachable
    with pytest.raises(Unavailable):
        here.prompts.live(NAME)
    asked = searches(house)
    with (
        another(here, house) as core,
        pytest.raises(Unavailable, match="asked a moment ago: the host cannot"),
    ):
        core.prompts.live(NAME)
    assert searches(house) == asked


def test_a_platform_that_is_back_is_asked_again(here: Core, house: House, wait: Wait) -> None:
    send, house.line.send = house.line.send, unreachable
    for _ in range(20):
        with pytest.raises(JackfieldError):
            here.prompts.live(NAME)
        wait(1)
    house.line.send = send
    wait(30)  # the breaker's pause
    assert here.prompts.live(NAME).source is Source.PLATFORM


def test_nobody_waits_for_who_asks_longer_than_a_call_may_take(here: Core, house: House) -> None:
    settings = evolve(here.settings, calls=CallRules(person_deadline_s=0.5))
    with build(settings, Parts(clock=house.clock, send=house.line)) as core:
        somebody_asks(core)
        before = house.clock.monotonic()
        assert core.prompts.live(NAME).number == "1.0.0"
        assert 0.5 <= house.clock.monotonic() - before < 0.6


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_nobody_waits_for_who_asks_without_a_cache_to_take_it_from(
    here: Core, house: House, cache: str
) -> None:
    settings = evolve(here.settings, live=LiveRules(platform=True, wait_s=20, cache=cache))
    with build(settings, Parts(clock=house.clock, send=house.line)) as core:
        somebody_asks(core)
        before = house.clock.monotonic()
        assert core.prompts.live(NAME).number == "1.0.0"
        assert house.clock.monotonic() == before


def somebody_asks(core: Core) -> None:
    """Let another process hold the lease of who asks, for an hour."""
    operations = core.prompts.operations
    operations.leases.acquire(
        operations.records.organization, f"live {NAME}", holder="other", lifetime=timedelta(hours=1)
    )


def another(core: Core, house: House) -> Core:
    """Open another process's core on the same state folder."""
    return build(core.settings, Parts(clock=house.clock, send=house.line))


def test_what_neither_knows_is_not_found(here: Core) -> None:
    with pytest.raises(NotFound, match="no such prompt here"):
        here.prompts.live("nobody")


def test_without_the_setting_the_platform_is_never_asked(here: Core, house: House) -> None:
    with house.open() as core, pytest.raises(NotFound):
        core.prompts.live(NAME)
    assert house.line.requests == []


def test_once_our_own_record_knows_it_the_record_tells(here: Core) -> None:
    here.prompts.live(NAME)
    here.acting_as("mina", reason="-").prompts.publish(version("2.0.0"))
    assert here.prompts.live(NAME).source is Source.LEDGER


def unreachable(_: Request) -> Response:
    raise Unavailable("the host cannot be reached")
