"""Whether the platform's hosts can be found and reached, and whether its clock is ours."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from jackfield.adapters.http import Request
from jackfield.domain.model.errors import JackfieldError, Unavailable
from jackfield.entrypoints.doctor.findings import Finding, failed, ok, skipped, warning
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.doctor.probes import PATIENCE, within

PROBED_PATH: Final = "/api/v2/tokens/me"

_MOST_OFF: Final = timedelta(seconds=30)


def host(patient: Patient) -> Iterator[Finding]:
    """Resolve the hosts' names, and make one call without a token: any answer is a connection."""
    if patient.settings.platform == "simulator":
        patient.reached = True
        yield ok("host", "the embedded simulator answers in this process")
        return
    at = patient.probe.hosts
    try:
        found = (
            [] if patient.settings.proxy else [_resolved(url) for url in dict.fromkeys((at.api, at.login))]
        )
        answer = patient.probe(Request(method="GET", url=at.api + PROBED_PATH))
    except JackfieldError as error:
        yield failed("host", error, found=f"{at.api}: {error.message}")
        return
    patient.reached = True
    way = "through the proxy" if patient.settings.proxy else "; ".join(found)
    yield ok("host", f"{at.api} answers ({answer.status} without a token); {way}")


def _resolved(url: str) -> str:
    name = urlsplit(url).hostname or ""
    try:
        found = within(PATIENCE, lambda: socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        raise Unavailable(
            f"the name {name} does not resolve",
            remedy="check the network, the resolver, and the region or base URL",
        ) from None
    return f"{name} is {found[0][4][0]}"


def clock(patient: Patient) -> Iterator[Finding]:
    """Compare the platform's `Date` with our clock: tokens and the times of the audit log suffer."""
    heard = patient.probe.heard
    if heard is None:
        yield skipped("clock", "nothing was heard of the platform")
        return
    try:
        there = parsedate_to_datetime(heard.response.headers.get("date", ""))
        off = there - heard.at
    except (ValueError, TypeError):
        yield skipped("clock", "the platform tells no date")
        return
    if abs(off) <= _MOST_OFF:
        yield ok("clock", f"the platform's clock and ours agree to {max(2, abs(off.total_seconds())):.0f} s")
        return
    way = "ahead of" if off > timedelta() else "behind"
    yield warning(
        "clock",
        f"the platform's clock is {abs(off.total_seconds()):.0f} s {way} ours",
        "set this machine's clock by NTP: the audit log's times are its own",
    )
