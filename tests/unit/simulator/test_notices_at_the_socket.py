"""Webhooks that leave the server: to loopback, again where nobody took them, and recorded for elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event, Thread
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import verify
from tests.unit.simulator.conftest import Ask
from tests.unit.simulator.test_notices import ended
from tests.unit.simulator.test_server import call
from tests.unit.simulator.test_sessions import begun
from tests.unit.simulator.test_webhooks import SECRET, registered

SOON_S: Final = 20.0


class Receiver:
    """Takes webhooks on loopback; answers with its `statuses`, the last for ever, while its gate is open."""

    def __init__(self) -> None:
        self.url = ""
        self.statuses = [200]
        self.came = Queue[tuple[str, dict[str, str], bytes]]()
        self.gate = Event()
        self.gate.set()

    def next(self) -> tuple[str, dict[str, str], bytes]:
        """Wait for the next delivery: its path, its headers, its body."""
        return self.came.get(timeout=SOON_S)


@contextmanager
def receiving(receiver: Receiver) -> Generator[Receiver]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.came.put((self.path, headers, body))
            receiver.gate.wait(SOON_S)
            statuses = receiver.statuses
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?of=crm"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as held:
        yield held


@pytest.fixture
def server(platform: Platform) -> Iterator[SimulatorServer]:
    with SimulatorServer(platform) as running:
        yield running


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    ends = time.monotonic() + SOON_S
    while not holds() and time.monotonic() < ends:
        time.sleep(0.01)
    assert holds()


def fates(platform: Platform, count: int) -> list[str]:
    """Wait until so many deliveries met their fate."""
    until(lambda: len(platform.mailroom.log()) >= count)
    return [str(each["fate"]) for each in platform.mailroom.log()]


def test_an_end_is_posted_to_loopback_and_signed(
    server: SimulatorServer, receiver: Receiver, ask: Ask, clock: FrozenClock
) -> None:
    registered(ask, url=receiver.url)
    (conversation,) = ended(ask)
    path, headers, body = receiver.next()
    verify(headers, body, [Secret(SECRET)], clock.now())
    assert (path, orjson.loads(body)["id"], headers["content-type"]) == (
        "/hook?of=crm",
        conversation,
        "application/json",
    )


def failed(platform: Platform, tries: int) -> None:
    """Wait until so many tries failed, and it waits for the next."""
    until(lambda: platform.mailroom.counts() == {"due": 1, "taken": tries})


def test_what_is_not_taken_comes_again_with_the_same_id(
    server: SimulatorServer, receiver: Receiver, ask: Ask, clock: FrozenClock, platform: Platform
) -> None:
    receiver.statuses = [503, 200]
    registered(ask, url=receiver.url)
    ended(ask)
    failed(platform, 1)
    clock.advance(timedelta(seconds=1))
    (_, first, _), (_, second, _) = receiver.next(), receiver.next()
    assert first["webhook-id"] == second["webhook-id"]
    assert fates(platform, 1) == ["delivered"]


def test_a_receiver_that_is_down_is_given_up_after_three_tries(
    server: SimulatorServer, ask: Ask, clock: FrozenClock, platform: Platform
) -> None:
    with receiving(Receiver()) as gone:
        registered(ask, url=gone.url)
    ended(ask)
    for tries in (1, 2):
        failed(platform, tries)
        clock.advance(timedelta(seconds=5))
    assert (fates(platform, 1), platform.mailroom.log()[0]["tries"]) == (["failed"], 3)


@pytest.mark.parametrize("host", ["crm.example.com", "192.0.2.1", "[2001:db8::1]", "127.0.0.1.example.com"])
def test_what_is_meant_for_elsewhere_is_recorded_and_not_sent(
    host: str, server: SimulatorServer, ask: Ask, platform: Platform
) -> None:
    registered(ask, url=f"http://{host}/webhook")
    ended(ask)
    assert fates(platform, 1) == ["recorded"]


@pytest.mark.parametrize(("allowed", "fate"), [(["0.0.0.0"], "delivered"), ([], "recorded")])  # noqa: S104
def test_other_hosts_have_to_be_allowed(
    allowed: list[str], fate: str, receiver: Receiver, ask: Ask, platform: Platform
) -> None:
    registered(ask, url=receiver.url.replace("127.0.0.1", "0.0.0.0"))  # noqa: S104  # a name of this machine
    with SimulatorServer(platform, deliver_to=allowed):
        ended(ask)
        assert fates(platform, 1) == [fate]


def test_no_request_waits_for_a_receiver_that_hangs(
    server: SimulatorServer, receiver: Receiver, ask: Ask, platform: Platform
) -> None:
    receiver.gate.clear()
    registered(ask, url=receiver.url)
    ended(ask)
    receiver.next()
    assert call(server, "GET", "/_simulator/state")[1]["notices"] == {"due": 0, "taken": 1}
    ended(ask)
    receiver.gate.set()
    assert fates(platform, 2) == ["delivered", "delivered"]


def test_the_controls_show_deliveries_and_set_the_rules(
    server: SimulatorServer, ask: Ask, platform: Platform
) -> None:
    registered(ask)
    _, told = call(server, "POST", "/_simulator/notices", body=b'{"repeats": 2, "delay_seconds": 0.5}')
    assert told == {
        "rules": {"repeats": 2, "delay_seconds": 0.5, "disorder_seconds": 0.0, "loss": 0.0},
        "counts": {"due": 0},
        "notices": [],
    }
    ended(ask)
    call(server, "POST", "/_simulator/clock", body=b'{"advance_seconds": 1}')
    fates(platform, 2)
    _, told = call(server, "GET", "/_simulator/notices")
    assert (told["counts"], [each["fate"] for each in told["notices"]]) == (
        {"due": 0, "taken": 2, "recorded": 2},
        ["recorded", "recorded"],
    )
    assert SECRET not in str(told)
    assert call(server, "DELETE", "/_simulator/notices")[1]["rules"]["repeats"] == 1


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"repeats": 0}', b'{"loss": 2}', b'{"delay_seconds": -1}', b'{"speed": 1}']
)
def test_rules_that_cannot_be_are_refused(body: bytes, server: SimulatorServer) -> None:
    assert call(server, "POST", "/_simulator/notices", body=body)[0] == 400


def test_a_customer_can_hang_up_by_the_controls(server: SimulatorServer, ask: Ask) -> None:
    body = orjson.dumps({"conversation": begun(ask), "resolution": None})
    assert call(server, "POST", "/_simulator/hangups", body=body) == (
        200,
        {"conversations": {"active": 0, "routed": 0, "closed": 1}},
    )


@pytest.mark.parametrize(("body", "status"), [(b'{"conversation": "nothing"}', 404), (b"{}", 400)])
def test_nobody_hangs_up_what_is_not_there(body: bytes, status: int, server: SimulatorServer) -> None:
    assert call(server, "POST", "/_simulator/hangups", body=body)[0] == status
