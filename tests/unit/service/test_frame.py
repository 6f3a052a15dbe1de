"""What stands around every request."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jackfield.adapters.simulator import Platform
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.access_log import AccessLog
from jackfield.entrypoints.service.app import Given
from jackfield.entrypoints.service.frame import Direct, Environ, Exchange
from jackfield.entrypoints.service.operations import Call, Operation, Stream, View
from jackfield.entrypoints.service.problems import Refusal
from jackfield.entrypoints.service.serving import Serving
from tests.unit.service.house import House

SECRET = "hunter2-in-a-message"


def break_(_call: Call) -> View:
    raise ValueError(SECRET)


def break_off(_call: Call) -> Stream:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise ValueError(SECRET)

    return Stream(content_type="text/plain", pieces=pieces(), holding=open(os.devnull))  # noqa: PTH123


OPERATIONS = (
    Operation(method="GET", path="/break", answer=break_, summary="", tag=""),
    Operation(method="GET", path="/break-off", answer=break_off, summary="", tag=""),
)


@pytest.fixture
def broken(core: Core) -> House:
    return House(core, given=Given(operations=OPERATIONS))


def test_a_sane_id_of_the_caller_is_kept(house: House) -> None:
    assert house.get("/healthz", x_request_id="req-1.a:b").headers["x-request-id"] == "req-1.a:b"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\nb", "é", "-a"])
def test_any_other_id_is_made_anew(house: House, given: str) -> None:
    made = house.get("/healthz", x_request_id=given).headers["x-request-id"]
    assert (len(made), made != given) == (32, True)


def test_a_problem_says_which_request_it_was(house: House) -> None:
    found = house.get("/nothing", x_request_id="req-1")
    assert (found.json["request_id"], found.headers["content-type"]) == ("req-1", "application/problem+json")


def test_a_fault_of_ours_tells_nobody_what_it_says(broken: House, capsys: pytest.CaptureFixture[str]) -> None:
    found = broken.get("/break")
    told = capsys.readouterr().err
    assert (found.status, SECRET in found.body.decode(), SECRET in told) == (500, False, False)
    assert found.headers["x-request-id"] in told
    assert "ValueError at break_" in told


def test_a_stream_that_breaks_off_ends(broken: House, capsys: pytest.CaptureFixture[str]) -> None:
    found = broken.get("/break-off")
    assert (found.body, SECRET in capsys.readouterr().err, broken.serving.gate.inside) == (b"one", False, 0)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 303),
        ("GET", "/v1/prompts/", 404),
        ("DELETE", "/v1/prompts", 405),
        ("POST", "/healthz", 405),
        ("BREW", "/healthz", 400),
        ("HEAD", "/healthz", 200),
    ],
)
def test_what_is_not_there_is_refused(house: House, method: str, path: str, status: int) -> None:
    assert house.ask(method, path).status == status


def test_a_refused_method_names_those_that_are_known(house: House) -> None:
    assert house.ask("DELETE", "/healthz").headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/healthz", "/v1/prompts", f"/v1/prompts/{SECRET}/promote", "/v1/sessions"])
def test_who_asks_is_told_the_same_methods_as_who_uses_another(house: House, path: str) -> None:
    asked, refused = house.ask("OPTIONS", path), house.ask("PATCH", path)
    assert (asked.status, refused.status, asked.headers["allow"]) == (200, 405, refused.headers["allow"])


@pytest.mark.parametrize(
    "path", ["/query", "/simulate/recommendations", "/healthz", "/nothing", "/simulator/x"]
)
def test_a_head_is_answered_by_headers_alone(core: Core, platform: Platform, path: str) -> None:
    house = House(core, given=Given(simulated=platform.send))
    found, whole = house.ask("HEAD", path), house.ask("GET", path)
    assert (found.status, found.body) == (whole.status, b"")
    assert abs(int(found.headers["content-length"]) - len(whole.body)) < 10


def test_one_more_than_may_be_at_work_is_refused(core: Core) -> None:
    house = House(core, given=Given(concurrency=1))
    with house.serving.gate.entered():
        found = house.get("/v1/prompts")
        alive = house.get("/healthz").status
    after = house.get("/v1/prompts").status
    assert (found.status, found.headers["retry-after"], alive, after) == (503, "1", 200, 200)


def test_the_log_has_a_line_for_each_request_without_what_was_said(core: Core, tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = AccessLog(file.fileno())
        log.start()
        house = House(core, given=Given(log=log))
        house.get(f"/v1/prompts/{SECRET}?key={SECRET}", x_request_id="req-1", authorization=SECRET)
        house.get(f"/{SECRET}", x_request_id="req-2")
        house.ask(SECRET, "/healthz", headers={"x_request_id": "req-3"})
        log.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert SECRET not in path.read_text()
    assert [(each["request_id"], each["method"], each["route"], each["status"]) for each in lines] == [
        ("req-1", "GET", "/v1/prompts/{name}", 401),
        ("req-2", "GET", "-", 404),
        ("req-3", "-", "-", 400),
    ]


def test_a_log_that_nobody_reads_any_more_stops_no_request(core: Core) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    log = AccessLog(writer)
    log.start()
    house = House(core, given=Given(log=log))
    assert {house.get("/healthz").status for _ in range(3)} == {200}
    log.close()
    os.close(writer)


def _quick(_serving: Serving) -> Direct:
    def answer(environ: Environ, exchange: Exchange) -> tuple[str, list[tuple[str, str]], bytes]:
        exchange.route = "/quick"
        if environ["QUERY_STRING"] == "no":
            raise Refusal(status=400, name="no", title="No", detail="no")
        if environ["QUERY_STRING"] == "break":
            raise ValueError(SECRET)
        return "200 OK", [("content-type", "text/plain")], b"quick"

    return answer


def test_an_operation_may_go_around_falcon(core: Core, capsys: pytest.CaptureFixture[str]) -> None:
    house = House(core, given=Given(direct={("GET", "/quick"): _quick}))
    found = [house.get(f"/quick{query}") for query in ("", "?no", "?break")]
    assert [each.status for each in found] == [200, 400, 500]
    assert all(each.headers["x-request-id"] for each in found)
    assert SECRET not in capsys.readouterr().err
    assert b'route="/quick"' in house.get("/metrics").body
