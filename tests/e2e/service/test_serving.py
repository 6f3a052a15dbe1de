"""A service as it is run: begun, used, ended by a signal, on either server."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import jackfield
from jackfield import PromptDefinition
from jackfield.entrypoints.service.servers.choosing import NAMES
from tests.e2e.service.served import Served, environment, request, served, until

ASSISTANT = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
PROMPT = PromptDefinition(
    name="refund", version="1.0.0", model="gpt-small", max_tokens=500, template="You help customers."
)
QUESTION = {"assistant": ASSISTANT, "prompt": "refund", "user": "Where is it?"}


@contextmanager
def serving(folder: Path, *arguments: str, settings: str = "") -> Generator[Served]:
    """A service whose target has a prompt."""
    (folder / "jackfield.toml").write_text(settings or "[service]\n", encoding="utf-8")
    with jackfield.open("simulator", config=folder / "jackfield.toml", state=folder / "state") as core:
        core.acting_as("user:mina", reason="CHG-1").prompts.publish(PROMPT)
    with served(folder, *arguments, settings=settings) as found:
        yield found


@pytest.mark.parametrize("server", NAMES)
def test_it_serves_until_it_is_told_to_end(tmp_path: Path, server: str) -> None:
    with serving(tmp_path, "--server", server) as found:
        alive = found.ask("GET", "/healthz")
        prompts = found.ask("GET", "/v1/prompts")[1]["prompts"]
        code = found.end()
    assert (alive, [each["live"] for each in prompts], code) == ((200, {"status": "ok"}), ["1.0.0"], 0)
    assert '"route":"/healthz"' in found.told


@pytest.mark.parametrize("server", NAMES)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_accepted_is_finished(tmp_path: Path, server: str, number: int) -> None:
    with serving(tmp_path, "--server", server) as found, ThreadPoolExecutor() as threads:
        asking = threads.submit(found.ask, "POST", "/v1/ask", QUESTION)
        until(lambda: "jackfield_http_requests_active 1.0" in found.ask("GET", "/metrics")[1].decode())
        code = found.end(number)
        status, answer = asking.result()
    assert (status, answer["end"], code) == (200, "complete", 0)


@pytest.mark.parametrize("server", NAMES)
def test_who_hangs_up_ends_the_answer(tmp_path: Path, server: str) -> None:
    with serving(tmp_path, "--server", server) as found:
        body = b'{"assistant": "%b", "prompt": "refund", "user": "Where is it?"}' % ASSISTANT.encode()
        with found.connect() as line:
            line.sendall(request("POST", "/v1/ask", body, {"accept": "text/event-stream"}))
            first = line.recv(1_000)
        until(lambda: "active 0.0" in found.ask("GET", "/metrics")[1].decode())
        entries = found.ask("GET", "/v1/audit")[1]["entries"]
    assert first.startswith(b"HTTP/1.1 200")
    assert entries[-1]["payload"]["end"] in ("canceled", "complete")
    assert entries[-1]["outcome"] != "intended"


def test_a_port_that_is_taken_is_said_clearly(tmp_path: Path) -> None:
    with serving(tmp_path) as found:
        port = found.url.rpartition(":")[2]
        done = _refused(tmp_path, "--port", port)
    assert done == f"error: 127.0.0.1: port {port} is in use; choose another --port, or 0 for any free one\n"


def test_without_a_token_nobody_else_can_reach_it(tmp_path: Path) -> None:
    (tmp_path / "jackfield.toml").write_text("[service]\n", encoding="utf-8")
    assert "no token is known" in _refused(tmp_path, "--host", "0.0.0.0", "--port", "0")  # noqa: S104


def test_an_address_that_is_none_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / "jackfield.toml").write_text("[service]\n", encoding="utf-8")
    assert "cannot listen on port 8080" in _refused(tmp_path, "--host", "nobody.invalid")


def _refused(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "jackfield", "serve", *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_a_token_that_the_command_made_is_good(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "jackfield", "serve", "token", "--name", "ci", "--scope", "write"],
        cwd=tmp_path,
        env={**environment(tmp_path), "JACKFIELD_CONFIG": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    token, _, table = made.stdout.partition("\n\n")
    with serving(tmp_path, settings=f"[service]\nrequire = true\n\n{table}") as found:
        refused = found.ask("GET", "/v1/prompts")[0]
        allowed = found.ask("GET", "/v1/prompts", authorization=f"Bearer {token}")[0]
        found.end()
    assert (refused, allowed, token in found.told) == (401, 200, False)
    assert '"caller":"ci"' in found.told


def test_two_replicas_share_the_work(tmp_path: Path) -> None:
    settings = "[service]\ndeliveries_s = 0.05\nsteps_s = 0\n"
    with serving(tmp_path, settings=settings) as one, served(tmp_path, settings=settings) as other:
        until(lambda: all(_runs(each) > 3 for each in (one, other)))
        errors = [_job(each)["errors"] for each in (one, other)]
        ended = (one.end(), other.end())
    assert (errors, ended) == ([0, 0], (0, 0))


def _job(found: Served) -> dict[str, int]:
    job: dict[str, int] = found.ask("GET", "/readyz")[1]["jobs"][0]
    return job


def _runs(found: Served) -> int:
    job = _job(found)
    return job["runs"] + job["passed"]
