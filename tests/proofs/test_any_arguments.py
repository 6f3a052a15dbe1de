"""F1: whatever is typed behind `jackfield` ends with a documented exit code, never with a traceback."""

from __future__ import annotations

import os
import random
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Final, cast

import click
import pytest
from attrs import define, field

from jackfield.entrypoints.cli.commands import simulate
from jackfield.entrypoints.cli.group import jackfield
from jackfield.entrypoints.cli.run import run
from tests.proofs.mutations import HOSTILE, HOSTILE_TEXTS, spoilt_bytes
from tests.proofs.sizes import sized

DOCUMENTED: Final = frozenset({0, 1, 2, 3, 4, 5, 7, 130})
PROMPT: Final = """\
---
name: greeting
version: {version}
model: gpt-small
max_tokens: 512
---
Say {version}.
"""
USUAL: Final = (
    *("greeting", "greeting@1.0.0", "1.0.0", "1.1.0", "greeting-1.0.0.prompt", "greeting-1.1.0.prompt", "."),
    *(
        "plan.json",
        "anchors",
        "nowhere",
        "new-file",
        "jackfield.toml",
        "bash",
        "json",
        "table",
        "house-rules",
    ),
    *("2026-01-01", "2026-08-01T12:00Z", "1", "20", "429:0.1", "a:b", "150ms", "console"),
)


def commands(
    command: click.Command, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every subcommand with the words that name it."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*words, name))


def value(source: random.Random) -> str:
    """A word: a usual one, a hostile one, or a usual one that was spoilt; as the system gives it."""
    kind = source.random()
    if kind < 0.45:
        return source.choice(USUAL)
    text = source.choice(HOSTILE_TEXTS if kind < 0.8 else tuple(map(str, HOSTILE)))
    raw = text.encode(errors="surrogatepass")
    raw = spoilt_bytes(source.choice(USUAL).encode(), source) if kind > 0.9 else raw
    return os.fsdecode(raw.replace(b"\0", b""))[:5_000]


def fitting(parameter: click.Parameter, source: random.Random) -> str:
    """A word for *parameter*: mostly one of its type."""
    if source.random() < 0.15:
        return value(source)
    if isinstance(parameter.type, click.Choice):
        return str(source.choice(parameter.type.choices))
    if isinstance(parameter.type, click.types.IntParamType):
        return str(source.choice(NUMBERS))
    return value(source)


NUMBERS: Final = (0, 1, 2, 20, -1, 65_536, 2**31, 2**63 - 1, 2**63, 2**64, 10**30)


def vector(every: list[tuple[tuple[str, ...], click.Command]], source: random.Random) -> list[str]:
    """Words behind `jackfield`: a subcommand with some of its options and arguments, in any order."""
    words, command = source.choice(every)
    options = [p for p in command.params if isinstance(p, click.Option)]
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    given = list[list[str]]()
    for option in source.sample(options, k=min(len(options), source.choice((0, 1, 1, 2, 4)))):
        named = [source.choice(option.opts)]
        given.append(named if option.is_flag else [*named, fitting(option, source)])
    for argument in arguments:
        given += [
            [fitting(argument, source)] for _ in range(1 if argument.nargs == 1 else source.randint(1, 3))
        ]
    if source.random() < 0.1:
        given.append([value(source)])
    source.shuffle(given)
    return [*words, *(word for each in given for word in each), *MISUSED.get(words, ())]


MISUSED: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {("demo",): ("--no-such-option",)}
"""What takes seconds is only ever misused."""


@define
class House:
    """A folder with files and a ledger, in which the command is run."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    codes: Counter[int] = field(factory=Counter[int])
    escaped: list[str] = field(factory=list[str])

    def run(self, arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        """Run the command, and keep its code, or what escaped."""
        with self.monkeypatch.context() as patch:
            for name, text in (environ or {}).items():
                patch.setenv(name, text)
            self._run(arguments)

    def _run(self, arguments: Sequence[str]) -> None:
        cast("TextIOWrapper", sys.stderr).reconfigure(errors="backslashreplace")  # as a process has it
        try:
            code = run(arguments)
        except BaseException as error:  # noqa: BLE001  # that is what is looked for
            self.escaped.append(f"{arguments!r:.300}: {error!r:.300}")
            return
        out, err = self.capsys.readouterr()
        if code not in DOCUMENTED or "Traceback" in out + err or bool(err.strip()) < (code in REFUSALS):
            self.escaped.append(f"{arguments!r:.300}: {code} {err[-300:]}")
        self.codes[code] += 1


VARIABLES: Final = ("JACKFIELD_CONFIG", "JACKFIELD_STATE", "JACKFIELD_TARGET", "JACKFIELD_ACTOR", "BUILD_TAG")


RUNS: Final = sized(150, full=2_500)
REFUSALS: Final = frozenset({2, 130})


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> House:
    for name in [n for n in os.environ if n.startswith(("JACKFIELD", "GENESYS", "CI", "GITHUB", "BUILD"))]:
        monkeypatch.delenv(name)
    folder = tmp_path / "inner" / "work"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(socket, "getaddrinfo", _nobody)
    monkeypatch.setattr(simulate, "_stop", _stopped)
    for version in ("1.0.0", "1.1.0"):
        Path(f"greeting-{version}.prompt").write_text(PROMPT.format(version=version), encoding="utf-8")
    Path("jackfield.toml").write_text('[audit]\nretention = "1d"\n', encoding="utf-8")
    house = House(tmp_path, monkeypatch, capsys)
    for line in ("publish greeting-1.0.0.prompt", "promote greeting 1.0.0", "plan . --out plan.json"):
        house.run(line.split())
    house.run(["audit", "anchor", "--output", "anchors"])
    assert (house.escaped, house.codes) == ([], {0: 3, 4: 1})
    return house


def _nobody(*_: object, **__: object) -> list[object]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _stopped() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def test_any_arguments_end_with_a_documented_exit_code(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    every = list(commands(jackfield))
    for number in range(RUNS):
        source = random.Random(f"arguments {number}")  # inputs by a seed, no secrets
        words, environ = vector(every, source), dict[str, str]()
        if source.random() < 0.15:
            environ = {source.choice(VARIABLES): f"./{value(source)}"}
        elif source.random() < 0.1:
            environ = {
                "_JACKFIELD_COMPLETE": "bash_complete",
                "COMP_WORDS": " ".join(("jackfield", *words)),
                "COMP_CWORD": str(source.randint(0, len(words) + 1)),
            }
        house.run([] if "COMP_WORDS" in environ else words, environ)

    capsys.readouterr()
    with capsys.disabled():
        print(f"\nF1: {RUNS} command lines over {len(every)} subcommands: codes {dict(house.codes)}")
    assert house.escaped == []


def test_an_error_of_somebody_else_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def planted() -> threading.Event:
        raise KeyError("somebody else's")

    monkeypatch.setattr(simulate, "_stop", planted)

    house.run(["simulate", "--port", "0"])

    assert ["somebody else's" in each for each in house.escaped] == [True]
