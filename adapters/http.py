"""One HTTP call as a value, and the seam that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Final, TypeAlias

from attrs import Factory, field, frozen

from jackfield.domain.model.errors import Attempt


class Effect(Enum):
    """What it means to send a call a second time when nobody knows what became of the first."""

    READS = "changes nothing"
    SETS = "twice is once"
    CREATES = "twice is twice"


_EFFECTS: Final = {"GET": Effect.READS, "HEAD": Effect.READS, "PUT": Effect.SETS, "DELETE": Effect.SETS}


def _counted(headers: Mapping[str, str]) -> str:
    """What may be shown of headers, also by a debugger: they hold tokens, and what a platform echoes."""
    return f"<{len(headers)} headers>"


@frozen(kw_only=True)
class Request:
    """What is sent: an absolute URL with its query, headers, and the body as bytes.

    `read_timeout` bounds the wait for each piece of the answer, `deadline` the whole call. The rest is for
    the policy and is not sent: `operation` is the class of calls that fail together, such as
    `prompts.read`; `effect` is the method's unless a POST only asks; `bulk` work lets people's calls pass.
    `usual` is how long a caller who is in no haste allows, where that is less than `read_timeout`: the
    policy blames no host that was given much less. `address` is an IP address that the connection goes to;
    the host's name stays in TLS and in the headers.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=_counted)
    body: bytes | None = field(default=None, repr=lambda body: f"<{len(body or b'')} bytes>")
    read_timeout: timedelta = timedelta(seconds=15)
    usual: timedelta | None = None
    deadline: timedelta = timedelta(seconds=90)
    operation: str = "call"
    effect: Effect = field(
        default=Factory(lambda self: _EFFECTS.get(self.method, Effect.CREATES), takes_self=True)
    )
    bulk: bool = False
    address: str | None = None


@frozen(kw_only=True)
class Response:
    """What came back; header names are in lower case.

    A policy that tried more than once tells of the tries before this one (`earlier`), and whether one of
    them was sent and never answered (`unsettled`). `elapsed` is this try's, where somebody measured it.
    """

    status: int
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=_counted)
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
    earlier: tuple[Attempt, ...] = ()
    unsettled: bool = False
    elapsed: timedelta | None = None


Send: TypeAlias = Callable[[Request], Response]
"""Makes exactly one HTTP call: no retry, no redirect, no policy.

Raises `Unavailable` when nothing can have arrived, `OutcomeUnknown` when the call was sent and no whole
answer came.
"""
