"""F2, of the whole house: the command and its platform, plugins that leak, and every file that is left."""

from __future__ import annotations

import base64
import importlib
import json
import os
import random
from collections.abc import Iterator
from itertools import count, product
from pathlib import Path
from typing import Final

import pytest
from attrs import define, field

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Faults, Platform, SimulatorServer
from jackfield.adapters.simulator.control import Simulator, answer
from jackfield.entrypoints.bootstrap import open_core
from jackfield.entrypoints.cli.run import run
from tests.proofs.leaky import install
from tests.proofs.sizes import sized
from tests.proofs.witness import PASSWORD, SECRET, VALUE

SECOND: Final = "canary-second-secret"
WRONG: Final = "canary-wrong-secret"
KEY: Final = "canary-api-key"
TOKEN: Final = "canary-given-token"
TEXT: Final = "canary-prompt-text"
CLIENTS: Final = {"first-id": SECRET, "second-id": SECOND}
SECRETS: Final = (SECRET, SECOND, WRONG, KEY, TOKEN, PASSWORD, VALUE)
ENVIRON: Final = {
    "FIRST_ID": "first-id",
    "FIRST_SECRET": SECRET,
    "SECOND_ID": "second-id",
    "SECOND_SECRET": SECOND,
    "WRONG_SECRET": WRONG,
    "LEAKY_KEY": KEY,
}
SETTINGS: Final = """\
[calls]
failed_base_s = 0.001
throttled_base_s = 0.001
unreached_base_s = 0.001
retries = 1
person_deadline_s = 5
deadline_s = 5

[plugins.leaky]
key_env = "LEAKY_KEY"

[targets.plain]
platform = "genesys"
base_url = "{url}"
organization = "acme"
client_id_env = "FIRST_ID"
client_secret_env = "FIRST_SECRET"

[targets.two]
platform = "genesys"
base_url = "{url}"
organization = "acme"
clients = [
  {{client_id_env = "FIRST_ID", client_secret_env = "FIRST_SECRET"}},
  {{client_id_env = "SECOND_ID", client_secret_env = "SECOND_SECRET"}},
]

[targets.wrong]
platform = "genesys"
base_url = "{url}"
organization = "acme"
client_id_env = "FIRST_ID"
client_secret_env = "WRONG_SECRET"

[targets.given]
platform = "genesys"
base_url = "{url}"
organization = "acme"

[targets.proxied]
platform = "genesys"
base_url = "{url}"
organization = "acme"
client_id_env = "FIRST_ID"
client_secret_env = "FIRST_SECRET"
proxy = "http://u:{password}@127.0.0.1:9"

[targets.kept]
platform = "genesys"
base_url = "{url}"
organization = "acme"
client_id_env = "FIRST_ID"
client_secret_env = "FIRST_SECRET"
ledger = "leaky://u:{password}@127.0.0.1/x"
"""
TARGETS: Final = ("plain", "two", "wrong", "given", "proxied", "kept")
WAYS: Final = ("off", "foreign", "ours", "at once", "found")
"""How the plugin leaks: not at all, in errors of its own, in ours, when it is loaded, in a finding."""

LINES: Final = (
    "status", "status greeting --fail-on-drift", "log greeting", "diff greeting 1.0.0 1.1.0",
    "check good --format junit", "check good --format sarif", "check good --format github",
    "check bad --format json", "check good --review", "publish good/greeting-1.0.0.prompt",
    "publish good/greeting-1.1.0.prompt",
    "promote greeting 1.0.0", "promote greeting 1.1.0 --force", "rollback greeting --to 1.0.0 --freeze",
    "unfreeze greeting", "plan good --promote --out {new}", "apply good --promote --force", "audit list",
    "audit verify", "audit export", "audit export --output {new}", "audit anchor",
    "audit anchor --output {new}", "audit erase --entry 1", "backup {new}",
    "doctor", "plugins", "completion bash", "leak", "--help",
)  # fmt: skip
"""Every subcommand but the demo and the server."""
ENVIRON_OF: Final = {
    "off": {"JACKFIELD_NO_PLUGINS": "1"},
    "given": {"GENESYSCLOUD_ACCESS_TOKEN": TOKEN},
}
FORMED: Final = sum("--format" in line for line in LINES)


SHOW_TEXTS: Final = ("diff", "the simulator's state")
TRIED: Final = sized(2, full=4)
SOME: Final = sized(70, full=len(WAYS) * len(TARGETS) * (2 * len(LINES) - FORMED))


class Listening(Platform):
    """A platform that keeps every token that it gives."""

    tokens: set[str]

    def send(self, request: Request) -> Response:
        """Answer, and remember the token."""
        response = super().send(request)
        if request.url.endswith("/oauth/token") and response.status == 200:
            self.tokens.add(json.loads(response.body)["access_token"])
        return response


@define
class Witness:
    """What the command wrote, by what was asked; and the secrets that must not be in it."""

    folder: Path
    platform: Listening
    simulator: Simulator
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    seen: dict[str, str] = field(factory=dict[str, str])
    codes: set[int] = field(factory=set[int])
    _numbers: Iterator[int] = field(factory=count)

    def run(self, way: str, target: str, line: str) -> None:
        """Run the command while the plugin leaks in this *way*, and keep what it wrote."""
        environ = {"LEAKY_WAY": way, **ENVIRON_OF.get(way, {}), **ENVIRON_OF.get(target, {})}
        with self.monkeypatch.context() as patch:
            for name, text in environ.items():
                patch.setenv(name, text)
            words = line.format(new=f"new-{next(self._numbers)}").split()
            self.codes.add(run([*words, "-v", "--target", target]))
        self.seen[f"{line} of {target}, the plugin {way}"] = "".join(self.capsys.readouterr())

    @property
    def canaries(self) -> set[str]:
        """Every secret, and what it is on the wire."""
        pairs = {base64.b64encode(f"{c}:{s}".encode()).decode() for c, s in CLIENTS.items()}
        return {*SECRETS, *pairs, *self.platform.tokens}

    def leaks(self) -> list[str]:
        """Name each path that shows a secret, or the text of a prompt where none belongs."""
        secret = [name for name, text in self.seen.items() if any(c in text for c in self.canaries)]
        told = [name for name, text in self.seen.items() if TEXT in text and not name.startswith(SHOW_TEXTS)]
        return [*secret, *told]

    def files(self) -> Iterator[Path]:
        """Every file that the command left; the settings file has passwords by the user's own hand."""
        return (p for p in self.folder.rglob("*") if p.is_file() and p.name not in ("jackfield.toml", "site"))

    def leaking_files(self) -> list[str]:
        """Name each file that has a secret anywhere in its bytes."""
        canaries = [c.encode() for c in self.canaries]
        return [str(p) for p in self.files() if any(c in p.read_bytes() for c in canaries)]


@pytest.fixture
def platform() -> Listening:
    platform = Listening(clock=SystemClock(), clients=CLIENTS, limits=None)
    platform.tokens = set()
    return platform


@pytest.fixture
def witness(
    platform: Listening,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Witness]:
    for name in [n for n in os.environ if n.startswith(("JACKFIELD_", "GENESYS"))]:
        monkeypatch.delenv(name)
    work = tmp_path / "house" / "work"
    for name in ("good", "bad"):
        (work / name).mkdir(parents=True)
    install(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.chdir(work)
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "house" / "state"))
    for name, text in ENVIRON.items():
        monkeypatch.setenv(name, text)
    for version in ("1.0.0", "1.1.0"):
        _prompt(f"good/greeting-{version}", version, "{{customer}}")
    _prompt("bad/greeting", "1", "{{customer}} {{")
    faults = Faults(seed=7)
    with SimulatorServer(platform, faults=faults) as server:
        settings = SETTINGS.format(url=server.url, password=PASSWORD)
        Path("jackfield.toml").write_text(settings, encoding="utf-8")
        yield Witness(tmp_path / "house", platform, Simulator(platform, faults), monkeypatch, capsys)


def _prompt(path: str, version: str, rest: str) -> None:
    head = f"name: greeting\nversion: {version}\nmodel: m\nmax_tokens: 512\nvariables: [{{name: customer}}]"
    Path(f"{path}.prompt").write_text(f"---\n{head}\n---\n{TEXT} {version} {rest}\n", encoding="utf-8")


def lines() -> Iterator[tuple[str, str, str]]:
    """Each way of leaking with each target and each line; some of them in the small size."""
    rest = [
        (way, target, f"{line}{form}")
        for way, target, line, form in product(WAYS, TARGETS, LINES, ("", " --format json"))
        if not (form and "--format" in line)
    ]
    some = random.Random(5).sample(rest, SOME)  # a choice, no secret
    tried = [(way, "plain", "plugins check leaky") for way in WAYS[-TRIED:]]  # a process each
    return iter((*some, *tried))


def test_no_command_shows_a_secret_and_no_file_keeps_one(
    witness: Witness, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in LINES:
        witness.run("off", "plain", line)
    for kind in ("503", "429", "401", "garbage", "drop-after"):
        witness.simulator.faults.randomly(kind, 0.03)
    for way, target, line in lines():
        witness.run(way, target, line)
    with open_core("plain") as core:
        core.prompts.live("greeting").definition.render({"customer": VALUE})
    for path in ("state", "faults", "clock"):
        told = answer(witness.simulator, Request(method="GET", url=f"http://h/_simulator/{path}"))
        witness.seen[f"the simulator's {path}"] = repr(told and told.body)
    witness.seen["the simulator's log of faults"] = repr(witness.simulator.faults.log)
    heard = importlib.import_module("canary_listener").HEARD
    witness.seen["measurements"] = "\n".join(heard)

    files = len(list(witness.files()))
    with capsys.disabled():
        print(f"\nF2: {len(witness.seen)} paths, {len(witness.canaries)} canaries")
        print(f"    {len(heard)} measurements, {files} files read byte by byte, {sorted(witness.codes)}")
    assert witness.leaks() == []
    assert witness.leaking_files() == []
    assert (len(heard) > 0, len(witness.platform.tokens) > 0, files > 0) == (True, True, True)


def test_what_a_plugin_prints_and_writes_is_found(witness: Witness) -> None:
    witness.run("planted", "plain", "leak")
    witness.run("off", "plain", "status")

    assert witness.leaks() == ["leak of plain, the plugin planted"]
    assert [Path(name).name for name in witness.leaking_files()] == ["planted"]
