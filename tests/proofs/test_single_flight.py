"""C1: one upstream call a cold key, over threads, and over processes by a lease."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import evolve

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.domain.model.errors import JackfieldError, NotFound
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.live import LiveRules
from tests.forks import Forked
from tests.proofs.sizes import sized

THREADS = 32
ROUNDS = sized(20, full=100)
PROCESSES = sized(3, full=4)
KEYS = sized(5, full=25)
SETTINGS = """\
default = "shared"
[live]
platform = true
wait_s = 30
[targets.shared]
platform = "genesys"
organization = "acme"
base_url = "{url}"
"""
READER = """\
import json, sys
import jackfield
with jackfield.open() as core:
    names = json.loads(sys.stdin.readline())
    print("ready", flush=True)
    sys.stdin.readline()
    found = [core.prompts.live(name) for name in names]
    print(json.dumps([(live.number, live.source) for live in found]), flush=True)
"""


class CountedPlatform(Platform):
    """Counts how often each prompt was searched for."""

    searched: Counter[str]

    def send(self, request: Request) -> Response:
        """Count, and answer."""
        names = parse_qs(urlsplit(request.url).query).get("name", [])
        if request.method == "GET":
            self.searched.update(names)
        return super().send(request)


def definition(name: str) -> PromptDefinition:
    return PromptDefinition(name=name, version="1.0.0", model="m", max_tokens=9, template=f"I am {name}.")


@pytest.fixture
def platform() -> CountedPlatform:
    platform = CountedPlatform(clock=SystemClock())
    platform.searched = Counter()
    return platform


@pytest.fixture
def core(platform: CountedPlatform, tmp_path: Path) -> Iterator[Core]:
    """A core whose ledger has never heard of what is on the platform."""
    settings = Settings(
        target="here",
        platform="simulator",
        organization=organization("acme"),
        folder=tmp_path / "here",
        live=LiveRules(platform=True, wait_s=30),
    )
    with build(settings, Parts(send=platform.send)) as core:
        yield core


def publish_elsewhere(platform: CountedPlatform, folder: Path, names: list[str]) -> None:
    """As another team does, with a ledger of its own."""
    settings = Settings(
        target="there", platform="simulator", organization=organization("acme"), folder=folder / "there"
    )
    with build(settings, Parts(send=platform.send)) as other:
        for name in names:
            other.acting_as("tom", reason="-").prompts.publish(definition(name))
    platform.searched.clear()


def at_once(work: Callable[[], object]) -> None:
    """Do it on all threads, from one moment."""
    barrier = threading.Barrier(THREADS)

    def begin() -> None:
        barrier.wait(30)
        work()

    threads = [threading.Thread(target=begin) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_threads_make_one_call_a_cold_key(platform: CountedPlatform, core: Core, tmp_path: Path) -> None:
    names = [f"prompt-{n}" for n in range(ROUNDS)]
    publish_elsewhere(platform, tmp_path, names)
    found = Counter[str]()
    for name in names:
        at_once(lambda name=name: found.update([core.prompts.live(name).definition.name]))  # type: ignore[misc]  # now
    print(f"C1: {THREADS} threads, {ROUNDS} cold keys, {sum(platform.searched.values())} calls")
    assert (set(found.values()), platform.searched) == ({THREADS}, Counter(names))


def test_the_error_of_the_one_call_reaches_all(platform: CountedPlatform, core: Core) -> None:
    errors = list[JackfieldError]()

    def miss() -> None:
        try:
            core.prompts.live("nobody")
        except NotFound as error:
            errors.append(error)

    at_once(miss)
    assert (len(errors), len({id(e) for e in errors}), platform.searched["nobody"]) == (THREADS, THREADS, 1)


def test_the_control_without_single_flight_calls_more_often(
    platform: CountedPlatform, core: Core, tmp_path: Path
) -> None:
    publish_elsewhere(platform, tmp_path, ["alone"])
    looks = core.prompts.live_versions.upstream.platform
    assert looks is not None
    bare = evolve(looks, leases=None, kept=evolve(looks.kept, cache=None))
    at_once(lambda: bare.look("alone"))
    assert platform.searched["alone"] == THREADS


def test_processes_make_one_call_a_cold_key(
    platform: CountedPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"prompt-{n}" for n in range(KEYS)]
    publish_elsewhere(platform, tmp_path, names)
    with SimulatorServer(platform) as server:
        found = read_at_once(server.url, names, tmp_path, monkeypatch)
    sources = Counter(source for each in found for _, source in each)
    print(f"C1: {PROCESSES} processes, {KEYS} cold keys, {sum(platform.searched.values())} calls: {sources}")
    assert platform.searched == Counter(names)
    assert {number for each in found for number, _ in each} == {"1.0.0"}


def read_at_once(
    url: str, names: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[list[tuple[str, str]]]:
    """Read them in several processes on one state folder, from one moment."""
    (folder / "jackfield.toml").write_text(SETTINGS.format(url=url), encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("JACKFIELD_STATE", str(folder / "state"))
    monkeypatch.setenv("GENESYS_CLIENT_ID", "a")
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", "b")
    readers = [
        Forked[str](["-c", READER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for reader in readers:
        tell(reader, json.dumps(names))
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for reader in readers:
        tell(reader, "go")
    return [json.loads(reader.communicate(timeout=90)[0]) for reader in readers]


def tell(reader: subprocess.Popen[str], line: str) -> None:
    assert reader.stdin is not None
    reader.stdin.write(f"{line}\n")
    reader.stdin.flush()
