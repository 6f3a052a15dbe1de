"""The destination by itself, and in a core as it is used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from attrs import define, field

import jackfield
from jackfield.plugin import Answer, DestinationSettings, Organization, Secret
from jackfield.testing import DestinationContract, FrozenClock, OpenCore, deliver_all
from jackfield_crm_notes import CrmNotes, CrmNotesSettings, Notes

PROMPT = jackfield.PromptDefinition(
    name="greeting", version="1.0.0", model="gpt-small", max_tokens=512, template="Greet kindly."
)


@define
class Line:
    """A line to a CRM that takes everything."""

    calls: list[dict[str, str]] = field(factory=list[dict[str, str]])

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Keep the headers."""
        self.calls.append(dict(headers or {}))
        return Answer(status=201)


def _settings() -> DestinationSettings:
    return DestinationSettings(
        target="test",
        organization=Organization("acme"),
        folder=Path("nowhere"),
        platform=lambda method, path, body: b"",
        prompt_id=lambda name: None,
    )


class TestContract(DestinationContract):
    """What every destination must do."""

    @pytest.fixture
    def line(self) -> Line:
        """A CRM."""
        return Line()

    @pytest.fixture
    def destination(self, line: Line) -> Notes:
        """The destination on it."""
        own = CrmNotesSettings(url="https://crm.example/notes", token=Secret("t"))
        return CrmNotes(own).jackfield_destinations(_settings(), line)[0]

    @pytest.fixture
    def received(self, line: Line) -> Callable[[], int]:
        """How many notes came."""
        return lambda: len(line.calls)


@define
class Crm:
    """A CRM on a socket that fails now and then, and keeps each note once."""

    url: str = ""
    failing: list[int] = field(factory=list[int])
    notes: dict[str, str] = field(factory=dict[str, str])


@pytest.fixture
def crm() -> Iterator[Crm]:
    """Run the CRM while the test lasts."""
    found = Crm()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            note = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status = found.failing.pop(0) if found.failing else 201
            if status == 201:
                found.notes[note["id"]] = note["text"]
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/notes"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_promotion_becomes_a_note(open_core: OpenCore, clock: FrozenClock, crm: Crm) -> None:
    crm.failing = [500, 503]
    core = open_core(plugins={"crm-notes": CrmNotes}, settings={"crm-notes": {"url": crm.url}})
    me = core.acting_as("mina", reason="CHG-12").prompts
    me.publish(PROMPT)
    other = jackfield.PromptDefinition(
        name="greeting", version="1.1.0", model="gpt-small", max_tokens=512, template="Greet at once."
    )
    me.promote(me.publish(other))
    me.roll_back("greeting")
    deliver_all(core.deliveries, clock)
    assert list(crm.notes.values()) == [
        "greeting 1.1.0 is live in test: CHG-12 (mina)",
        "greeting 1.0.0 is live in test: CHG-12 (mina)",
    ]
