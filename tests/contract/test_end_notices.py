"""The contract of end notices on Genesys Cloud's adapter: over the simulator, and over its server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.genesys.end_notices import GenesysEndNotices
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.end_notices import EndNoticesContract, Told
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.clock import Clock
from jackfield.ports.end_notices import EndNotices, Notice
from jackfield.ports.sessions import Opening
from tests.contract.places import BOT, Place, in_process, over_its_server


class _Contract(EndNoticesContract):
    @pytest.fixture
    def notices(self, place: Place) -> EndNotices:
        return GenesysEndNotices(place.client)

    @pytest.fixture
    def clock(self, place: Place) -> Clock:
        return place.clock

    @pytest.fixture
    def told(self) -> Told:
        clock = FrozenClock()
        platform = Platform(clock=clock)
        client = in_process(platform, clock).client
        GenesysEndNotices(client).ensure("https://crm.example.com/", Secret("a secret"), ends=600)
        sessions = GenesysSessions(client)
        made = sessions.start(Opening(session="s-1", bot=BOT, customer="user-456"), ends=600)
        clock.advance(timedelta(minutes=5))
        sessions.close(made.id, Resolution.RESOLVED, ends=600)
        (sent,) = platform.notices()
        notice = Notice(
            conversation=made.id, ended=clock.now(), resolution=Resolution.RESOLVED, session="s-1"
        )
        return Told(sent.body, notice)


class TestInProcess(_Contract):
    @pytest.fixture
    def place(self) -> Place:
        clock = FrozenClock()
        return in_process(Platform(clock=clock), clock)


@pytest.fixture(scope="module")
def served() -> Iterator[Place]:
    clock = SystemClock()
    with over_its_server(Platform(clock=clock), clock) as place:
        yield place


class TestOverItsServer(_Contract):
    @pytest.fixture
    def place(self, served: Place) -> Place:
        return served
