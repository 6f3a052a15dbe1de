"""`jackfield deliveries`, and what commands deliver before they exit."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from attrs import define, field

from tests.e2e.command.conftest import House


@define
class Receiver:
    """What it heard, and how it answers."""

    url: str = ""
    status: int = 200
    heard: list[Any] = field(factory=list[Any])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if found.status == 200:
                found.heard.append(json.loads(body))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def told(house: House, receiver: Receiver) -> House:
    """A house whose promotions a registry hears of."""
    house.settings(f'[plugins.registry]\nurl = "{receiver.url}"\n')
    return house


def _records(house: House) -> list[Any]:
    found: list[Any] = house("audit", "list", "--records").json["records"]
    return found


def test_a_command_delivers_before_it_exits(told: House, receiver: Receiver) -> None:
    told.publish("1.0.0")
    assert [(r["version"], r["status"]) for r in receiver.heard] == [("1.0.0", "PROMOTED")]


def test_a_record_is_synchronized_only_when_it_is_delivered(told: House, receiver: Receiver) -> None:
    receiver.status = 500
    told.publish("1.0.0")
    before = [r["webhookSynced"] for r in _records(told)]
    receiver.status = 200
    assert told("deliveries", "retry", "registry").code == 0
    assert (before, [r["webhookSynced"] for r in _records(told)]) == ([False], [True])
    assert [r["auditId"] for r in _records(told)] == [r["auditId"] for r in receiver.heard]


def test_a_receiver_that_fails_fails_no_command(told: House, receiver: Receiver) -> None:
    receiver.status = 503
    done = told("publish", told.write("1.0.0", "kindly"))
    assert (done.code, done.err) == (0, "")


def test_apply_delivers_too(told: House, receiver: Receiver) -> None:
    told.write("1.0.0", "kindly")
    assert told("apply", ".").code == 0
    assert len(receiver.heard) == 1


def test_the_audit_log_says_what_became_of_each_entry(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    entries = told("audit", "list", "--format", "json").json["entries"]
    assert [e["deliveries"] for e in entries] == [{}, {"registry": "dead"}, {}]
    assert "registry: dead" in told("audit", "list").out


def test_an_exported_line_says_nothing_of_deliveries(told: House) -> None:
    told.publish("1.0.0")
    assert "deliveries" not in json.loads(told("audit", "export").out.splitlines()[0])


def test_dead_letters_are_listed_and_discarded(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    (found,) = told("deliveries", "--format", "json").json["destinations"]
    assert [(d["entry"], d["subject"], d["trouble"]) for d in found["dead"]] == [
        (2, "greeting", "the receiver answered 422")
    ]
    assert told("deliveries", "discard", "registry", "--entry", "2").out == "registry: 1 discarded\n"
    assert told("deliveries", "discard", "registry").out == "registry: nothing was to be discarded\n"


def test_everything_can_be_discarded(told: House, receiver: Receiver) -> None:
    receiver.status = 500
    told.publish("1.0.0", "1.1.0")
    assert told("deliveries", "discard", "registry", "--everything").code == 0
    receiver.status = 200
    told("deliveries", "run")
    assert receiver.heard == []


def test_what_is_changed_by_hand_is_in_the_log_with_who_and_why(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    told("deliveries", "retry", "registry", "--actor", "tom", "--reason", "INC-7")
    entries = told("audit", "list", "--format", "json").json["entries"]
    assert [(e["type"], e["actor"], e["reason"]) for e in entries if e["kind"] == "destination"] == [
        ("delivery.dead_letter", "jackfield", "it could not be delivered"),
        ("delivery.retry", "tom", "INC-7"),
    ]


def test_a_receiver_that_is_gone_disables_its_destination(told: House, receiver: Receiver) -> None:
    receiver.status = 410
    told.publish("1.0.0")
    (found,) = told("deliveries", "--format", "json").json["destinations"]
    assert (found["state"], found["disabled"]) == ("disabled", "the receiver answered 410: it is gone")


@pytest.mark.parametrize(
    "arguments", [("retry", "nobody"), ("discard", "nobody"), ("retry", "registry", "--entry", "99")]
)
def test_what_is_not_there_is_said(told: House, arguments: tuple[str, ...]) -> None:
    done = told("deliveries", *arguments)
    assert (done.code, done.out) == (3, "")
    assert "jackfield deliveries" in done.err


def test_a_target_without_destinations_says_how_to_get_one(house: House) -> None:
    assert "[plugins.webhooks]" in house("deliveries").out


def test_one_run_at_a_time_and_what_it_did(told: House, receiver: Receiver) -> None:
    receiver.status = 500
    told.publish("1.0.0")
    (passed,) = told("deliveries", "run", "--format", "json").json["destinations"]
    assert passed == {
        "name": "registry",
        "delivered": 0,
        "failed": 0,
        "died": 0,
        "busy": False,
        "trouble": "",
    }


def test_no_deadline_delivers_nothing(house: House, receiver: Receiver) -> None:
    house.settings(f'[deliveries]\ndeadline_s = 0\n[plugins.registry]\nurl = "{receiver.url}"\n')
    house.publish("1.0.0")
    before = len(receiver.heard)
    house("deliveries", "run")
    assert (before, len(receiver.heard)) == (0, 1)


def test_a_host_of_the_network_inside_is_not_called(house: House, receiver: Receiver) -> None:
    house.settings('[plugins.registry]\nurl = "https://169.254.169.254/latest"\n')
    house.publish("1.0.0")
    (found,) = house("deliveries", "--format", "json").json["destinations"]
    assert found["waiting"][0]["trouble"] == "the host's address is not a public one"


def test_the_log_still_verifies(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    told("deliveries", "discard", "registry")
    assert told("audit", "verify").code == 0


@pytest.mark.parametrize(
    "line", ['allow = ["a/b"]', "lanes = 0", "deadline_s = -1", "deadline_s = nan", "typo = 1"]
)
def test_settings_that_do_not_fit_are_refused(house: House, line: str) -> None:
    house.settings(f"[deliveries]\n{line}\n")
    assert house("deliveries").code == 1
