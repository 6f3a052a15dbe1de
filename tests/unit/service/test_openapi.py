"""The document is true: of every route, in both directions, and of every answer."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, Final

import attrs
import falcon.inspect
import pytest
from jsonschema import Draft202012Validator

from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.dispatching import falcon_app
from jackfield.entrypoints.service.openapi.document import document
from jackfield.entrypoints.service.openapi.schemas import Schemas
from jackfield.entrypoints.service.operations import Operation
from jackfield.entrypoints.service.routes import OPERATIONS
from tests.unit.service.house import ASSISTANT, NAME, House, published

DOCUMENT: Final = document(OPERATIONS)
_ID: Final = re.compile(r"[a-z]+(_[a-z]+)*")


def _described() -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, there in DOCUMENT["paths"].items() for method in there}


def test_every_route_is_described_and_no_other(house: House) -> None:
    app = falcon_app(house.serving, OPERATIONS)
    served = {
        (method.method, route.path)
        for route in falcon.inspect.inspect_routes(app)
        for method in route.methods
        if method.method not in ("HEAD", "OPTIONS") and not method.internal
    }
    assert served == _described()


def test_the_document_that_is_served_is_this(house: House) -> None:
    assert house.get("/openapi.json").json == DOCUMENT


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.id for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(_ID.fullmatch(name) for name in names)


def _references(value: Any) -> Iterator[str]:
    yield from re.findall(r'"\$ref": "([^"]+)"', json.dumps(value))


def test_every_schema_that_is_named_is_there_and_is_used() -> None:
    named = {name.rpartition("/")[2] for name in _references(DOCUMENT)}
    assert named == set(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


def _schema(path: str, method: str, status: int) -> dict[str, Any]:
    content = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]["content"]
    kind = "application/json" if status == 200 else "application/problem+json"
    return {**content[kind]["schema"], "components": DOCUMENT["components"]}


_TAGS: Final = ("operation", "prompts", "rollouts", "assistants", "audit")
"""Whose operations are asked here; those of sessions and advice have tests of their own."""
_PIN: Final = "PIN"
_QUESTION: Final = {"assistant": ASSISTANT, "prompt": NAME, "user": "Where is it?"}
_REQUESTS: Final[tuple[tuple[str, str, str, Any], ...]] = (
    ("GET", "/healthz", "/healthz", None),
    ("GET", "/readyz", "/readyz", None),
    ("GET", "/v1/prompts", "/v1/prompts", None),
    ("GET", "/v1/prompts/{name}", f"/v1/prompts/{NAME}", None),
    ("POST", "/v1/prompts/{name}/choose", f"/v1/prompts/{NAME}/choose", {"unit": "customer-1"}),
    ("POST", "/v1/prompts/{name}/promote", f"/v1/prompts/{NAME}/promote", {"version": "1.0.0"}),
    ("GET", "/v1/rollouts", "/v1/rollouts", None),
    ("GET", "/v1/rollouts/{name}", f"/v1/rollouts/{NAME}", None),
    ("POST", "/v1/rollouts/{name}/step", f"/v1/rollouts/{NAME}/step", None),
    ("POST", "/v1/observe", "/v1/observe", {"pin": _PIN, "success": True}),
    ("POST", "/v1/ask", "/v1/ask", _QUESTION),
    ("GET", "/v1/audit", "/v1/audit", None),
    ("GET", "/v1/audit/verify", "/v1/audit/verify", None),
    ("POST", "/v1/prompts/{name}/roll-back", f"/v1/prompts/{NAME}/roll-back", {}),
)


def _in_order(house: House) -> Iterator[tuple[str, str, int, Any]]:
    """Ask everything, one after the other: a prompt with a rollout, which is asked with, and rolled back."""
    for method, path, where, body in _REQUESTS:
        found = house.get(where) if method == "GET" else house.post(where, body)
        yield method, path, found.status, found.json


def test_every_answer_is_as_it_is_described(house: House, core: Core) -> None:
    published(core, "1.0.0", "1.1.0", "1.2.0")
    me = core.acting_as("user:mina", reason="CHG-4")
    me.prompts.promote(me.prompts.version(NAME, "1.1.0"))
    me.prompts.promote(me.prompts.version(NAME, "1.0.0"))
    me.rollouts.start(NAME, "1.2.0", shares=("50%", "100%"))
    seen = list(_in_order(house))
    for method, path, status, answer in seen:
        Draft202012Validator(_schema(path, method, status)).validate(answer)
    answered = {(method, path) for method, path, status, _ in seen if status == 200}
    conflicting = {(method, path) for method, path, status, _ in seen if status == 409}
    without = {("GET", "/metrics"), ("GET", "/docs"), ("GET", "/openapi.json")}
    own = {(each.method, each.path) for each in OPERATIONS if each.tag in _TAGS}
    assert answered | conflicting | without == own


@pytest.mark.parametrize(
    ("method", "path", "where", "status"),
    [
        ("GET", "/v1/prompts/{name}", "/v1/prompts/nothing", 404),
        ("GET", "/v1/audit", "/v1/audit?limit=0", 400),
        ("POST", "/v1/prompts/{name}/promote", "/v1/prompts/nothing/promote", 415),
    ],
)
def test_every_refusal_is_as_it_is_described(
    house: House, method: str, path: str, where: str, status: int
) -> None:
    found = house.ask(method, where, b"" if method == "GET" else b"x", {"content_type": "text/plain"})
    Draft202012Validator(_schema(path, method, status)).validate(found.json)
    assert found.status == status


def test_the_operations_of_the_documentation_are_these() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "service.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (GET|POST) \| `([^`]+)` \| (\S+) \|", page, re.MULTILINE)
    every = {(e.method, e.path, "–" if e.scope is None else e.scope.value) for e in OPERATIONS}  # noqa: RUF001
    assert {*rows} == every


def test_a_class_says_what_it_needs_and_admits_nothing_else() -> None:
    @attrs.frozen(kw_only=True)
    class Shape:
        """One."""

        name: str
        count: int | None = None

    schemas = Schemas()
    assert schemas.of(Shape) == {"$ref": "#/components/schemas/"} or schemas.named
    (only,) = schemas.named.values()
    assert (only["required"], only["additionalProperties"], only["properties"]["count"]) == (
        ["name"],
        False,
        {"type": ["integer", "null"]},
    )


def test_the_page_loads_nothing_and_runs_nothing(house: House) -> None:
    page = house.get("/docs")
    text = page.body.decode()
    assert re.findall(r"<script|<link|<img|@import|url\(|https?://", text) == []
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert all(path in text for _, path in _described())


def test_a_type_is_refused_only_where_it_is_looked_at() -> None:
    typed = {
        (method.upper(), path)
        for path, there in DOCUMENT["paths"].items()
        for method, operation in there.items()
        if "415" in operation["responses"]
    }
    assert typed == {(each.method, each.path) for each in OPERATIONS if each.takes and _is_typed(each)}


def _is_typed(operation: Operation) -> bool:
    return operation.plain or not operation.raw


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.takes], ids=lambda each: each.id)
def test_every_body_of_another_type_is_refused_as_described(house: House, operation: Operation) -> None:
    path = operation.path.replace("{session}", "none")
    found = house.ask("POST", path, b"<xml/>", {"content_type": "text/xml"})
    assert (found.status == 415) == _is_typed(operation)


_TAKING: Final = [each for each in OPERATIONS if each.takes]


@pytest.mark.parametrize("operation", _TAKING, ids=lambda each: each.id)
def test_every_example_fits_and_is_taken(house: House, operation: Operation) -> None:
    path = operation.path
    content = DOCUMENT["paths"][path][operation.method.lower()]["requestBody"]["content"]["application/json"]
    whole = {**content["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator(whole).validate(content["example"])
    found = house.post(path.replace("{session}", "none"), content["example"])
    assert found.status not in (413, 415, 422), found.body
    assert found.status != 400 or _names_what_only_a_user_has(content["example"]), found.body


def _names_what_only_a_user_has(example: dict[str, object]) -> bool:
    return "PIN" in example.values() or "notices" in str(example)


def test_the_page_has_a_request_for_each_operation_and_refers_nowhere(house: House) -> None:
    page = unescape(house.get("/docs").body.decode())
    assert page.count("curl ") == len(OPERATIONS)
    assert "$ref" not in page
    (line,) = re.findall(r"<pre>(curl -X POST 127.0.0.1:8080/query .*)</pre>", page)
    assert json.loads(shlex.split(line)[-1])["agentProfile"]["agentId"] == "agent-204"


def test_the_address_alone_leads_to_the_page(house: House) -> None:
    found = house.get("/")
    assert (found.status, found.headers["location"], found.body) == (303, "/docs", b"")
    assert house.get(found.headers["location"]).status == 200
