"""Operations of tutorial 004's own service: as its clients know them, with errors in plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.entrypoints.service.bodies import is_json, read_body, untyped
from jackfield.entrypoints.service.callers import admitted
from jackfield.entrypoints.service.frame import Direct, Exchange
from jackfield.entrypoints.service.gates import Gate
from jackfield.entrypoints.service.operations import Call, Operation, Text
from jackfield.entrypoints.service.problems import Refusal, cut, problem_of
from jackfield.entrypoints.service.serving import Serving
from jackfield.entrypoints.service.tracing import traced

Sent: TypeAlias = tuple[str, list[tuple[str, str]], bytes]
"""The status, the headers and the body of an answer."""

JSON_HEADER: Final = ("content-type", "application/json")
_TEXT_HEADERS: Final = (("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff"))
_OTHERS: Final = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
_SHOWN: Final = 10
_DECIDING: Final = ("HTTP_HOST", "HTTP_ORIGIN", "HTTP_X_ACTOR", "HTTP_X_REASON")
_MOST_KEPT: Final = 100
_FORM: Final = "application/x-www-form-urlencoded"
_USUAL_TYPES: Final = frozenset({"application/json", _FORM})


def told(status: int, text: str, headers: Mapping[str, str] | None = None) -> Sent:
    """Return a text as it is sent."""
    body = f"{text}\n".encode(errors="replace")
    given = [(name.lower(), value) for name, value in (headers or {}).items()]
    length = ("content-length", str(len(body)))
    return f"{status} {HTTPStatus(status).phrase}", [*_TEXT_HEADERS, length, *given], body


def refused(error: Refusal | JackfieldError, wrong: str) -> Sent:
    """Return an error as it is sent; *wrong* is what stands before the faults of a body."""
    problem = error.problem if isinstance(error, Refusal) else problem_of(error)
    if isinstance(error, InvalidInput):
        return told(problem.status, f"{wrong}: {'; '.join(_faults(error))}", problem.headers)
    return told(problem.status, str(problem.document["detail"]), problem.headers)


def _faults(error: InvalidInput) -> Iterator[str]:
    if not error.problems:
        yield cut(f"{error.place}: {error.message}" if error.place else error.message)
    for each in error.problems[:_SHOWN]:
        yield cut(each.message)
    if len(error.problems) > _SHOWN:
        yield f"and {len(error.problems) - _SHOWN} more"


def refuse_other_types(environ: Mapping[str, Any]) -> None:
    """Raise `Refusal` for a body that is called something else than JSON, or nothing.

    (That it were a form says curl of whatever it is given.)
    """
    said = environ.get("CONTENT_TYPE")
    if said and said not in _USUAL_TYPES and not is_json(said) and not said.lower().startswith(_FORM):
        raise untyped()


@frozen
class Place:
    """One operation of that kind: who may call it is asked as everywhere; then *work* answers, or raises.

    It counts as work once its body is there: who sends one slowly keeps nobody else out. What only waits has
    a `gate` of its own, so that it keeps nobody else out either.
    """

    serving: Serving
    operation: Operation
    work: Callable[[Mapping[str, Any], bytes], Sent]
    wrong: str
    gate: Gate | None = None
    _anonymous: dict[tuple[str | None, ...], str] = field(
        factory=dict["tuple[str | None, ...]", str], init=False
    )

    def __call__(self, environ: dict[str, Any], exchange: Exchange) -> Sent:
        """Answer one request, around Falcon."""
        exchange.route = self.operation.path
        try:
            exchange.caller = self._admitted(environ)
            refuse_other_types(environ)
            body = read_body(environ)
            gate = self.gate or self.serving.gate
            gate.enter()
            try:
                if "HTTP_TRACEPARENT" not in environ:
                    return self.work(environ, body)
                with traced(environ):
                    return self.work(environ, body)
            finally:
                gate.leave()
        except (Refusal, JackfieldError) as error:
            if isinstance(error, Refusal) and error.problem.status == HTTPStatus.REQUEST_TIMEOUT:
                raise  # the server has said so itself, and not in plain text
            return refused(error, self.wrong)

    def _admitted(self, environ: dict[str, Any]) -> str:
        """Return who calls. Whether somebody without a token may is decided once for each set of headers:
        by their names, of which some tell of a proxy, and by what those say that decide."""
        if "HTTP_AUTHORIZATION" in environ:
            return admitted(self.serving, self.operation, environ).name
        given = (*environ, *map(environ.get, _DECIDING))
        name = self._anonymous.get(given)
        if name is None:
            name = admitted(self.serving, self.operation, environ).name
            if len(self._anonymous) < _MOST_KEPT:
                self._anonymous[given] = name
        return name

    def text(self, call: Call) -> Text:
        """Answer one that came by Falcon, which has let it in."""
        try:
            refuse_other_types(call.environ)
            status, headers, body = self.work(call.environ, call.said(bytes))
        except (Refusal, JackfieldError) as error:
            status, headers, body = refused(error, self.wrong)
        given = dict(headers)
        del given["content-length"]
        kind = given.pop("content-type")
        return Text(content_type=kind, body=body, status=int(status[:3]), headers=given)


def only_posts(path: str) -> dict[tuple[str, str], Callable[[Serving], Direct]]:
    """Return what answers the other methods of *path*."""

    def no(_environ: dict[str, Any], exchange: Exchange) -> Sent:
        exchange.route = path
        return told(405, "Method not allowed", {"allow": "POST"})

    return {(method, path): lambda _serving: no for method in _OTHERS}
