"""What a core is opened with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Generic, TypeVar

from attrs import field, frozen

from jackfield.domain.model.budgets import PLATFORM, Policy
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Organization

T_co = TypeVar("T_co", covariant=True)


@frozen
class Sourced(Generic[T_co]):
    """A value, and where it was set: an option, an environment variable, a file, a default."""

    value: T_co
    source: str


@frozen(kw_only=True)
class Credentials:
    """How to come by an access token: a client's id and secret, or a token that somebody else fetched.

    `missing` names the environment variables that are needed for it and not set.
    """

    client_id: str = ""
    client_secret: Secret = field(factory=lambda: Secret(""))
    access_token: Secret | None = None
    missing: tuple[str, ...] = ()


SIMULATED: Final = Credentials(client_id="jackfield", client_secret=Secret("simulator"))
"""The client of the embedded simulator, which admits anybody."""


@frozen(kw_only=True)
class Rules:
    """What prompts are checked by; it needs no target."""

    policy: Policy = PLATFORM
    token_counter: str = "upper-estimate"  # noqa: S105  # a name, no secret


@frozen(kw_only=True)
class Settings:
    """Everything that one target needs, resolved.

    `platform` is `simulator` or `genesys`; `region` and `base_url` matter to the latter only. `folder` is the
    target's own state folder. `sources` tells where each value came from, by its name.
    """

    target: str
    platform: str
    organization: Organization
    folder: Path
    region: str | None = None
    base_url: str | None = None
    credentials: Credentials = field(factory=lambda: SIMULATED)
    proxy: Secret | None = None
    ca: Path | None = None
    rules: Rules = field(factory=Rules)
    sources: Mapping[str, str] = field(factory=dict[str, str])
