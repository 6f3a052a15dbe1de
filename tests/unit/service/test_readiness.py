"""Whether it can work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.errors import Unavailable
from jackfield.entrypoints.bootstrap import Parts
from jackfield.entrypoints.core import Core
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
