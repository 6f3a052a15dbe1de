"""From a request to its operation: who calls, what was given, and the answer as it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from typing import Any

import falcon
from attrs import frozen

from jackfield.domain.model.errors import JackfieldError
from jackfield.entrypoints.service.bodies import decoded, parameters, read_body
from jackfield.entrypoints.service.callers import Caller, admitted
from jackfield.entrypoints.service.frame import EXCHANGE, Exchange, tell_fault
from jackfield.entrypoints.service.operations import JSON, Answer, Call, Operation, Stream, Text
from jackfield.entrypoints.service.problems import (
    CONTENT_TYPE,
    Problem,
    Refusal,
    problem_of,
    unexpected,
    written,
)
from jackfield.entrypoints.service.serving import Serving
from jackfield.entrypoints.service.tracing import traced

_TITLES: Mapping[int, str] = {
    404: "There is no such route",
    405: "The route does not know this method",
}


def falcon_app(serving: Serving, operations: Iterable[Operation]) -> falcon.App[Any, Any]:
    """Return Falcon with a route for each path; every refusal is a problem."""
    app = falcon.App[Any, Any]()
    app.req_options.auto_parse_qs_csv = False
    app.add_error_handler(Exception, _broke)
    app.add_error_handler(falcon.HTTPError, _refused)
    app.add_error_handler(Refusal, _said_no)
    app.add_error_handler(JackfieldError, _failed)
    by_path = dict[str, list[Operation]]()
    for operation in operations:
        by_path.setdefault(operation.path, []).append(operation)
    for path, there in by_path.items():
        app.add_route(path, _place(serving, there))
    return app


def _place(serving: Serving, operations: Iterable[Operation]) -> object:
    """Return what Falcon calls a resource: an object with a method for each method."""
    ways = dict[str, Callable[..., None]]()
    for operation in operations:
        work = partial(_Work(serving, operation).answer)
        ways[f"on_{operation.method.lower()}"] = work
        if operation.method == "GET":
            ways["on_head"] = work
    allowed = ", ".join(sorted({*(name.removeprefix("on_").upper() for name in ways), "OPTIONS"}))

    def on_options(_request: falcon.Request, response: falcon.Response, **_path: str) -> None:
        response.set_header("Allow", allowed)

    ways["on_options"] = on_options
    return type("Place", (), {name: staticmethod(way) for name, way in ways.items()})()


@frozen
class _Work:
    serving: Serving
    operation: Operation

    def answer(self, request: falcon.Request, response: falcon.Response, **path: str) -> None:
        """Let the operation answer one request."""
        operation, environ = self.operation, request.env
        exchange: Exchange = environ[EXCHANGE]
        exchange.route = operation.path
        caller = admitted(self.serving, operation, environ)
        exchange.caller = caller.name
        call = self._call(request, caller, path)
        with ExitStack() as stack:
            if operation.gated:
                self.serving.gate.enter()
                stack.callback(self.serving.gate.leave)
            stack.enter_context(traced(environ))
            answer = operation.answer(call)
            if isinstance(answer, Stream):
                stack.enter_context(answer.holding)
                # The rest of the stack is left where the pieces end: on the same thread, by the server.
                response.stream = _Pieces(answer.pieces, stack.pop_all(), exchange)
                response.content_type = answer.content_type
                response.set_header("Cache-Control", "no-store")
                return
        _write(answer, response)

    def _call(self, request: falcon.Request, caller: Caller, path: Mapping[str, str]) -> Call:
        asks, takes = self.operation.asks, self.operation.takes
        query: object = None if asks is None else parameters(request.query_string, asks)
        body: object = None
        if self.operation.raw:
            body = read_body(request.env)
        elif takes is not None:
            body = decoded(request.env, takes, may_be_empty=self.operation.may_be_empty)
        return Call(
            serving=self.serving,
            caller=caller,
            path=path,
            query=query,
            body=body,
            accepts=request.env.get("HTTP_ACCEPT", ""),
            environ=request.env,
        )


class _Pieces:
    """The pieces of a stream, and what is let go of behind them."""

    def __init__(self, pieces: Iterator[bytes], stack: ExitStack, exchange: Exchange) -> None:
        self._pieces = pieces
        self._stack = stack
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """End it; early, it is what the caller wants."""
        try:
            self._pieces.close()  # type: ignore[attr-defined]  # they are made by a generator
            self._stack.close()
        except Exception:  # noqa: BLE001  # nobody is there to be told
            tell_fault(self._exchange)


def _write(answer: Answer, response: falcon.Response) -> None:
    if isinstance(answer, Text):
        response.status = answer.status
        response.content_type = answer.content_type
        response.data = answer.body
        for name, value in answer.headers.items():
            response.set_header(name, value)
        return
    response.content_type = JSON
    response.data = written(answer)
    response.set_header("Cache-Control", "no-store")


def _problem(request: falcon.Request, response: falcon.Response, problem: Problem) -> None:
    response.status = problem.status
    response.content_type = CONTENT_TYPE
    response.data = problem.body(request.env[EXCHANGE].id)
    for name, value in problem.headers.items():
        response.set_header(name, value)


def _said_no(
    request: falcon.Request, response: falcon.Response, error: Refusal, _params: Mapping[str, Any]
) -> None:
    _problem(request, response, error.problem)


def _failed(
    request: falcon.Request, response: falcon.Response, error: JackfieldError, _params: Mapping[str, Any]
) -> None:
    _problem(request, response, problem_of(error))


def _refused(
    request: falcon.Request, response: falcon.Response, error: falcon.HTTPError, _params: Mapping[str, Any]
) -> None:
    """Say what Falcon refuses by itself: routes, methods, headers."""
    status = error.status_code
    refusal = Refusal(
        status=status,
        name="http",
        title=_TITLES.get(status, "The request is no good"),
        detail=HTTPStatus(status).phrase.lower(),
        remedy="GET /openapi.json lists what there is",
        headers=_headers(error),
    )
    _problem(request, response, refusal.problem)


def _headers(error: falcon.HTTPError) -> dict[str, str]:
    given: Any = error.headers or {}
    return {str(name): str(value) for name, value in dict(given).items()}


def _broke(
    request: falcon.Request, response: falcon.Response, _error: Exception, _params: Mapping[str, Any]
) -> None:
    tell_fault(request.env[EXCHANGE])
    _problem(request, response, unexpected())
