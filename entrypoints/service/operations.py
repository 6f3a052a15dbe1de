"""What the service does: each operation with its place, who may call it, what it takes and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, TypeAlias, TypeVar

from attrs import field, frozen

from jackfield.domain.model.fields import expect
from jackfield.entrypoints.core import Acting
from jackfield.entrypoints.service.callers import Caller
from jackfield.entrypoints.service.serving import Serving
from jackfield.entrypoints.settings.service import Scope

T = TypeVar("T")

JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"

View: TypeAlias = Mapping[str, Any]


@frozen(kw_only=True)
class Call:
    """One request, as an operation sees it: who calls, and what was given, decoded and checked.

    `environ` is all of it; its body was read. A raw operation's `body` is the bytes that came.
    """

    serving: Serving
    caller: Caller
    path: Mapping[str, str] = field(factory=dict[str, str])
    query: object = None
    body: object = None
    accepts: str = ""
    environ: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)

    def said(self, kind: type[T]) -> T:
        """Return the body."""
        expect(kind, self.body, "body", "declare it as what the operation takes")
        return self.body  # type: ignore[return-value]  # as it was just seen

    def asked(self, kind: type[T]) -> T:
        """Return the query's parameters."""
        expect(kind, self.query, "query", "declare it as what the operation asks for")
        return self.query  # type: ignore[return-value]  # as it was just seen

    def acting(self) -> Acting:
        """Return the core for whoever calls, with the reason that was given."""
        return self.serving.core.acting_as(self.caller.actor, reason=self.caller.reason)


@frozen(kw_only=True)
class Text:
    """An answer that is no JSON, or JSON with another status."""

    content_type: str
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict[str, str])


@frozen(kw_only=True)
class Stream:
    """An answer that comes in pieces while *holding* lasts; it ends early when the client hangs up."""

    content_type: str
    pieces: Iterator[bytes]
    holding: AbstractContextManager[object]


Answer: TypeAlias = View | Text | Stream


@frozen(kw_only=True)
class Operation:
    """One operation. `scope` is None where anybody may call it; `gated` ones count as work.

    `takes` and `asks` are the attrs classes of the body and of the query, `gives` that of the answer.
    `refuses` are the statuses of its own refusals, beside those that any operation may have. A `raw` one
    is given the body's bytes as they came, of whatever type; a `plain` one says in plain text why it refuses.
    `also` are other statuses of its answer. One that `waits` for the platform is told how long by `Prefer`.
    """

    method: str
    path: str
    answer: Callable[[Call], Answer]
    summary: str
    tag: str
    gives: type[Any] | None = None
    scope: Scope | None = Scope.READ
    takes: type[Any] | None = None
    may_be_empty: bool = False
    asks: type[Any] | None = None
    content_types: tuple[str, ...] = (JSON,)
    refuses: tuple[int, ...] = ()
    gated: bool = True
    raw: bool = False
    plain: bool = False
    also: tuple[int, ...] = ()
    waits: bool = False

    @property
    def id(self) -> str:
        """Its name in the document: that of the function that answers."""
        return getattr(self.answer, "__name__", self.path).rstrip("_")
