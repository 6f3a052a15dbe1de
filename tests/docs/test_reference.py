"""The lists of the reference are the code's: settings, options, codes, errors, events, endpoints."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Final

import attrs
import click
import pytest

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
from jackfield.entrypoints.cli.group import jackfield as command
from jackfield.entrypoints.settings import file as settings_file
from jackfield.entrypoints.settings.advice import AdviceRules
from jackfield.entrypoints.settings.conversations import ConversationRules
from jackfield.entrypoints.settings.deliveries import DeliveryRules
from jackfield.entrypoints.settings.live import LiveRules
from jackfield.entrypoints.settings.service import ServiceRules
from tests.docs.conftest import ROOT, page_text, section_of

_CODE: Final = re.compile(r"[a-z]+(-[a-z]+)*")
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
    assert _first_cells(section_of("docs/reference/prompt-file.md", "## Problem codes")) == _codes()


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
    documented = _first_cells(section_of("docs/reference/prompt-file.md", heading))
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
    documented = _first_cells(section_of("docs/reference/settings.md", heading))
    assert documented == {a.name for a in attrs.fields(kind)}


def test_every_environment_variable_that_is_read_is_documented() -> None:
    folders = (ROOT / "entrypoints", ROOT / "plugins")
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py")]
    pattern = r"\"((?:JACKFIELD|GENESYS|OBSERVABILITY)[A-Z]*_[A-Z_]+)\""
    read = {name for text in sources for name in re.findall(pattern, text)}
    documented = _first_cells(section_of("docs/reference/settings.md", "## Environment variables"))
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
    documented = set(re.findall(r"`(-[-a-z]+)[ `]", section_of("docs/reference/command.md", f"## `{path}`")))
    assert documented - _COMMON == options - _COMMON


def test_the_options_of_every_subcommand_are_documented_once() -> None:
    section = section_of("docs/reference/command.md", "## Options of every subcommand")
    assert {name for name in _COMMON if f"`{name}" in section} == _COMMON


def test_every_argument_of_a_subcommand_is_documented() -> None:
    arguments = {
        (path, (parameter.name or "").upper().removesuffix("S"))
        for path, each in COMMANDS.items()
        for parameter in each.params
        if isinstance(parameter, click.Argument)
    }
    sections = {path: section_of("docs/reference/command.md", f"## `{path}`") for path, _ in arguments}
    assert {(p, a) for p, a in arguments if re.search(rf"`[^`]*\b{a}\b", sections[p]) is None} == set()


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
    types = _first_cells(section_of("docs/reference/events.md", "## Types"))
    outcomes = _first_cells(section_of("docs/reference/events.md", "## Outcomes"))
    assert (types, outcomes) == (set(EVENT_TYPES), set(Outcome))


def test_what_the_simulator_serves_is_documented() -> None:
    routes = {f"{m} /{'/'.join(route.segments)}" for route in PLATFORM_ROUTES for m in route._operations}
    served = routes | {"POST /oauth/token"}
    documented = _first_cells(section_of("docs/reference/simulator.md", "## Endpoints"))
    assert {re.sub(r"\{[^}]+\}", "*", each) for each in documented} == served


def test_the_simulators_control_endpoints_are_documented() -> None:
    served = {f"{method} /_simulator/{name}" for name, each in control._OPERATIONS.items() for method in each}
    assert _first_cells(section_of("docs/reference/simulator.md", "## Control endpoints")) == served


def test_the_kinds_of_faults_are_documented() -> None:
    table = section_of("docs/reference/simulator.md", "## Faults").partition("Embedded there is no socket")[0]
    assert _first_cells(table) == {*KINDS}
