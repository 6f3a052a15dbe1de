"""What a request's headers do to the calls to the platform, which is another party behind a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from attrs import define, field

from jackfield.entrypoints.service.servers.choosing import NAMES
from tests.e2e.service.served import Served, served
from tests.unit.service.assisted import ADVICE, QUERY

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


@define
class Party:
    """A platform that knows no recommendations, keeps the headers that came, and answers when it may."""

    headers: list[dict[str, str]] = field(factory=list[dict[str, str]])
    may_answer: Event = field(factory=Event)
    url: str = ""

    @property
    def parents(self) -> list[list[str]]:
        return [each["traceparent"].split("-") for each in self.headers]


@pytest.fixture
def party() -> Iterator[Party]:
    found = Party()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            said: Any = {"access_token": "t", "token_type": "bearer", "expires_in": 3_600}
            if not self.path.startswith("/oauth"):
                found.headers.append({name.lower(): value for name, value in self.headers.items()})
                found.may_answer.wait(60)
                said = {"items": []}
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield found
        found.may_answer.set()
        server.shutdown()


def _settings(party: Party) -> str:
    return (
        '[targets.prod]\nplatform = "genesys"\n'
        f'base_url = "{party.url}"\n'
        "[calls]\nperson_deadline_s = 300\nread_timeout_s = 300\n"
        "[advice]\ndeadline_s = 300\n"
        "[service]\ndeliveries_s = 0\nsteps_s = 0\nsessions_s = 0\n"
    )


def _served(folder: Path, party: Party, server: str) -> Any:
    client = {"GENESYSCLOUD_OAUTHCLIENT_ID": "id", "GENESYSCLOUD_OAUTHCLIENT_SECRET": "secret"}
    return served(folder, "--server", server, settings=_settings(party), JACKFIELD_TARGET="prod", **client)


@pytest.mark.parametrize("server", NAMES)
def test_a_trace_goes_on_to_the_platform(tmp_path: Path, party: Party, server: str) -> None:
    party.may_answer.set()
    found: Served
    with _served(tmp_path, party, server) as found:
        trace = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "vendor=1"}
        statuses = [
            found.ask("POST", "/v1/advice/query", ADVICE, **trace)[0],
            found.ask("POST", "/query", QUERY | {"knowledgeBaseIds": ["kb-security"]}, **trace)[0],
            found.ask("POST", "/v1/advice/query", ADVICE | {"conversation": "conv-2"}, traceparent="00-no")[
                0
            ],
        ]
    first, second, third = party.parents
    assert statuses == [200, 404, 200]
    assert [(each[0], each[1], each[3]) for each in (first, second)] == [("00", TRACE, "01")] * 2
    assert len({first[2], second[2], CALLER}) == 3
    assert third[1] != TRACE
    assert [each.get("tracestate") for each in party.headers] == ["vendor=1", "vendor=1", None]


@pytest.mark.parametrize("server", NAMES)
def test_who_does_not_want_to_wait_is_answered(tmp_path: Path, party: Party, server: str) -> None:
    found: Served
    with _served(tmp_path, party, server) as found:
        status, problem = found.ask("POST", "/v1/advice/query", ADVICE, prefer="wait=1")
        refused = found.ask("POST", "/v1/advice/query", ADVICE, prefer="wait=soon")
    assert (status in {503, 504}, problem["status"] == status, len(party.headers)) == (True, True, 1)
    assert (refused[0], refused[1]["detail"]) == (
        400,
        "Prefer: wait is a whole number of seconds, at least 1",
    )
