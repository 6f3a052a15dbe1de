"""Which target it is, and where each setting came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from jackfield.entrypoints.doctor.findings import Finding, ok, skipped, warning
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.entrypoints.settings import Credentials, Settings
from jackfield.entrypoints.settings.resolve import COUNTER

_SET: Final = "set (not shown)"
_UNSET: Final = "-"
_ADDRESS: Final = re.compile(r"(https?://)?[A-Za-z0-9.:\[\]_/-]{1,200}")


@frozen
class Setting:
    """One setting as it may be shown: no secret."""

    name: str
    value: str
    source: str


def target(patient: Patient) -> Iterator[Finding]:
    """Tell which target was chosen, and how."""
    settings = patient.settings
    yield ok(
        "target",
        f"{settings.target} ({_from(settings, 'target')}), on the platform {settings.platform},"
        f" organization {settings.organization}",
    )


def region(patient: Patient) -> Iterator[Finding]:
    """Warn of an environment that sends a target elsewhere than its file says."""
    settings = patient.settings
    if settings.platform == "simulator":
        yield skipped("region", "the simulator is in no region")
        return
    for name, own in settings.overridden.items():
        used = settings.region if name == "region" else settings.base_url
        yield warning(
            "region",
            f"{_from(settings, name)} says {_shown(used)}, and the file's {name} {_shown(own)} is not used",
            f"unset {_from(settings, name)} unless you mean it",
        )
    if settings.base_url is not None and _is_overheard(settings.base_url):
        yield warning(
            "region",
            f"{_where(settings)} is plain http to another machine: whoever is on the way reads the OAuth"
            " secret, the token and the prompts",
            "write https:// in base_url",
        )
    elif not settings.overridden:
        yield ok("region", _where(settings))


def _is_overheard(base_url: str) -> bool:
    """Say whether calls leave this machine unencrypted."""
    try:
        parts = urlsplit(base_url.strip())
        host = parts.hostname or ""
    except ValueError:  # no address: the host's check tells
        return False
    return parts.scheme == "http" and bool(host) and not is_loopback(host)


def is_loopback(host: str) -> bool:
    """Say whether *host* is this machine by itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return host == "localhost" or host.endswith(".localhost")


def _where(settings: Settings) -> str:
    if settings.base_url is not None:
        return f"base URL {_shown(settings.base_url)} ({_from(settings, 'base_url')})"
    return f"{_shown(settings.region)} ({_from(settings, 'region')})"


def told(settings: Settings) -> Iterator[Setting]:
    """List the settings, each with its value and its source."""
    values = {
        "target": settings.target,
        "platform": settings.platform,
        "organization": settings.organization,
        "state": str(settings.folder),
        "region": _shown(settings.region),
        "base_url": _shown(settings.base_url),
        "credentials": "; ".join(map(_masked, settings.clients)),
        "ledger": _UNSET if settings.ledger is None else _SET,
        "proxy": _UNSET if settings.proxy is None else _SET,
        "ca": str(settings.ca or _UNSET),
        "token_counter": settings.rules.token_counter,
    }
    file = settings.rules.plugins.source
    for name, value in values.items():
        default = value in (_UNSET, COUNTER)
        yield Setting(name, value, "default" if default else settings.sources.get(name, file))


def _shown(address: str | None) -> str:
    """Return a region or base URL unless it holds what addresses do not: people put passwords there."""
    if address is None:
        return _UNSET
    return address if _ADDRESS.fullmatch(address) else "(not shown: it is not usable)"


def _masked(credentials: Credentials) -> str:
    if credentials.missing:
        return f"no {' and no '.join(credentials.missing)}"
    if credentials.access_token is not None:
        return "an access token (not shown)"
    return f"client {credentials.client_id}, secret (not shown)"


def _from(settings: Settings, name: str) -> str:
    return settings.sources.get(name, "default")
