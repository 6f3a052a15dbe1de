"""What a request is known by: its id, and the W3C trace that it belongs to."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

SANE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_PARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.{0,400})?", re.ASCII)
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
    """Let what is measured in the block belong to the trace of `traceparent`, where anybody measures spans.

    (The plugin `otel` makes its spans in the context that is current; without it nothing is loaded here.)
    """
    parent = environ.get("HTTP_TRACEPARENT")
    if not parent or "opentelemetry.trace" not in sys.modules or _PARENT.fullmatch(parent) is None:
        yield
        return
    from opentelemetry import context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = {"traceparent": parent}
    state = environ.get("HTTP_TRACESTATE")
    if state and len(state) <= _LONGEST_STATE:
        carrier["tracestate"] = state
    token = context.attach(TraceContextTextMapPropagator().extract(carrier))
    try:
        yield
    finally:
        context.detach(token)
