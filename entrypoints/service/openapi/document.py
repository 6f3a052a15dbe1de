"""The OpenAPI document (3.1) of the operations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final, get_type_hints

from attrs import NOTHING, fields

from jackfield.entrypoints.service.bodies import LARGEST_BODY
from jackfield.entrypoints.service.openapi.examples import example, resolved
from jackfield.entrypoints.service.openapi.schemas import Schemas
from jackfield.entrypoints.service.operations import JSON, Operation
from jackfield.entrypoints.service.problems import CONTENT_TYPE
from jackfield.entrypoints.service.shapes.problems import ProblemShape

_TOKEN: Final = "token"  # noqa: S105  # the name of a scheme
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_ALWAYS: Final = (400, 401, 403, 503)
_WITH_BODY: Final = (408, 413)
_TYPED: Final = 415
_OF_THE_PLATFORM: Final = (502, 504)
_PREFER: Final[Mapping[str, Any]] = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "For how many seconds the platform is waited for, at most (RFC 7240).",
    "schema": {"type": "string", "pattern": "^wait=[1-9][0-9]{0,3}$"},
    "example": "wait=20",
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the document."""
    schemas = Schemas()
    problem = schemas.of(ProblemShape)
    paths = dict[str, dict[str, Any]]()
    for operation in operations:
        there = paths.setdefault(operation.path, {})
        there[operation.method.lower()] = _operation(operation, schemas, problem)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Jackfield",
            "version": version("jackfield"),
            "description": "Prompts, rollouts and assistants of a Genesys Cloud contact center.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.named.items())),
            "securitySchemes": {_TOKEN: {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation, schemas: Schemas, problem: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [
            *_in_path(operation),
            *_in_query(operation, schemas),
            *([dict(_PREFER)] if operation.waits else ()),
        ],
        "responses": {
            "200": _answer(operation, schemas),
            **{
                str(status): _answer(operation, schemas, HTTPStatus(status).phrase)
                for status in operation.also
            },
            **{str(status): _refusal(status, problem, operation) for status in _refusals(operation)},
        },
    }
    if operation.path == "/readyz":
        found["responses"]["503"] = _answer(operation, schemas, "Service Unavailable")
    if operation.scope is not None:
        found["security"] = [{_TOKEN: []}, {}]
        found["description"] = f"Scope: {operation.scope.value}."
    if operation.takes is not None:
        schema = schemas.of(operation.takes)
        found["requestBody"] = {
            "required": not operation.may_be_empty,
            "description": f"At most {LARGEST_BODY} bytes.",
            "content": {JSON: {"schema": schema, "example": example(resolved(schema, schemas.named))}},
        }
    return found


def _in_path(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in _VARIABLE.findall(operation.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        }


def _in_query(operation: Operation, schemas: Schemas) -> Iterator[dict[str, Any]]:
    if operation.asks is None:
        return
    hints = get_type_hints(operation.asks)
    for each in fields(operation.asks):
        schema = schemas.member(each, hints[each.name])
        if isinstance(schema.get("type"), list):  # a query holds no null: it is left out
            schema["type"] = next(name for name in schema["type"] if name != "null")
        yield {"name": each.name, "in": "query", "required": each.default is NOTHING, "schema": schema}


def _answer(operation: Operation, schemas: Schemas, phrase: str = "OK") -> dict[str, Any]:
    schema = {} if operation.gives is None else schemas.of(operation.gives)
    text = {"type": "string"}
    return {
        "description": phrase,
        "content": {kind: {"schema": schema if kind == JSON else text} for kind in operation.content_types},
    }


def _refusals(operation: Operation) -> list[int]:
    found = {*operation.refuses}
    if operation.gated:
        found |= {503}
    if operation.scope is not None:
        found |= {*_ALWAYS}
    if operation.path.startswith("/v1/"):
        found |= {*_OF_THE_PLATFORM}
    if operation.takes is not None:
        found |= {*_WITH_BODY}
        if operation.plain or not operation.raw:  # else its type is not looked at
            found.add(_TYPED)
    return sorted(found)


def _refusal(status: int, problem: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    in_plain_text = operation.plain and status != HTTPStatus.REQUEST_TIMEOUT  # that says the server
    content = {"text/plain": {"type": "string"}} if in_plain_text else {CONTENT_TYPE: dict(problem)}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {kind: {"schema": schema} for kind, schema in content.items()},
    }
