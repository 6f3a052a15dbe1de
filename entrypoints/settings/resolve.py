"""Putting the settings of one target together."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import platformdirs

from jackfield.adapters.genesys.regions import hosts
from jackfield.domain.model.budgets import PLATFORM, Limit, Policy
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Organization, organization
from jackfield.entrypoints.settings.credentials import find_credentials, first, refuse_missing
from jackfield.entrypoints.settings.file import File, Found, Target, find, read
from jackfield.entrypoints.settings.values import Credentials, Rules, Settings, Sourced

PLATFORMS: Final = ("simulator", "genesys")
COUNTERS: Final = ("upper-estimate", "quarter")

_TARGET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_REGIONS: Final = ("GENESYSCLOUD_REGION", "GENESYS_ENVIRONMENT")


def resolve(
    target: str | None = None,
    *,
    config: Path | None = None,
    state: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Return the settings of *target*; raise `InvalidInput` for anything that does not fit together."""
    found = _found(config, environ)
    name = _name(target, environ, found)
    table = _table(name, found)
    _known(table.platform, PLATFORMS, f"targets.{name.value}.platform", found)
    if table.ledger is not None:
        raise InvalidInput(
            "another ledger than SQLite in the state folder is not built yet",
            place=f"{found.source}, targets.{name.value}.ledger",
            remedy="remove it",
        )
    root = _state(state, environ)
    region, base_url = _hosts(table, environ, found)
    credentials = find_credentials(table, environ)
    return Settings(
        target=name.value,
        platform=table.platform,
        organization=_organization(name.value, table, region.value, base_url.value, credentials.value),
        folder=root.value / name.value,
        region=region.value,
        base_url=base_url.value,
        credentials=credentials.value,
        proxy=None if table.proxy is None else Secret(table.proxy),
        ca=None if table.ca is None else Path(table.ca),
        rules=_rules(found),
        sources={
            "target": name.source,
            "state": root.source,
            "region": region.source,
            "base_url": base_url.source,
            "credentials": credentials.source,
            "platform": found.source if name.value in found.file.targets else "default",
            "organization": found.source if table.organization else "default",
        },
    )


def _path(option: Path | None, environ: Mapping[str, str], variable: str) -> Sourced[Path | None]:
    if option is not None:
        return Sourced(_usable(option, "option"), "option")
    if environ.get(variable):
        return Sourced(_usable(Path(environ[variable]), variable).expanduser(), variable)
    return Sourced(None, "default")


def _usable(path: Path, source: str) -> Path:
    try:
        path.expanduser()
        usable = b"\0" not in str(path).encode()
    except (RuntimeError, UnicodeEncodeError):
        usable = False
    if not usable:
        raise InvalidInput(
            "this is not a path that can be used",
            place=f"path from {source}",
            remedy="write it in UTF-8, and '~NAME' for a user who exists",
        )
    return path


def _state(option: Path | None, environ: Mapping[str, str]) -> Sourced[Path]:
    named = _path(option, environ, "JACKFIELD_STATE")
    return Sourced(
        named.value or Path(platformdirs.user_state_dir("jackfield", appauthor=False)), named.source
    )


def _name(option: str | None, environ: Mapping[str, str], found: Found) -> Sourced[str]:
    if option is not None:
        name = Sourced(option, "option")
    elif environ.get("JACKFIELD_TARGET"):
        name = Sourced(environ["JACKFIELD_TARGET"], "JACKFIELD_TARGET")
    elif found.file.default is not None:
        name = Sourced(found.file.default, found.source)
    else:
        name = _only(found.file)
    if _TARGET.fullmatch(name.value) is None:
        raise InvalidInput(
            "a target's name is letters, digits, '.', '_' and '-', at most 80, and no path",
            place=f"target from {name.source}",
            remedy="choose another name",
        )
    return name


def _only(file: File) -> Sourced[str]:
    """The target when nobody names one: the only one there is, or the simulator if there is none."""
    if not file.targets:
        return Sourced("simulator", "default")
    if len(file.targets) > 1:
        raise InvalidInput(
            f"there are several targets: {', '.join(sorted(file.targets))}",
            place="target",
            remedy="name one with --target or JACKFIELD_TARGET, or set 'default' in jackfield.toml",
        )
    return Sourced(next(iter(file.targets)), "the only target")


def _table(name: Sourced[str], found: Found) -> Target:
    table = found.file.targets.get(name.value)
    if table is not None:
        return table
    if name.value == "simulator" or not found.file.targets:
        return _embedded(name)
    raise InvalidInput(
        f"there is no target {name.value!r}; there are {', '.join(sorted(found.file.targets))}",
        place=f"target from {name.source}",
        remedy=f"add [targets.{name.value}] to {found.source}, or name another",
    )


def _embedded(name: Sourced[str]) -> Target:
    if name.value != "simulator":
        raise InvalidInput(
            f"there is no target {name.value!r}, and no target in a jackfield.toml",
            place=f"target from {name.source}",
            remedy="write one (README, 'Targets'), or name the embedded 'simulator'",
        )
    return Target()


def _known(value: str, known: tuple[str, ...], place: str, found: Found) -> None:
    if value not in known:
        raise InvalidInput(
            f"{value[:40]!r} is none of {', '.join(known)}",
            place=f"{found.source}, {place}",
            remedy="choose one",
        )


def _hosts(
    table: Target, environ: Mapping[str, str], found: Found
) -> tuple[Sourced[str | None], Sourced[str | None]]:
    if table.platform == "simulator":
        return Sourced(None, "default"), Sourced(None, "default")
    own_region, own_url = Sourced(table.region, found.source), Sourced(table.base_url, found.source)
    region: Sourced[str | None] = first(environ, _REGIONS) or own_region
    base_url: Sourced[str | None] = first(environ, ("GENESYS_BASE_URL",)) or own_url
    if region.value is None and base_url.value is None:
        raise InvalidInput(
            "a target on the platform needs a region",
            place=f"{found.source}, targets",
            remedy="set region (such as eu-central-1) or base_url there, or GENESYSCLOUD_REGION",
        )
    return region, base_url


def _organization(
    name: str, table: Target, region: str | None, base_url: str | None, credentials: Credentials
) -> Organization:
    if table.organization is not None:
        return organization(table.organization)
    if table.platform == "simulator":
        return organization(name)
    if credentials.access_token is None:
        refuse_missing(credentials)
    else:
        raise InvalidInput(
            "with an access token alone, nothing tells which organization it is",
            place=f"targets.{name}.organization",
            remedy="set it to a name of your choice, and keep it: the ledger's chain belongs to it",
        )
    domain = urlsplit(hosts(region, base_url=base_url).api).netloc.removeprefix("api.")
    return organization(f"{domain}/{credentials.client_id}")


def rules(*, config: Path | None = None, environ: Mapping[str, str] = os.environ) -> Rules:
    """Return what prompts are checked by; raise `InvalidInput` for a settings file that does not fit."""
    return _rules(_found(config, environ))


def _found(config: Path | None, environ: Mapping[str, str]) -> Found:
    named = _path(config, environ, "JACKFIELD_CONFIG")
    if named.value is not None and not named.value.is_file():
        raise InvalidInput(
            "there is no such settings file",
            place=str(named.value),
            remedy=f"name one that is there, or none ({named.source})",
        )
    return read(named.value or find(_here()))


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise InvalidInput(
            f"the current folder cannot be read ({error.strerror})",
            place="path of jackfield.toml",
            remedy="change to a folder that is there, or name the file (JACKFIELD_CONFIG)",
        ) from None


def _rules(found: Found) -> Rules:
    return Rules(policy=_policy(found), token_counter=_counter(found))


def _policy(found: Found) -> Policy:
    own = found.file.limits
    return Policy(
        characters=_limit(own.characters, PLATFORM.characters, f"{found.source}, limits.characters"),
        tokens=_limit(own.tokens, PLATFORM.tokens, f"{found.source}, limits.tokens"),
    )


def _limit(own: int | None, platform: Limit, source: str) -> Limit:
    if own is None:
        return platform
    if own < 1:
        raise InvalidInput(f"a limit is a number from 1, not {own}", place=source, remedy="set a larger one")
    return Limit(own, source)


def _counter(found: Found) -> str:
    counter = found.file.token_counter or COUNTERS[0]
    _known(counter, COUNTERS, "token_counter", found)
    return counter
