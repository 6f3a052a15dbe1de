"""Where a Genesys Cloud organization answers: its API host and its login host."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, urlsplit

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput

DOMAINS: Final = MappingProxyType(
    {
        "us-east-1": "mypurecloud.com",
        "us-west-2": "usw2.pure.cloud",
        "us-east-2": "use2.us-gov-pure.cloud",
        "ca-central-1": "cac1.pure.cloud",
        "mx-central-1": "mxc1.pure.cloud",
        "sa-east-1": "sae1.pure.cloud",
        "eu-west-1": "mypurecloud.ie",
        "eu-west-2": "euw2.pure.cloud",
        "eu-central-2": "euc2.pure.cloud",
        "ap-south-1": "aps1.pure.cloud",
        "ap-northeast-1": "mypurecloud.jp",
        "ap-northeast-2": "apne2.pure.cloud",
        "ap-northeast-3": "apne3.pure.cloud",
        "ap-southeast-1": "apse1.pure.cloud",
        "ap-southeast-2": "mypurecloud.com.au",
        "me-central-1": "mec1.pure.cloud",
        "eu-central-1": "mypurecloud.de",
        "eusc-de-east-1": "edee1.eusc-pure.cloud",
    }
)
"""Domains by AWS region. Source: `regions.md`."""

_SAID: Final = re.compile(r"[a-z0-9.-]{1,80}")  # an address with credentials in it is not repeated
_NEW_REGION: Final = re.compile(r"[a-z]{2,6}[0-9]\.pure\.cloud")
_BY_LABEL: Final = {d.split(".")[0]: d for d in DOMAINS.values() if "pure.cloud" in d}


@frozen
class Hosts:
    """Base URLs without a slash at the end: of the API, and of the login that gives tokens."""

    api: str
    login: str


def hosts(region: str | None = None, *, base_url: str | None = None) -> Hosts:
    """Return the hosts of an AWS region or a bare domain; `base_url` takes the place of both hosts.

    Raises `InvalidInput`, which names the right domain where a host of the tutorials was given.
    """
    if base_url is not None:
        base = _base(base_url)
        return Hosts(api=base, login=base)
    if region is None:
        raise InvalidInput(
            "neither a region nor a base URL is given", place="region", remedy="set GENESYSCLOUD_REGION"
        )
    domain = domain_of(region)
    return Hosts(api=f"https://api.{domain}", login=f"https://login.{domain}")


def domain_of(region: str) -> str:
    """Return the domain that *region*, an AWS region or a bare domain, stands for."""
    text = region.strip().lower()
    domain = DOMAINS.get(text, text)
    if domain in DOMAINS.values() or _NEW_REGION.fullmatch(domain):
        return domain
    right = _right_domain(text)
    raise InvalidInput(
        f"{f'{text!r} is' if _SAID.fullmatch(text) else 'this is'} not a region of Genesys Cloud",
        place="region",
        remedy=f"write {right!r}" if right else f"write one of {', '.join(DOMAINS)}, or a base_url",
    )


def _right_domain(text: str) -> str | None:
    """Guess what was meant by a host such as `usw2.mypurecloud.com`, `api.mypurecloud.de`, `wss://…`."""
    labels = text.rpartition("://")[2].partition("/")[0].partition(":")[0].split(".")
    if labels[0] in _BY_LABEL:
        return _BY_LABEL[labels[0]]
    parents = [".".join(labels[i:]) for i in range(len(labels))]
    return next((parent for parent in parents if parent in DOMAINS.values()), None)


def _base(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise _not_a_base() from None
    if not whole or not _bare(parts):
        raise _not_a_base()
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _bare(parts: SplitResult) -> bool:
    return not (parts.query or parts.fragment or "@" in parts.netloc or re.search(r"[\s\\]", parts.netloc))


def _not_a_base() -> InvalidInput:
    return InvalidInput(
        "the base URL is not usable",  # its text is not repeated: people put passwords there
        place="base_url",
        remedy="write http:// or https://, a host, and no user, query or fragment",
    )
