"""`jackfield export`: to a file, to a receiver behind a real socket, and what is refused."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from tests.e2e.command.conftest import House


@define
class Receiver:
    """A server that answers as it is told, and keeps what came."""

    port: int = 0
    status: int = 202
    content_type: str = "application/json"
    came: list[tuple[str, dict[str, str], Any]] = field(factory=list[tuple[str, dict[str, str], Any]])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.came.append((self.path, dict(self.headers), json.loads(body)))
            self.send_response(found.status)
            self.send_header("Content-Type", found.content_type)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library names it
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@contextmanager
def breaking_off() -> Generator[str]:
    """Give the URL of a receiver that takes a document and ends the connection without a word."""

    class Breaking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Breaking) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/prompts"
        server.shutdown()
        thread.join()


@pytest.fixture
def published(house: House) -> House:
    house.publish("1.0.0")
    return house


def entries(house: House) -> list[dict[str, Any]]:
    found = house("audit", "list", "--format", "json").json["entries"]
    return [entry for entry in found if entry["type"] == "prompt.export"]


def test_a_file_gets_the_metadata(published: House) -> None:
    assert published("export", "greeting", "--to", "out.json").code == 0
    document = json.loads((published.folder / "out.json").read_text())
    assert list(document) == ["sourcePlatform", "exportTimestamp", "promptMetadata", "targetPlatform"]
    assert (document["promptMetadata"]["version"], document["targetPlatform"]) == ("1.0.0", "out.json")


def test_the_file_is_its_owners_alone(published: House) -> None:
    published("export", "greeting", "--to", "out.json")
    assert (published.folder / "out.json").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_left_alone(published: House) -> None:
    (published.folder / "out.json").write_text("mine")
    ran = published("export", "greeting", "--to", "out.json")
    assert (ran.code, (published.folder / "out.json").read_text()) == (1, "mine")


@pytest.mark.parametrize("to", ["", "no/such/folder/out.json", "ftp://files.example/x"])
def test_a_place_that_cannot_be_is_refused(published: House, to: str) -> None:
    assert published("export", "greeting", "--to", to).code == 1


def test_standard_output_is_refused_and_no_file_is_made(published: House) -> None:
    ran = published("export", "greeting", "--to", "-")
    assert (ran.code, ran.out, (published.folder / "-").exists()) == (1, "", False)
    assert "not to standard output; name a file" in ran.err


def test_a_broken_answer_says_to_look_there_first(published: House) -> None:
    with breaking_off() as url:
        ran = published("export", "greeting", "--to", url)
    assert (ran.code, "it may have been taken: look there first" in ran.err) == (5, True)


def test_a_url_gets_the_metadata_by_one_post(published: House, receiver: Receiver) -> None:
    ran = published("export", "greeting", "--to", f"{receiver.url}/prompts", "--format", "json")
    assert (ran.code, ran.json["target"]) == (0, f"{receiver.url}/prompts")
    ((path, headers, document),) = receiver.came
    assert (path, headers["Content-Type"]) == ("/prompts", "application/json")
    assert document["promptMetadata"]["name"] == "greeting"


def test_the_audit_log_tells_before_and_after(published: House, receiver: Receiver) -> None:
    published("export", "greeting", "--to", f"{receiver.url}/prompts", "--reason", "CHG-7")
    told = [
        (e["kind"], e["name"], e["outcome"], e["reason"], e["payload"]["target"]) for e in entries(published)
    ]
    where = f"{receiver.url}/prompts"
    assert told == [
        ("export", "greeting", "intended", "CHG-7", where),
        ("export", "greeting", "succeeded", "CHG-7", where),
    ]


def test_credentials_and_query_are_sent_and_shown_nowhere(published: House, receiver: Receiver) -> None:
    to = f"http://ada:canary-password@127.0.0.1:{receiver.port}/prompts?key=canary-key"
    ran = published("export", "greeting", "--to", to)
    ((path, headers, document),) = receiver.came
    assert (path, headers["Authorization"]) == (
        "/prompts?key=canary-key",
        f"Basic {base64.b64encode(b'ada:canary-password').decode()}",
    )
    assert document["targetPlatform"] == f"{receiver.url}/prompts"
    shown = ran.all + published("audit", "list", "--format", "json").out
    assert "canary" not in shown


@pytest.mark.parametrize(
    ("status", "content_type", "code"),
    [
        (302, "text/plain", 3),
        (404, "text/plain", 3),
        (429, "text/plain", 3),
        (500, "text/plain", 5),
        (200, "text/html; charset=utf-8", 5),
    ],
)
def test_an_answer_that_is_no_yes_is_an_error_and_is_not_sent_again(
    published: House, receiver: Receiver, status: int, content_type: str, code: int
) -> None:
    receiver.status, receiver.content_type = status, content_type
    ran = published("export", "greeting", "--to", receiver.url)
    assert (ran.code, len(receiver.came)) == (code, 1)


@pytest.mark.parametrize(
    ("status", "outcomes"), [(404, ["intended", "failed"]), (500, ["intended"])], ids=["refused", "unknown"]
)
def test_what_is_not_known_is_not_said_to_have_failed(
    published: House, receiver: Receiver, status: int, outcomes: list[str]
) -> None:
    receiver.status = status
    published("export", "greeting", "--to", receiver.url)
    assert [entry["outcome"] for entry in entries(published)] == outcomes


def test_a_receiver_that_is_not_there_is_told(published: House) -> None:
    ran = published("export", "greeting", "--to", "http://127.0.0.1:9/prompts")
    assert (ran.code, [e["outcome"] for e in entries(published)]) == (5, ["intended", "failed"])


@pytest.mark.parametrize(
    "to",
    [
        "http://10.0.0.7/prompts",
        "http://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/",
        "https://0x7f000001/",
    ],
)
def test_what_is_not_public_is_not_called(published: House, to: str) -> None:
    ran = published("export", "greeting", "--to", to)
    assert (ran.code, "error:" in ran.err) == (1, True)


@pytest.mark.parametrize(
    "to",
    [
        "https:/ada:canary@files.example/x",
        "HTTPS:ada:canary@files.example/x",
        " https://ada:canary@files.example/x",
        "ada:canary@files.example/x",
        "//ada:canary@files.example/x",
    ],
)
def test_what_was_meant_as_a_url_is_not_taken_for_a_path(published: House, to: str) -> None:
    ran = published("export", "greeting", "--to", to)
    assert (ran.code, "it is neither a URL nor a path" in ran.err) == (1, True)
    assert "canary" not in ran.all + published("audit", "list", "--format", "json").out


def test_an_export_changes_no_prompt(published: House, receiver: Receiver) -> None:
    before = published("log", "greeting").out
    published("export", "greeting", "--to", receiver.url)
    assert published("log", "greeting").out == before
    assert published("audit", "verify").code == 0


def test_exports_of_one_prompt_at_the_same_moment_are_all_told(published: House, tmp_path: Path) -> None:
    import jackfield

    def export(number: int) -> None:
        with jackfield.open() as core:
            me = core.acting_as("ci", reason="at once")
            me.prompts.export("greeting", to=str(tmp_path / f"out-{number}.json"))

    threads = [threading.Thread(target=export, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries(published)) == 8
