"""How long a request lets the platform be waited for, and never longer than the service says."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from jackfield.adapters.around import ENDS
from jackfield.entrypoints.service.operations import Call
from jackfield.entrypoints.service.problems import Refusal

_WAIT: Final = "wait"
_SECONDS: Final = re.compile(r"0*[1-9][0-9]{0,8}", re.ASCII)


def preferred(environ: Mapping[str, Any]) -> timedelta | None:
    """Return what `Prefer: wait=SECONDS` asks for (RFC 7240 §4.3); None where it does not.

    Of several the first counts, and other preferences are none of ours. Raises `Refusal` for no whole number
    of seconds, or 0.
    """
    for each in environ.get("HTTP_PREFER", "").split(","):
        name, _, value = each.partition(";")[0].partition("=")
        if name.strip().lower() == _WAIT:
            return timedelta(seconds=_seconds(value.strip().strip('"')))
    return None


def _seconds(said: str) -> int:
    if _SECONDS.fullmatch(said):
        return int(said)
    raise Refusal(
        status=400,
        name="header",
        title="A header does not fit",
        detail="Prefer: wait is a whole number of seconds, at least 1",
        remedy="mend it, or leave it out",
    )


def deadline(call: Call, seconds: float | None = None, most: timedelta = timedelta.max) -> timedelta | None:
    """Return the least of what the header and a body's *seconds* ask for; None where neither does.

    *most* is what the verb takes.
    """
    own = None if seconds is None else timedelta(seconds=seconds)
    asked = [each for each in (preferred(call.environ), own) if each is not None]
    return min(call.serving.rules.longest, most, *asked) if asked else None


@contextmanager
def within(call: Call, seconds: float | None = None) -> Generator[None]:
    """Bound every call to the platform in the block, by what the header and a body's *seconds* ask for; also
    those of what a verb settles before it begins, which its own deadline does not count."""
    asked = deadline(call, seconds)
    if asked is None:
        yield
        return
    clock = call.serving.core.prompts.operations.records.clock
    token = ENDS.set(clock.monotonic() + asked.total_seconds())
    try:
        yield
    finally:
        ENDS.reset(token)
