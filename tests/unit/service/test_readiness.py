"""Whether it can work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from math import inf
from pathlib import Path
from threading import Event
from typing import cast

import pytest
from attrs import define, evolve

from jackfield.adapters.genesys.auth import Token
from jackfield.adapters.genesys.resilience.breaker import Reading, State
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.adapters.testing.clocks import FastClock
from jackfield.domain.model.errors import AuthenticationFailed, Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.domain.services.deliveries import Deliveries, DestinationStatus, Stand
from jackfield.entrypoints.bootstrap import Parts
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.parts.late import Late, nothing
from jackfield.entrypoints.service.app import Given
from jackfield.entrypoints.service.readiness import Kept
from tests.unit.service.assisted import QUERY
from tests.unit.service.house import House, opened


def _answers(status: int) -> Callable[[Request], Response]:
    return lambda _: Response(status=status)


def _silent(_: Request) -> Response:
    raise Unavailable("no answer")


@pytest.mark.parametrize(
    ("send", "status", "state"),
    [(_answers(401), 200, "ok"), (_answers(503), 503, "failing"), (_silent, 503, "failing")],
)
def test_a_platform_is_ready_if_it_answers_at_all(
    core: Core, send: Callable[[Request], Response], status: int, state: str
) -> None:
    found = House(core, given=Given(probe=send, url="http://platform")).get("/readyz")
    assert (found.status, found.json["platform"]["status"], found.json["status"]) == (status, state, state)


def test_a_platform_is_not_asked_for_each_request(core: Core) -> None:
    calls = list[Request]()

    def send(request: Request) -> Response:
        calls.append(request)
        return Response(status=401)

    house = House(core, given=Given(probe=send, url="http://platform"))
    for _ in range(5):
        house.get("/readyz")
    assert [call.url for call in calls] == ["http://platform/api/v2/tokens/me"]


def test_without_a_ledger_it_is_not_ready(platform: Platform, tmp_path: Path) -> None:
    with opened(tmp_path, Parts(send=platform.send)) as core:
        (tmp_path / "test" / "ledger.db").write_bytes(b"this is no ledger" * 100)
        found = House(core).get("/readyz")
    assert (found.status, found.json["ledger"]["status"], found.headers["retry-after"]) == (
        503,
        "failing",
        "5",
    )


def test_nobody_is_told_where_the_ledger_is(platform: Platform, tmp_path: Path) -> None:
    with opened(tmp_path, Parts(send=platform.send)) as core:
        (tmp_path / "test" / "ledger.db").write_bytes(b"this is no ledger" * 100)
        assert str(tmp_path) not in House(core).get("/readyz").body.decode()


def test_a_job_that_fails_again_and_again_makes_it_unready(house: House) -> None:
    deliveries = house.serving.jobs[0]
    deliveries.in_a_row = 3
    found = house.get("/readyz")
    assert (found.status, found.json["deliveries"]["status"]) == (503, "failing")


def test_what_was_found_is_kept_for_a_while() -> None:
    now, looks = [0.0], list[float]()

    def look() -> int:
        looks.append(now[0])
        return len(looks)

    kept = Kept(look, 1.0, monotonic=lambda: now[0])
    assert (kept.get(), kept.get()) == (1, 1)
    now[0] = 1.0
    assert kept.get() == 2


def test_who_asks_while_one_looks_waits_for_nothing() -> None:
    now, looking, go_on = [0.0], Event(), Event()

    def look() -> str:
        if now[0]:
            looking.set()
            go_on.wait(30)
        return f"found at {now[0]:g}"

    kept = Kept(look, 1.0, monotonic=lambda: now[0], meanwhile="nothing yet")
    with ThreadPoolExecutor() as threads:
        assert kept.get() == "found at 0"
        now[0] = 5.0
        slow = threads.submit(kept.get)
        looking.wait(30)
        soon = kept.get()
        now[0] = 11.0
        late = kept.get()
        go_on.set()
        assert (soon, late, slow.result()) == ("found at 0", "nothing yet", "found at 11")


def test_what_cannot_be_known_is_not_ready(house: House) -> None:
    house.serving.readiness._lock.acquire()  # somebody looks, and does not end
    found = house.get("/readyz")
    assert (found.status, found.json["status"], found.headers["retry-after"]) == (503, "failing", "5")
    assert found.json["ledger"]["detail"] == "it is just being looked at"


def test_who_is_about_to_end_is_not_ready(house: House) -> None:
    assert house.get("/readyz").status == 200
    house.serving.draining.set()
    assert (house.get("/readyz").status, house.get("/healthz").status) == (503, 200)
    assert house.get("/v1/prompts").status == 200


class _Client:
    """An OAuth client that the platform knows, or not any more."""

    def __init__(self, *, known: bool) -> None:
        self.known = known
        self.dropped = 0

    def current(self, ends: float = inf) -> Token:
        del ends
        if self.known:
            return Token(Secret("t"))
        raise AuthenticationFailed("no such client")

    def drop(self, token: Token) -> None:
        del token
        self.dropped += 1


@pytest.mark.parametrize(
    ("known", "status", "state"),
    [
        ((True,), 200, "ok"),
        ((False,), 401, "failing"),
        ((True, False), 200, "degraded"),
        ((True,), 401, "failing"),
    ],
)
def test_a_platform_that_refuses_our_credentials_is_not_ready(
    core: Core, known: tuple[bool, ...], status: int, state: str
) -> None:
    clients = tuple(_Client(known=each) for each in known)
    given = Given(probe=_answers(status), url="http://platform", tokens=clients)
    found = House(core, given=given).get("/readyz").json["platform"]
    assert (found["status"], "credentials" in found["detail"]) == (state, state != "ok")
    assert [each.dropped for each in clients] == [int(each.known and status == 401) for each in clients]


@pytest.mark.parametrize(
    ("state", "probed_in_s", "expected"),
    [
        ("open", 12.0, "failing"),
        ("open", 0.0, "degraded"),
        ("half-open", 0.0, "degraded"),
        ("closed", 0.0, "ok"),
    ],
)
def test_an_open_breaker_is_counted(core: Core, state: str, probed_in_s: float, expected: str) -> None:
    reading = Reading(host="h", operation="advice.query", state=State(state), probed_in_s=probed_in_s)
    house = House(evolve(core, breakers=lambda: (reading,)))
    found = house.get("/readyz").json["platform"]
    assert (found["status"], "advice.query" in found["detail"]) == (expected, expected != "ok")


@pytest.mark.parametrize(("age_s", "state"), [(30, "ok"), (64, "ok"), (66, "degraded")])
def test_a_receiver_that_lacks_something_for_long_is_looked_at(
    tmp_path: Path, platform: Platform, age_s: int, state: str
) -> None:
    clock = FastClock(speed=0.001)
    with opened(tmp_path, Parts(send=platform.send, clock=clock)) as core:
        oldest = clock.now() - timedelta(seconds=age_s)
        status = DestinationStatus(
            name="crm", stand=Stand.WAITING, cursor=1, behind=0, delivered=0, oldest=oldest
        )
        house = House(
            evolve(core, deliveries=Late(lambda: (cast("Deliveries", _Deliveries((status,))), nothing)))
        )
        found = house.get("/readyz")
    assert (found.status, found.json["deliveries"]["status"]) == (200, state)


@define
class _Deliveries:
    found: tuple[DestinationStatus, ...]

    def status(self) -> tuple[DestinationStatus, ...]:
        return self.found


def test_what_waits_for_a_receiver_is_measured_and_how_many_there_are_is_said(
    tmp_path: Path, platform: Platform
) -> None:
    with opened(tmp_path, Parts(send=platform.send)) as core:
        status = DestinationStatus(name="crm", stand=Stand.CURRENT, cursor=1, behind=2, delivered=0, held=4)
        given = _Deliveries((status,))
        house = House(evolve(core, deliveries=Late(lambda: (cast("Deliveries", given), nothing))))
        told = house.get("/metrics").body.decode()
        found = house.get("/readyz").json["deliveries"]["detail"]
    kinds = {
        kind: f'jackfield_deliveries_pending{{destination="crm",kind="{kind}"}} {count}'
        for kind, count in (("waiting", "0.0"), ("held", "4.0"), ("new", "2.0"), ("dead", "0.0"))
    }
    assert [kind for kind, line in kinds.items() if line not in told] == []
    assert found == "1 destination"


def test_metrics_tell_of_requests_jobs_and_the_core(house: House) -> None:
    house.get("/v1/prompts")
    house.get("/nothing")
    text = house.get("/metrics").body.decode()
    assert (
        'jackfield_http_request_duration_seconds_count{method="GET",route="/v1/prompts",status="200"} 1.0'
        in text
    )
    assert 'route="-",status="404"' in text
    assert 'jackfield_job_runs_total{job="deliveries",result="done"} 0.0' in text


def test_a_ledger_that_cannot_be_written_makes_it_unready(platform: Platform, tmp_path: Path) -> None:
    with opened(tmp_path, Parts(send=platform.send)) as core:
        house = House(core, given=Given(probe=_answers(401), url="http://platform"))
        house.serving.readiness.seconds = 0.0
        buffer = core.advice.hearing.buffer
        house.post("/query", QUERY)
        core.advice.flush()
        ready = house.get("/readyz")
        buffer.write = _refuse
        house.post("/query", QUERY)
        with pytest.raises(Unavailable):
            core.advice.flush()
        found = house.get("/readyz")
    assert (ready.status, found.status) == (200, 503)
    assert found.json["ledger"] == {
        "status": "failing",
        "detail": "it can be read, and not be written: Unavailable",
    }


def _refuse(_happenings: object, _lost: object) -> None:
    raise Unavailable("another process writes")
