"""Asking over HTTP: whole, as events, and left early."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jackfield.domain.model.events import Outcome
from jackfield.entrypoints.core import Core
from tests.unit.service.house import ASSISTANT, NAME, SLOW, House, published

QUESTION = {"assistant": ASSISTANT, "prompt": NAME, "user": "Where is my money?"}


def events(body: bytes) -> Iterator[tuple[str, Any]]:
    """The events of a stream, without its heartbeats."""
    for block in body.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            yield lines["event"], json.loads(lines["data"])


def test_an_answer_comes_whole(house: House, core: Core) -> None:
    published(core)
    found = house.post("/v1/ask", QUESTION)
    assert (found.status, found.json["text"], found.json["end"], found.json["version"]) == (
        200,
        "It takes three days.",
        "complete",
        "1.0.0",
    )


def test_an_answer_comes_as_events_and_the_whole_behind_them(house: House, core: Core) -> None:
    published(core)
    found = house.post("/v1/ask", QUESTION, accept="text/event-stream")
    told = list(events(found.body))
    pieces = "".join(said["text"] for name, said in told if name == "piece")
    assert (found.headers["content-type"], pieces) == ("text/event-stream", "It takes three days.")
    assert (told[-1][0], told[-1][1]["text"], told[-1][1]["end"]) == ("end", pieces, "complete")


def test_who_hangs_up_cancels_the_answer(house: House, core: Core) -> None:
    published(core)
    body = json.dumps({**QUESTION, "assistant": SLOW}).encode()
    headers = {"content_type": "application/json", "accept": "text/event-stream"}
    pieces: Any = house.app(house.environ("POST", "/v1/ask", body, headers), lambda *_: None)
    first = next(iter(pieces))
    pieces.close()
    last = core.audit.last(1)[0].event
    assert first.startswith(b"event: piece")
    assert (last.type, last.outcome is Outcome.INTENDED, (last.payload or {}).get("end")) == (
        "assistant.ask",
        False,
        "canceled",
    )
    assert house.serving.gate.inside == 0


def test_an_unknown_assistant_is_not_found(house: House, core: Core) -> None:
    published(core)
    assert house.post("/v1/ask", {**QUESTION, "assistant": "nobody"}).status == 404


def test_a_budget_that_does_not_fit_is_told(house: House, core: Core) -> None:
    published(core)
    found = house.post("/v1/ask", {**QUESTION, "budget": {"output": 1, "input": 1}})
    assert (found.status, found.json["type"]) == (422, "urn:jackfield:problem:budget-exceeded")


def test_values_that_a_prompt_does_not_know_are_listed(house: House, core: Core) -> None:
    published(core)
    found = house.post("/v1/ask", {**QUESTION, "values": {"tier": "gold", "tone": 1}})
    assert (found.status, len(found.json["problems"])) == (400, 2)


def test_an_ending_service_cancels_what_still_comes(house: House, core: Core) -> None:
    published(core)
    house.serving.ending.set()
    found = house.post("/v1/ask", {**QUESTION, "assistant": SLOW}, accept="text/event-stream")
    name, answer = list(events(found.body))[-1]
    assert (name, answer["end"]) == ("end", "canceled")
