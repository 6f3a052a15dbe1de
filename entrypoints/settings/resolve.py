"""Putting the settings of one target together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jackfield.adapters.genesys.regions import hosts
from jackfield.domain.model.budgets import PLATFORM, Limit, Policy
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.routers import Router
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Organization, organization
from jackfield.entrypoints.settings import places
from jackfield.entrypoints.settings.credentials import find_credentials, first, more_clients, refuse_missing
from jackfield.entrypoints.settings.file import File, Found, Target
from jackfield.entrypoints.settings.ledgers import find_ledger, ledger_key
from jackfield.entrypoints.settings.pins import find_pin_keys
from jackfield.entrypoints.settings.plugins import own_plugins
from jackfield.entrypoints.settings.tables import advice_table, service_table, session_table
from jackfield.entrypoints.settings.together import refuse_together
from jackfield.entrypoints.settings.values import Credentials, Rules, Settings, Sourced

PLATFORMS: Final = ("simulator", "genesys")
COUNTER: Final = "upper-estimate"

_LONGEST_TARGET: Final = 80
_TARGET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_RETENTION: Final = re.compile(r"[1-9][0-9]{0,4}d", re.ASCII)
_LONGEST_DAYS: Final = 36_500
_REGIONS: Final = ("GENESYSCLOUD_REGION", "GENESYS_ENVIRONMENT")


def resolve(
    target: str | None = None,
    *,
    config: Path | None = None,
    state: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Return the settings of *target*; raise `InvalidInput` for anything that does not fit together."""
    settings, trouble = survey(target, config=config, state=state, environ=environ)
    if trouble is not None:
        raise trouble
    return settings


def survey(
    target: str | None = None,
    *,
    config: Path | None = None,
    state: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Settings, InvalidInput | None]:
    """Return the settings of *target* also where nothing tells its organization, and that trouble then.

    The organization is `unknown` in such settings: they are to be looked at, not to be worked with.
    """
    found = places.found(config, environ)
    name = _name(target, environ, found)
    table = _table(name, found)
    refuse_together(
        found.source,
        lambda: _known(table.platform, PLATFORMS, f"targets.{name.value}.platform", found),
        lambda: _known(table.router, tuple(Router), f"targets.{name.value}.router", found),
        lambda: _hosts(name.value, table, environ, found),
        lambda: find_credentials(table, environ),
        lambda: _rules(found, environ),
        lambda: _retention(found),
        lambda: session_table(table, environ, found),
        lambda: service_table(found),
        lambda: advice_table(found),
    )
    root = places.state(state, environ)
    region, base_url = _hosts(name.value, table, environ, found)
    credentials = find_credentials(table, environ)
    ledger = find_ledger(name.value, table, environ, found.source)
    trouble: InvalidInput | None = None
    try:
        own = _organization(name.value, table, region.value, base_url.value, credentials.value)
    except InvalidInput as error:
        own, trouble = organization("unknown"), error
    settings = Settings(
        target=name.value,
        platform=table.platform,
        organization=own,
        folder=root.value / name.value,
        region=region.value,
        base_url=base_url.value,
        credentials=credentials.value,
        more_clients=more_clients(table, environ),
        calls=found.file.calls,
        ledger=ledger.value,
        ledger_key=ledger_key(table),
        router=Router(table.router),
        pin_keys=find_pin_keys(environ),
        proxy=None if table.proxy is None else Secret(table.proxy),
        ca=None if table.ca is None else Path(table.ca),
        rules=_rules(found, environ),
        retention=_retention(found),
        live=found.file.live,
        deliveries=found.file.deliveries,
        conversations=found.file.conversations,
        sessions=session_table(table, environ, found),
        service=service_table(found),
        advice=advice_table(found),
        sources={
            "target": name.source,
            "state": root.source,
            "region": region.source,
            "base_url": base_url.source,
            "credentials": credentials.source,
            "ledger": ledger.source,
            "platform": found.source if name.value in found.file.targets else "default",
            "organization": found.source if table.organization else "default",
        },
        overridden=dict(_overridden(table, region, base_url)),
    )
    return settings, trouble


def _overridden(
    table: Target, region: Sourced[str | None], base_url: Sourced[str | None]
) -> Iterator[tuple[str, str]]:
    """Name what the file says otherwise, where the environment wins."""
    for name, own, used in (("region", table.region, region), ("base_url", table.base_url, base_url)):
        if own is not None and own != used.value and table.platform != "simulator":
            yield name, own


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
            f"{_misnamed(name)}; a target's name is letters, digits, '.', '_' and '-', at most 80",
            place=f"target from {name.source}",
            remedy="choose another name",
        )
    return name


def _misnamed(name: Sourced[str]) -> str:
    """Say what is wrong; what a file or the environment says is not repeated: it may be a secret there."""
    if name.source == "option":
        return f"{name.value[:80]!r} is none"
    if not name.value or len(name.value) > _LONGEST_TARGET:
        return f"it has {len(name.value)} characters"
    wrong = next((at for at, c in enumerate(name.value) if _TARGET.fullmatch(f"a{c}") is None), 0)
    return f"its character {wrong + 1} is {name.value[wrong]!r}"


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
    name: str, table: Target, environ: Mapping[str, str], found: Found
) -> tuple[Sourced[str | None], Sourced[str | None]]:
    if table.platform == "simulator":
        return Sourced(None, "default"), Sourced(None, "default")
    own_region, own_url = Sourced(table.region, found.source), Sourced(table.base_url, found.source)
    region: Sourced[str | None] = first(environ, _REGIONS) or own_region
    base_url: Sourced[str | None] = first(environ, ("GENESYS_BASE_URL",)) or own_url
    if region.value is None and base_url.value is None:
        raise InvalidInput(
            "a target on the platform needs a region",
            place=f"{found.source}, targets.{name}",
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
    return _rules(places.found(config, environ), environ)


def _rules(found: Found, environ: Mapping[str, str]) -> Rules:
    """The token counter is looked up when it is needed: a plugin may give it."""
    counter = found.file.token_counter or COUNTER
    return Rules(policy=_policy(found), token_counter=counter, plugins=own_plugins(found, environ))


def _retention(found: Found) -> timedelta | None:
    text = found.file.audit.retention
    if text is None:
        return None
    if _RETENTION.fullmatch(text) is None or int(text[:-1]) > _LONGEST_DAYS:
        raise InvalidInput(
            f"{text[:40]!r} is not a number of days",
            place=f"{found.source}, audit.retention",
            remedy="write such as '90d', from '1d' to '36500d'",
        )
    return timedelta(days=int(text[:-1]))


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
