"""How settings and parts reach the calls of a core."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.resilience.breaker import State
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.lines import Line, When
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Credentials, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        target="test", platform="simulator", organization=organization("acme"), folder=tmp_path / "state"
    )


@pytest.fixture
def line() -> Line:
    return Line(Platform(clock=FrozenClock()).send)


def opened(settings: Settings, line: Line, *, bulk: bool = False) -> Core:
    return build(settings, Parts(clock=FrozenClock(), send=line, bulk=bulk))


def find(core: Core) -> None:
    core.prompts.operations.gateway.find("nothing")


@pytest.mark.parametrize(("bulk", "deadline"), [(True, 90), (False, 20)])
def test_what_is_built_for_bulk_work_calls_as_bulk_work(
    settings: Settings, line: Line, *, bulk: bool, deadline: int
) -> None:
    with opened(settings, line, bulk=bulk) as core:
        find(core)
    call = line.requests[-1]
    assert (call.bulk, call.deadline) == (bulk, timedelta(seconds=deadline))


def test_the_settings_rules_are_those_of_the_calls(settings: Settings, line: Line) -> None:
    line.cut("GET", When.BEFORE, lambda: Unavailable("no route"))
    with opened(evolve(settings, calls=CallRules(retries=0)), line) as core, pytest.raises(Unavailable):
        find(core)


def test_a_cut_line_is_ridden_out(settings: Settings, line: Line) -> None:
    for _ in range(3):
        line.cut("GET", When.BEFORE, lambda: Unavailable("no route"))
    with opened(settings, line) as core:
        find(core)
    assert [r.method for r in line.requests] == ["POST", "GET", "GET", "GET", "GET"]


def test_several_clients_take_turns_when_one_is_limited(settings: Settings) -> None:
    platform, used = Platform(clock=FrozenClock()), list[str]()

    def send(request: Request) -> Response:
        bearer = request.headers["Authorization"]
        if bearer.startswith("Basic "):
            return platform.send(request)
        used.append(bearer)
        limited = bearer == used[0]
        return Response(status=429, headers={"retry-after": "60"}) if limited else platform.send(request)

    second = Credentials(client_id="second", client_secret=Secret("s"))
    core = build(evolve(settings, more_clients=(second,)), Parts(clock=FrozenClock(), send=send))
    with core:
        find(core)
        find(core)
    assert (len(used), len({*used})) == (3, 2)


def test_the_breakers_of_a_core_can_be_asked_for(settings: Settings, line: Line) -> None:
    with opened(settings, line) as core:
        find(core)
        found = [(r.operation, r.host, r.state) for r in core.breakers()]
    assert found == [("prompts.read", "simulator", State.CLOSED), ("token", "simulator", State.CLOSED)]
