"""What a request is known by: its id, and the W3C trace that it belongs to."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from itertools import count
from typing import Any, Final

from jackfield.adapters.around import TRACE, begun, taken

SANE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_LONGEST_STATE: Final = 512


class RequestIds:
    """Ids of requests: of this process by their first half, counted in the second.

    (Random bits for each would cost a call of the system, and let other threads in between.)
    """

    def __init__(self) -> None:
        self._process = secrets.token_hex(8)
        self._next = count(secrets.randbelow(2**32)).__next__

    def __call__(self) -> str:
        """Return a new one: 32 hexadecimal digits."""
        return f"{self._process}{self._next():016x}"


def is_sane(identifier: str) -> bool:
    """Whether a request's id that a client gave may be in logs and answers."""
    return SANE.fullmatch(identifier) is not None


@contextmanager
def traced(environ: Mapping[str, Any]) -> Generator[None]:
    """Let what is called and measured in the block belong to the trace of `traceparent`.

    Without one, or with one that is no good, a new trace begins. Each call to the platform goes out with the
    trace, and a parent id of its own.
    """
    trace = taken(environ.get("HTTP_TRACEPARENT", ""), environ.get("HTTP_TRACESTATE", ""))
    with _spans(environ) if trace is not None else nullcontext():
        token = TRACE.set(trace or begun())
        try:
            yield
        finally:
            with suppress(ValueError):  # a server may end a stream on another thread, which has its own
                TRACE.reset(token)


@contextmanager
def _spans(environ: Mapping[str, Any]) -> Generator[None]:
    """Let spans belong to it too, where anybody measures them.

    (The plugin `otel` makes its spans in the context that is current; without it nothing is loaded here.)
    """
    if "opentelemetry.trace" not in sys.modules:
        yield
        return
    from opentelemetry import context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = {"traceparent": environ["HTTP_TRACEPARENT"]}
    state = environ.get("HTTP_TRACESTATE")
    if state and len(state) <= _LONGEST_STATE:
        carrier["tracestate"] = state
    token = context.attach(TraceContextTextMapPropagator().extract(carrier))
    try:
        yield
    finally:
        context.detach(token)
