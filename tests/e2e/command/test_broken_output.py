"""A reader that left, a full disk, a closed descriptor: all is still done, and the exit code is true."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import frozen

from tests import forks
from tests.e2e.command.conftest import COMMAND, House, Ran
from tests.e2e.command.gates import CREATES, SECONDS, Gate, gated, running

NAMES = ("a", "b", "c", "d")
FULL = "error: the output cannot be written (No space left on device); "


@frozen
class Unread:
    """The end of a pipe to write into, whose reader is gone."""

    number: int


@pytest.fixture
def unread() -> Iterator[Unread]:
    reading, writing = os.pipe()
    os.close(reading)
    yield Unread(writing)
    os.close(writing)


@pytest.fixture
def folder(house: House) -> House:
    """Four prompts that nobody published."""
    for name in NAMES:
        house.write("1.0.0", "kindly", name)
    return house


def into(house: House, where: Unread | Path, *arguments: str, **environ: str) -> Ran:
    """Run the command with standard output going there."""
    out = where.number if isinstance(where, Unread) else where.open("wb")
    descriptor = out if isinstance(out, int) else out.fileno()
    done = forks.run(COMMAND, *arguments, cwd=house.folder, env={**os.environ, **environ}, stdout=descriptor)
    if not isinstance(out, int):
        with suppress(OSError):
            out.close()
    return Ran(done.returncode, "", done.stderr.decode())


def published(house: House) -> list[str]:
    return [p["name"] for p in house("status", "--format", "json").json["prompts"] if p["live"] == "1.0.0"]


FORMS = pytest.mark.parametrize("form", ["table", "json"])
BUFFERS = pytest.mark.parametrize("unbuffered", ["", "1"])


@FORMS
@BUFFERS
def test_an_apply_whose_reader_left_does_all_of_it(
    folder: House, unread: Unread, form: str, unbuffered: str
) -> None:
    ran = into(folder, unread, "apply", ".", "--format", form, PYTHONUNBUFFERED=unbuffered)

    assert (ran.code, ran.err, published(folder)) == (141, "", list(NAMES))


@BUFFERS
def test_an_apply_into_a_full_disk_does_all_of_it_and_says_so(folder: House, unbuffered: str) -> None:
    ran = into(folder, Path("/dev/full"), "apply", ".", PYTHONUNBUFFERED=unbuffered)

    assert (ran.code, published(folder)) == (5, list(NAMES))
    assert ran.err == (
        f"{FULL}what was asked is done; mend where the output goes, and look with 'jackfield status'\n"
    )


@pytest.fixture
def refused(folder: House) -> House:
    """A version of `b` that is published with other content."""
    folder("publish", "b-1.0.0.prompt")
    folder.write("1.0.0", "rudely", "b")
    return folder


def test_an_apply_whose_reader_left_returns_what_a_prompts_failure_returns(
    refused: House, unread: Unread
) -> None:
    ran = into(refused, unread, "apply", ".")

    assert (ran.code, published(refused)) == (3, list(NAMES))
    assert ran.err.startswith("failed: prompt b: ")


def test_an_apply_that_failed_into_a_full_disk_does_not_say_that_it_is_done(refused: House) -> None:
    ran = into(refused, Path("/dev/full"), "apply", ".")

    assert (ran.code, published(refused)) == (5, list(NAMES))
    assert ran.err.splitlines()[-1] == f"{FULL}mend where the output goes, and try again"


def test_every_file_is_published_though_nobody_reads(folder: House, unread: Unread) -> None:
    ran = into(folder, unread, "publish", *(f"{name}-1.0.0.prompt" for name in NAMES))

    assert (ran.code, published(folder)) == (141, list(NAMES))


@pytest.mark.parametrize(
    "line", ["audit list", "audit export", "status", "log a", "--help", "completion bash"]
)
def test_a_reader_that_left_has_an_exit_code_and_no_message(house: House, unread: Unread, line: str) -> None:
    house("publish", house.write("1.0.0", "kindly", "a"))

    ran = into(house, unread, *line.split())

    assert (ran.code, ran.err) == (141, "")


@pytest.mark.parametrize("line", ["audit list", "audit export", "status", "log a", "--help"])
def test_what_only_looks_never_says_that_something_is_done(house: House, line: str) -> None:
    house("publish", house.write("1.0.0", "kindly", "a"))

    ran = into(house, Path("/dev/full"), *line.split())

    assert (ran.code, ran.err) == (5, f"{FULL}mend where the output goes, and try again\n")


FOUND: dict[tuple[str, ...], int] = {
    ("check", "bad.prompt"): 1,
    ("plan", "greeting-1.0.0.prompt", "--target", "near"): 4,
    ("doctor", "--target", "away"): 5,
}


@FORMS
@pytest.mark.parametrize("line", FOUND, ids=lambda line: line[0])
@pytest.mark.parametrize("full", [False, True])
def test_what_was_found_is_in_the_exit_code_whatever_the_output_does(
    house: House, unread: Unread, line: tuple[str, ...], form: str, *, full: bool
) -> None:
    house.write("1.0.0", "kindly")
    (house.folder / "bad.prompt").write_text("hello", encoding="utf-8")
    house.settings(
        '[targets.near]\nplatform = "simulator"\n'
        '[targets.away]\nplatform = "genesys"\nbase_url = "http://127.0.0.1:9"\n'
    )

    ran = into(house, Path("/dev/full") if full else unread, *line, "--format", form)

    assert ran.code == FOUND[line]


def test_an_error_is_told_once_though_the_output_is_full(house: House) -> None:
    ran = into(house, Path("/dev/full"), "log", "nobody", "--format", "json")

    assert (ran.code, ran.err.count('"error"')) == (3, 1)


def test_a_simulator_that_nobody_heard_of_ends(house: House, unread: Unread) -> None:
    assert into(house, unread, "simulate", "--port", "0").code == 141


@pytest.mark.parametrize(
    ("closed", "verbose"),
    [
        ("2>&-", ""),
        ("1</dev/null 2>&-", ""),
        ("2>&-", "--verbose"),
        (">&- 2>&-", "--verbose"),
        ("<&- >&- 2>&-", "--verbose"),
        ("1</dev/null 2>&-", "--verbose"),
        ("2</dev/null", "--verbose"),
    ],
)
def test_a_closed_descriptor_hinders_nothing(folder: House, closed: str, verbose: str) -> None:
    ran = folder.apart_by_shell(f"{COMMAND} apply . {verbose} {closed}")

    assert ran.code == (5 if "1<" in closed else 0)
    assert published(folder) == list(NAMES)


REFUSED = """
import click, errno, os, sys
from jackfield.entrypoints.cli.group import jackfield
from jackfield.entrypoints.cli.run import run

@click.command()
def refused() -> None:
    raise OSError(getattr(errno, sys.argv[1]), os.strerror(getattr(errno, sys.argv[1])), "scratch")

jackfield.get_command = lambda ctx, name: refused
sys.exit(run(["refused"]))
"""


@pytest.mark.parametrize("name", ["EPIPE", "ENOSPC", "EMFILE"])
def test_what_the_machine_refuses_is_not_taken_for_the_output(house: House, name: str) -> None:
    (house.folder / "refused.py").write_text(REFUSED, encoding="utf-8")

    ran = house.apart_by_shell(f"{sys.executable} refused.py {name}")

    assert (ran.code, ran.out, len(ran.err.splitlines())) == (5, "", 1)
    assert ran.err.startswith("error: scratch: this machine refused it: ")


@pytest.fixture
def gate(folder: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The four prompts, a target on a platform, and a gate that creations wait at."""
    with gated() as gate:
        folder.settings(f'[targets.prod]\nplatform = "genesys"\nbase_url = "{gate.url}"\n')
        monkeypatch.setenv("GENESYS_CLIENT_ID", "any")
        monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-client-secret")
        gate.close(CREATES)
        yield gate


ENDED = ["a: created 1.0.0", *(f"{name}: not begun" for name in NAMES[1:])]


@pytest.mark.parametrize("closed", [False, True])
def test_a_signal_after_the_reader_of_errors_left_finishes_the_prompt_under_way(
    folder: House, gate: Gate, unread: Unread, *, closed: bool
) -> None:
    line = ("bash", "-c", f"exec {COMMAND} apply . {'2>&-' if closed else ''}")

    with running(folder.folder, *line, stderr=unread.number) as process:
        process.reaches(gate)
        process.send(signal.SIGTERM)
        gate.open()
        ran = process.ends()

    assert (ran.code, ran.out.splitlines()[:-1]) == (143, ENDED)
    assert folder.audited() == [("prompt.publish", "intended"), ("prompt.publish", "succeeded")]


ASKED_TO_END = """
import os, signal
from jackfield.entrypoints.cli.signals import stoppable

with stoppable() as stop:
    os.kill(os.getpid(), signal.SIGTERM)
    print("finished")
print(stop.exit_code)
"""


@pytest.mark.parametrize("closed", ["", "exec 2>&-;"])
def test_a_signal_is_heard_where_nobody_can_be_told(unread: Unread, closed: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f'{closed} exec {sys.executable} -c "$0"', ASKED_TO_END],
        stdout=subprocess.PIPE,
        stderr=unread.number,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "finished\n143\n")


OPENS_A_FILE = """
import click, sys
from jackfield.entrypoints.cli.group import jackfield
from jackfield.entrypoints.cli.run import run

@click.command()
def opens() -> None:
    with open("opened", "w") as file:
        file.write(str(file.fileno()))

jackfield.get_command = lambda ctx, name: opens
sys.exit(run(["opens"]))
"""


def test_no_file_takes_the_place_of_a_closed_standard_stream(house: House) -> None:
    (house.folder / "opens.py").write_text(OPENS_A_FILE, encoding="utf-8")

    ran = house.apart_by_shell(f"{sys.executable} opens.py <&- >&- 2>&-")

    assert ran.code == 0
    assert int((house.folder / "opened").read_text()) > 2


def test_a_disk_that_is_full_leaves_no_part_of_an_export(house: House) -> None:
    for number in range(30):
        house.write("1.0.0", "kindly", f"p{number}")
    house("apply", ".", "--reason", "r" * 490)
    before = sorted(house.folder.iterdir())

    ran = house.apart_by_shell(f"ulimit -f 48; {COMMAND} audit export --output audit.jsonl")

    assert ran.code == 1
    assert ran.err.startswith("error: audit.jsonl: it cannot be written: File too large; ")
    assert sorted(house.folder.iterdir()) == before


def test_an_export_is_for_its_owner_alone(house: House) -> None:
    house("publish", house.write("1.0.0", "kindly"))
    before = sorted(house.folder.iterdir())

    house("audit", "export", "--output", "audit.jsonl")

    assert (house.folder / "audit.jsonl").stat().st_mode & 0o777 == 0o600
    assert sorted(house.folder.iterdir()) == sorted([*before, house.folder / "audit.jsonl"])
