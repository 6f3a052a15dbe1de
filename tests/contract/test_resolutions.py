"""The contract of resolutions on Genesys Cloud's adapter: over the simulator, and over its server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from attrs import frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.resolutions import GenesysResolutions
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.resolutions import Course, Play, ResolutionsContract
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.assistants import ConversationId
from jackfield.ports.resolutions import Resolutions
from jackfield.ports.sessions import Opening
from tests.contract.places import BOT, OTHER_BOT, Place, in_process, over_its_server


@frozen
class Stage:
    """A platform whose clock is moved."""

    place: Place
    clock: FrozenClock

    def play(self, courses: Sequence[Course]) -> Sequence[ConversationId]:
        """Begin each at its time, and end what is over until then."""
        gateway, ids = GenesysSessions(self.place.client), list[ConversationId]()
        moments = sorted(
            [(c.began, 1, n) for n, c in enumerate(courses)]
            + [(c.began + c.length, 0, n) for n, c in enumerate(courses) if c.length is not None]
        )
        for at, begins, number in moments:
            self.clock.step(at - self.clock.now())
            course = courses[number]
            if begins:
                opening = Opening(session=f"s-{number}", bot=course.bot, customer="user-456")
                ids.append(gateway.start(opening, ends=600).id)
            else:
                gateway.close(ids[number], course.resolution or Resolution.RESOLVED, ends=600)
        self.clock.step(timedelta(hours=1))
        return ids


class _Contract(ResolutionsContract):
    @pytest.fixture
    def resolutions(self, stage: Stage) -> Resolutions:
        return GenesysResolutions(stage.place.client)

    @pytest.fixture
    def play(self, stage: Stage) -> Play:
        return stage.play

    @pytest.fixture
    def bots(self) -> Sequence[str]:
        return BOT, OTHER_BOT


class TestInProcess(_Contract):
    @pytest.fixture
    def stage(self) -> Stage:
        clock = FrozenClock()
        return Stage(in_process(_platform(clock), clock), clock)


class TestOverItsServer(_Contract):
    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        clock = FrozenClock()
        with over_its_server(_platform(clock), clock) as place:
            yield Stage(place, clock)


def _platform(clock: FrozenClock) -> Platform:
    return Platform(clock=clock, token_lifetime=timedelta(days=365))
