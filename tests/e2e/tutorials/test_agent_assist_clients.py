"""The clients of the fifth tutorial's service, against ours on either server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jackfield.entrypoints.service.servers.choosing import NAMES
from tests.e2e.service.served import answered, served
from tests.e2e.tutorials.go_clients import go, recorded


@pytest.mark.parametrize("server", NAMES)
def test_the_tutorials_clients_are_answered_as_they_expect(tmp_path: Path, server: str) -> None:
    """The requests of Go's client, and of one that hangs up in the middle of its body."""
    sent = {
        "query": go("POST", "/query", recorded()),
        "again": go("POST", "/query", recorded()),
        "method": go("GET", "/query"),
        "payload": go("POST", "/query", b'{"interactionContext":'),
        "simulate": go("POST", "/simulate/recommendations", recorded()),
        "metrics": go("GET", "/metrics"),
    }
    with served(tmp_path, "--server", server) as found:
        with found.connect() as line:
            line.sendall(sent["query"][:-100])
        came = dict[str, tuple[int, Any]]()
        for name, request in sent.items():
            with found.connect() as line:
                line.sendall(request)
                came[name] = answered(line)
        code = found.end()
    assert {name: status for name, (status, _) in came.items()} == {
        **dict.fromkeys(("query", "again", "simulate", "metrics"), 200),
        "method": 405,
        "payload": 400,
    }
    assert came["query"][1] == came["again"][1]
    assert isinstance(came["query"][1], list)
    assert came["method"][1] == b"Method not allowed\n"
    latency = (
        b'agentassist_recommendation_latency_seconds_count{organization="simulator",status="success"} 2.0'
    )
    assert latency in came["metrics"][1]
    assert code == 0
