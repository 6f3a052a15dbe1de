"""One HTTP call as a value, and the seam that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeAlias

from attrs import field, frozen


@frozen(kw_only=True)
class Request:
    """What is sent: an absolute URL with its query, headers, and the body as bytes.

    `read_timeout` bounds the wait for each piece of the answer, `deadline` the whole call.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(
        factory=dict[str, str], repr=lambda headers: f"<{len(headers)} headers>"
    )
    body: bytes | None = field(default=None, repr=lambda body: f"<{len(body or b'')} bytes>")
    read_timeout: timedelta = timedelta(seconds=15)
    deadline: timedelta = timedelta(seconds=90)


@frozen(kw_only=True)
class Response:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(factory=dict[str, str])
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")


Send: TypeAlias = Callable[[Request], Response]
"""Makes exactly one HTTP call: no retry, no redirect, no policy.

Raises `Unavailable` when nothing can have arrived, `OutcomeUnknown` when the call was sent and no whole
answer came.
"""
