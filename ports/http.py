"""Calls to hosts that are not the platform: guarded, and bounded in time and size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import Factory, field, frozen


def _counted(value: Mapping[str, str] | bytes) -> str:
    return f"<{len(value)}>"


@frozen(kw_only=True)
class Answer:
    """What came back: header names are in lower case; a long body is cut at 64 kB."""

    status: int
    headers: Mapping[str, str] = field(default=Factory(dict[str, str]), repr=_counted)
    body: bytes = field(default=b"", repr=_counted)


class Http(Protocol):
    """Makes one call: no redirect is followed, nothing is tried again, five seconds at most."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Return the answer, whatever its status.

        Raises `InvalidInput` for a URL that may not be called (https and public addresses alone, unless
        the settings allow the host by name), `Unavailable` if nothing was sent, `OutcomeUnknown` if no
        answer came.
        """
        ...


class PlatformHttp(Protocol):
    """Makes a call of the target's own platform, with its token and under its rules."""

    def __call__(self, method: str, path: str, body: bytes) -> bytes:
        """Return the body of a 2xx answer; raises what the platform's other calls raise."""
        ...
