"""The documentation is true: its snippets run, its links lead somewhere, its lists are the code's."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import runpy
import shlex
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import attrs
import click
import pytest
from attrs import field, frozen
from ruamel.yaml import YAML

from jackfield.adapters.files import prompts as prompt_files
from jackfield.adapters.files.head import FrontMatter
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.simulator import control
from jackfield.adapters.simulator.faults import KINDS
from jackfield.adapters.simulator.platform.organization import ROUTES as PLATFORM_ROUTES
from jackfield.domain.model import errors
from jackfield.domain.model.event_types import EVENT_TYPES
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.prompts import ContextRule, Limits
from jackfield.domain.model.variables import Variable
from jackfield.entrypoints.bootstrap import open_core
from jackfield.entrypoints.cli.group import jackfield as command
from jackfield.entrypoints.cli.run import run
from jackfield.entrypoints.settings import file as settings_file
from jackfield.entrypoints.settings.advice import AdviceRules
from jackfield.entrypoints.settings.conversations import ConversationRules
from jackfield.entrypoints.settings.deliveries import DeliveryRules
from jackfield.entrypoints.settings.live import LiveRules
from jackfield.entrypoints.settings.service import ServiceRules
from tests.lean import run_pytest

ROOT: Final = Path(__file__).parents[1]
DOCS: Final = ROOT / "docs"
PAGES: Final = tuple(
    str(path.relative_to(ROOT))
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *sorted(DOCS.rglob("*.md")),
    )
)
NO_RUN: Final = {"docs/how-to/check-in-ci.md": 3}
"""Snippets that only a CI system can run."""

_FENCE: Final = re.compile(r"^```([a-z]*)([^\n`]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE: Final = re.compile(r"[a-z]+(-[a-z]+)*")
_PORT: Final = "18080"
_CRM: Final = '[plugins.crm]\nurl = "https://crm.example/x"\nfields.status = "{resolution}"\n'
_DATABASE: Final = "postgresql://jackfield:PASSWORD@db.example.com/prompts?sslmode=verify-full"
_CODED: Final = (
    "domain/model/budgets.py",
    "domain/model/prompts.py",
    "domain/model/templates.py",
    "domain/model/variables.py",
    "domain/services/checking.py",
    "adapters/strict.py",
    "entrypoints/files/checked.py",
    *(str(path.relative_to(ROOT)) for path in (ROOT / "adapters" / "files").glob("*.py")),
)
_CODING: Final = frozenset({"Problem", "Fault", "_problem", "_useless", "_declared", "_broken"})
_JOBS: Final = (
    "GITHUB_RUN_ID",
    "CI_JOB_ID",
    "BUILDKITE_BUILD_ID",
    "CIRCLE_BUILD_NUM",
    "BUILD_BUILDID",
    "BUILD_TAG",
)


@frozen
class Snippet:
    """One fenced block: its language, the words behind it, and its text."""

    language: str
    words: tuple[str, ...]
    text: str

    @property
    def title(self) -> str | None:
        """The file that the block is."""
        return next((w.removeprefix("title=") for w in self.words if w.startswith("title=")), None)


def page_text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def snippets(text: str) -> tuple[Snippet, ...]:
    return tuple(Snippet(m[1], tuple(m[2].split()), m[3]) for m in _FENCE.finditer(text))


@frozen
class Reader:
    """Somebody who does what a page says, in an empty folder."""

    folder: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    names: dict[str, Any] = field(factory=dict[str, Any])
    servers: list[subprocess.Popen[str]] = field(factory=list["subprocess.Popen[str]"])
    seen: list[str] = field(factory=lambda: [""])
    codes: list[int] = field(factory=lambda: [0])

    def follow(self, snippet: Snippet) -> None:
        """Write, run or parse the snippet."""
        if snippet.title is not None:
            path = self.folder / snippet.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(snippet.text, encoding="utf-8")
        ways: Mapping[str, Callable[[Snippet], None]] = {
            "console": self._console,
            "prompt": self._prompt,
            "python": self._python,
            "text": self._text,
            "toml": self._toml,
        }
        ways[snippet.language](snippet)

    def leave(self) -> None:
        """Stop the servers."""
        for server in self.servers:
            server.terminate()
            server.communicate(timeout=60)

    def _python(self, snippet: Snippet) -> None:
        path = self.folder.parent / "snippet.py"
        path.write_text(snippet.text, encoding="utf-8")
        self.names.update(runpy.run_path(str(path), init_globals=self.names, run_name="__main__"))
        self.seen[0] = self.capture.readouterr().out

    def _prompt(self, snippet: Snippet) -> None:
        file = prompt_files.read(self.folder / str(snippet.title))
        assert bool(file.problems) is ("broken" in snippet.words), file.problems

    def _toml(self, snippet: Snippet) -> None:
        settings_file.read(self.folder / str(snippet.title))

    def _text(self, snippet: Snippet) -> None:
        if "output" in snippet.words:
            assert_shown(self.seen[0], snippet.text)

    def _console(self, snippet: Snippet) -> None:
        lines = snippet.text.splitlines()
        starts = [n for n, line in enumerate(lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            asked = end < len(lines) and lines[end] == "$ echo $?"
            self._command(lines[start][2:], "\n".join(lines[start + 1 : end]), may_fail=asked)

    def _command(self, line: str, shown: str, *, may_fail: bool) -> None:
        line = re.sub(r"\$\(cat (\S+)\)", lambda m: (self.folder / m[1]).read_text().strip(), line)
        match shlex.split(line):
            case ["jackfield", "simulate" | "serve" as served, *arguments, "&"]:
                self._serve([served, *arguments], shown)
            case ["jackfield", *arguments]:
                self._run(arguments, shown, may_fail=may_fail)
            case ["echo", "$?"]:
                assert shown.strip() == str(self.codes[0])
            case ["export", *settings]:
                for setting in settings:
                    self.patch.setenv(*setting.split("=", 1))
            case ["pytest", *arguments]:
                self._pytest(arguments, shown)
            case ["make", target]:
                assert f"\n{target}: " in page_text("Makefile")
            case _:
                raise AssertionError(f"no reader of ours can run: {line}")

    def _run(self, arguments: list[str], shown: str, *, may_fail: bool) -> None:
        file = self.folder / arguments[-1] if arguments[-2:-1] == [">"] else None
        self.codes[0] = run(arguments if file is None else arguments[:-2])
        captured = self.capture.readouterr()
        self.seen[0] = captured.out + captured.err
        assert may_fail or self.codes[0] == 0, self.seen[0]
        if file is not None:
            file.write_text(captured.out, encoding="utf-8")
        elif shown.strip():
            assert_shown(self.seen[0], shown)

    def _pytest(self, arguments: list[str], shown: str) -> None:
        done = run_pytest(self.folder, *arguments)
        assert done.returncode == 0, done.stdout
        assert_shown(done.stdout, shown)

    def _serve(self, arguments: list[str], shown: str) -> None:
        server = subprocess.Popen(
            [sys.executable, "-m", "jackfield", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.servers.append(server)
        assert server.stdout is not None
        assert_shown(server.stdout.readline(), shown)


def assert_shown(actual: str, shown: str) -> None:
    """Compare, but for blank lines and blanks at the end; `…` stands for any text, alone for any lines."""
    wanted = [line.rstrip() for line in shown.splitlines() if line.strip()]
    got = "".join(f"{line.rstrip()}\n" for line in actual.splitlines() if line.strip())
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in wanted
    )
    assert re.fullmatch(pattern, got), f"the page shows:\n{shown}\nbut it is:\n{actual}"


@pytest.fixture
def reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Reader]:
    folder = tmp_path / "page"
    folder.mkdir()
    for name in [*_JOBS, *(n for n in os.environ if n.startswith(("JACKFIELD_", "GENESYS")))]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)  # a page's files import one another
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("JACKFIELD_ACTOR", "user:mina")
    found = Reader(folder, monkeypatch, capsys)
    yield found
    found.leave()


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def text(page: str, request: pytest.FixtureRequest) -> str:
    """The page's text, with a database of ours in the place of the one that it names."""
    found = page_text(page)
    if _DATABASE not in found:
        return found
    return found.replace(_DATABASE, request.getfixturevalue("postgres"))


@pytest.mark.parametrize("page", PAGES)
def test_every_snippet_of_a_page_does_what_the_page_says(page: str, text: str, reader: Reader) -> None:
    found = snippets(text.replace(_PORT, _free_port()))
    runnable = [snippet for snippet in found if "no-run" not in snippet.words]
    for snippet in runnable:
        reader.follow(snippet)
    with reader.capture.disabled():
        print(f" {page}: {len(runnable)} of {len(found)} snippets ran")


def test_no_other_snippet_is_left_out() -> None:
    left_out = {page: sum("no-run" in s.words for s in snippets(page_text(page))) for page in PAGES}
    assert {page: count for page, count in left_out.items() if count} == NO_RUN


@pytest.mark.parametrize("page", [*NO_RUN])
def test_what_a_ci_system_runs_is_at_least_yaml(page: str) -> None:
    left_out = [s for s in snippets(page_text(page)) if "no-run" in s.words]
    assert all(isinstance(YAML(typ="safe", pure=True).load(s.text), dict) for s in left_out)


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    path = (page.parent / name).resolve() if name else page
    return path.exists() and (not anchor or anchor in _anchors(path))


@pytest.mark.parametrize("page", PAGES)
def test_every_local_link_leads_somewhere(page: str) -> None:
    links = [m[1] for m in _LINK.finditer(_FENCE.sub("", page_text(page))) if not m[1].startswith("https://")]
    assert [link for link in links if not _leads_somewhere(ROOT / page, link)] == []


def test_every_page_is_reached_from_the_index() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / m[1].partition("#")[0]).resolve() for m in _LINK.finditer(index.read_text())}
    assert {*DOCS.rglob("*.md")} - linked == {index}


def _section(page: str, heading: str) -> str:
    parts = re.split(r"^(#+ .+)$", page_text(page), flags=re.MULTILINE)
    return parts[parts.index(heading) + 1]


def _first_cells(text: str) -> set[str]:
    return set(re.findall(r"^\| `([^`|]+)`", text, re.MULTILINE))


def _coded(node: ast.AST) -> Iterator[str]:
    """The problem codes that one expression can give."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=keywords):
            named = [k.value for k in keywords if k.arg == "code"]
            found = [*args, *named] if name in _CODING else named
        case ast.Yield(value=ast.expr() as value) | ast.Return(value=ast.expr() as value):
            found = [part for each in ast.walk(value) if isinstance(each, ast.Tuple) for part in each.elts]
        case _:
            found = []
    for each in found:
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and _CODE.fullmatch(each.value):
            yield each.value


def _codes() -> set[str]:
    trees = [ast.parse(page_text(path)) for path in _CODED]
    found = {code for tree in trees for node in ast.walk(tree) for code in _coded(node)}
    return found | {f"over-{what}" for what in ("characters", "tokens")}


def test_the_problem_codes_are_those_of_the_code() -> None:
    assert _first_cells(_section("docs/reference/prompt-file.md", "## Problem codes")) == _codes()


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("## Fields", FrontMatter),
        ("### Variables", Variable),
        ("### Context rules", ContextRule),
        ("### Limits", Limits),
    ],
)
def test_the_fields_of_a_prompt_file_are_those_of_the_code(heading: str, kind: type) -> None:
    documented = _first_cells(_section("docs/reference/prompt-file.md", heading))
    assert documented == {a.name for a in attrs.fields(kind)}


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("### Top level", settings_file.File),
        ("### Target tables", settings_file.Target),
        ("### Client tables", settings_file.ClientVariables),
        ("### The limits table", settings_file.OwnLimits),
        ("### The calls table", CallRules),
        ("### The audit table", settings_file.OwnAudit),
        ("### The live table", LiveRules),
        ("### The deliveries table", DeliveryRules),
        ("### The conversations table", ConversationRules),
        ("### The service table", ServiceRules),
        ("### The advice table", AdviceRules),
    ],
)
def test_the_settings_are_those_of_the_code(heading: str, kind: type) -> None:
    documented = _first_cells(_section("docs/reference/settings.md", heading))
    assert documented == {a.name for a in attrs.fields(kind)}


def test_every_environment_variable_that_is_read_is_documented() -> None:
    folders = (ROOT / "entrypoints", ROOT / "plugins")
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py")]
    pattern = r"\"((?:JACKFIELD|GENESYS|OBSERVABILITY)[A-Z]*_[A-Z_]+)\""
    read = {name for text in sources for name in re.findall(pattern, text)}
    documented = _first_cells(_section("docs/reference/settings.md", "## Environment variables"))
    assert documented == read


def _commands(group: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, group
    if isinstance(group, click.Group):
        for name in group.list_commands(click.Context(group)):
            inner = group.get_command(click.Context(group), name)
            assert inner is not None
            yield from _commands(inner, f"{path} {name}")


COMMANDS: Final[Mapping[str, click.Command]] = dict(_commands(command, "jackfield"))
_COMMON: Final = {"--target", "--actor", "--reason", "--format", "--verbose", "-v", "--help", "-h"}


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_of_a_subcommand_is_documented_and_no_other(path: str) -> None:
    context = click.Context(COMMANDS[path], help_option_names=["-h", "--help"])
    options = {
        name
        for parameter in COMMANDS[path].get_params(context)
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }
    documented = set(re.findall(r"`(-[-a-z]+)[ `]", _section("docs/reference/command.md", f"## `{path}`")))
    assert documented - _COMMON == options - _COMMON


def test_the_options_of_every_subcommand_are_documented_once() -> None:
    section = _section("docs/reference/command.md", "## Options of every subcommand")
    assert {name for name in _COMMON if f"`{name}" in section} == _COMMON


def test_every_argument_of_a_subcommand_is_documented() -> None:
    arguments = {
        (path, (parameter.name or "").upper().removesuffix("S"))
        for path, each in COMMANDS.items()
        for parameter in each.params
        if isinstance(parameter, click.Argument)
    }
    sections = {path: _section("docs/reference/command.md", f"## `{path}`") for path, _ in arguments}
    assert {(p, a) for p, a in arguments if re.search(rf"`[^`]*\b{a}\b", sections[p]) is None} == set()


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield key
            yield from _keys(inner) if key != "payload" else ()
    for inner in cast("list[object]", value) if isinstance(value, list) else ():
        yield from _keys(inner)


def test_every_key_of_the_json_forms_is_documented(reader: Reader) -> None:
    text = "---\nname: refund\nversion: 1.0.0\nmodel: m\nmax_tokens: 9\n---\nHello.\n"
    (reader.folder / "refund.prompt").write_text(text)
    (reader.folder / "bad.prompt").write_text(text.replace("refund", "bad").replace("Hello", "{{"))
    exported = _section("docs/reference/events.md", "## An exported line")
    missing = set[tuple[str, str]]()
    for line in (
        "check refund.prompt bad.prompt",
        "plan refund.prompt",
        "apply refund.prompt",
        "publish refund.prompt",
        "promote refund 1.0.0",
        "rollback refund --to 1.0.0",
        "unfreeze refund",
        "status refund",
        "log refund",
        "diff refund 1.0.0",
        "plugins list",
        "plugins check tokens",
        "audit list",
        "audit verify",
        "audit anchor",
        "audit erase --entry 1",
        "metrics refund --by version",
        "metrics refund --totals",
        "export refund --to refund.json",
        "ask a1b2c3d4-e5f6-7890-abcd-ef1234567890 refund --user Hello",
        "deliveries list",
        "deliveries run",
        "backup copy.db",
        "doctor",
        "demo prompts",
    ):
        reader._run([*line.split(), "--format", "json"], "", may_fail=line.startswith(("check", "plan")))
        path = " ".join(line.split()[: 2 if line.startswith(("audit", "deliveries", "plugins")) else 1])
        section = _section("docs/reference/command.md", f"## `jackfield {path}`")
        documented = section + (exported if path == "audit list" else "")
        documented += (
            _section("docs/reference/command.md", "## `jackfield promote`") if path == "rollback" else ""
        )
        missing |= {(path, k) for k in _keys(json.loads(reader.seen[0])) if f"`{k}`" not in documented}
    assert missing == set()


def test_every_key_of_the_json_forms_of_rollouts_is_documented(reader: Reader) -> None:
    text = "---\nname: refund\nversion: {}\nmodel: m\nmax_tokens: 9\n---\nHello {}.\n"
    for version in ("1.0.0", "1.1.0"):
        (reader.folder / f"{version}.prompt").write_text(text.format(version, version))
        reader._run(["publish", f"{version}.prompt"], "", may_fail=False)
    shared = _section("docs/reference/command.md", "## `jackfield rollout start`")
    missing = set[tuple[str, str]]()
    for line in (
        "start refund 1.1.0 --hours",
        "status refund",
        "step refund",
        "hold refund",
        "explain refund --unit x",
        "stop refund",
        "rotate-key",
    ):
        hours = ["mon-sun 00:00-24:00"] if line.endswith("--hours") else []
        reader._run(["rollout", *line.split(), *hours, "--format", "json"], "", may_fail=False)
        section = _section("docs/reference/command.md", f"## `jackfield rollout {line.split()[0]}`")
        keys = set(_keys(json.loads(reader.seen[0])))
        missing |= {(line, key) for key in keys if f"`{key}`" not in section + shared}
    assert missing == set()


def test_every_key_of_the_json_forms_of_sessions_is_documented(reader: Reader) -> None:
    with open_core() as core:
        sessions = core.acting_as("mina", reason="CHG-1").sessions
        session = sessions.start(bot="bot-id-123", customer="customer-1")
        session.turn("Let me speak to a human")
        session.close("escalated")
    show = _section("docs/reference/command.md", "## `jackfield sessions show`")
    missing = set[tuple[str, str]]()
    for line in (
        "list",
        f"show {session.id}",
        f"explain {session.id} --max-turns 1",
        "report --by bot",
        "catch-up",
        "recover",
        "notices show https://hooks.example.com/x",
        "notices remove https://hooks.example.com/x",
        f"crm {session.id}",
    ):
        if line.startswith("crm"):
            (reader.folder / "jackfield.toml").write_text(_CRM)
        reader._run(["sessions", *line.split(), "--format", "json"], "", may_fail=False)
        verb = " ".join(line.split()[: 2 if line.startswith("notices") else 1])
        section = _section("docs/reference/command.md", f"## `jackfield sessions {verb}`")
        documented = section + (show if verb == "list" else "")
        missing |= {(verb, k) for k in _form_keys(reader.seen[0]) if f"`{k}`" not in documented}
    assert missing == set()


def _form_keys(text: str) -> Iterator[str]:
    """The keys of a JSON form, but for those that are words of the platform's or of a CRM's."""
    free = {"headers", "body", "end_reasons", "escalation_reasons", "settled", "failed"}

    def prune(value: object) -> object:
        if isinstance(value, dict):
            found = cast("dict[str, object]", value)
            return {k: None if k in free else prune(v) for k, v in found.items()}
        return [prune(each) for each in cast("list[object]", value)] if isinstance(value, list) else value

    yield from _keys(prune(json.loads(text)))


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(page_text("pyproject.toml"))
    wanted = [
        *project["project"]["dependencies"],
        *(name for extra in project["project"]["optional-dependencies"].values() for name in extra),
        *project["dependency-groups"]["build"],
        *project["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[\[<>=!,]", each)[0] for each in wanted}
    assert _first_cells(page_text("docs/explanation/dependencies.md")) == names


def test_every_error_is_documented() -> None:
    classes = {
        name for name, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, Exception)
    }
    assert _first_cells(page_text("docs/reference/errors.md")) == classes


def test_every_event_type_and_outcome_is_documented() -> None:
    types = _first_cells(_section("docs/reference/events.md", "## Types"))
    outcomes = _first_cells(_section("docs/reference/events.md", "## Outcomes"))
    assert (types, outcomes) == (set(EVENT_TYPES), set(Outcome))


def test_what_the_simulator_serves_is_documented() -> None:
    routes = {f"{m} /{'/'.join(route.segments)}" for route in PLATFORM_ROUTES for m in route._operations}
    served = routes | {"POST /oauth/token"}
    documented = _first_cells(_section("docs/reference/simulator.md", "## Endpoints"))
    assert {re.sub(r"\{[^}]+\}", "*", each) for each in documented} == served


def test_the_simulators_control_endpoints_are_documented() -> None:
    served = {f"{method} /_simulator/{name}" for name, each in control._OPERATIONS.items() for method in each}
    assert _first_cells(_section("docs/reference/simulator.md", "## Control endpoints")) == served


def test_the_kinds_of_faults_are_documented() -> None:
    table = _section("docs/reference/simulator.md", "## Faults").partition("Embedded there is no socket")[0]
    assert _first_cells(table) == {*KINDS}
