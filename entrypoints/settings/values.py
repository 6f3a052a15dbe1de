"""What a core is opened with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, Generic, TypeVar

from attrs import evolve, field, frozen

from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.domain.model.budgets import PLATFORM, Policy
from jackfield.domain.model.routers import Router
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Organization
from jackfield.entrypoints.settings.conversations import ConversationRules
from jackfield.entrypoints.settings.deliveries import DeliveryRules
from jackfield.entrypoints.settings.live import LiveRules

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
class OwnPlugins:
    """What the settings say of plugins: which are allowed (all, if None), and a table for each.

    `only_built_in` leaves all others out. `source` is the file that the tables come from.
    """

    allow: tuple[str, ...] | None = None
    only_built_in: bool = False
    tables: Mapping[str, Mapping[str, object]] = field(factory=dict[str, Mapping[str, object]])
    source: str = "default"


@frozen(kw_only=True)
class Rules:
    """What prompts are checked by, and the plugins that may take part; it needs no target."""

    policy: Policy = PLATFORM
    token_counter: str = "upper-estimate"  # noqa: S105  # a name, no secret
    plugins: OwnPlugins = field(factory=OwnPlugins)


@frozen(kw_only=True)
class SessionTable:
    """What the settings say of sessions, as it is written; it is read when sessions are first needed.

    `ids` are the target's own ids of bots, by name; `environ` is where secrets are looked up.
    """

    table: Mapping[str, object] = field(factory=dict[str, object], repr=False)
    ids: Mapping[str, str] = field(factory=dict[str, str])
    environ: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    simulated: bool = True
    source: str = "default"


@frozen(kw_only=True)
class ServiceTable:
    """What the settings say of the service, as it is written; it is read when somebody serves."""

    table: Mapping[str, object] = field(factory=dict[str, object], repr=False)
    source: str = "default"


@frozen(kw_only=True)
class AdviceTable:
    """What the settings say of advice, as it is written; it is read when advice is first needed."""

    table: Mapping[str, object] = field(factory=dict[str, object], repr=False)
    source: str = "default"


@frozen(kw_only=True)
class Settings:
    """Everything that one target needs, resolved.

    `router` is who sends units to the versions of a rollout, `pin_keys` what the environment gives for pins.
    `more_clients` share the calls with `credentials`; `calls` are the transport's rules.
    `platform` is `simulator` or `genesys`; `region` and `base_url` matter to the latter only. `folder` is the
    target's own state folder; `ledger` is the address of the ledger, if it is not kept there, and
    `ledger_key` the key of the target's table that gives it. `retention` is how long payloads of the audit
    log are kept, None for ever.
    `sources` tells where each value came from, by its name.
    """

    target: str
    platform: str
    organization: Organization
    folder: Path
    region: str | None = None
    base_url: str | None = None
    credentials: Credentials = field(factory=lambda: SIMULATED)
    more_clients: tuple[Credentials, ...] = ()
    calls: CallRules = field(factory=CallRules)
    router: Router = Router.LOCAL
    pin_keys: tuple[Secret, ...] = ()
    proxy: Secret | None = None
    ca: Path | None = None
    ledger: Secret | None = None
    ledger_key: str = "ledger"
    rules: Rules = field(factory=Rules)
    retention: timedelta | None = None
    live: LiveRules = field(factory=LiveRules)
    deliveries: DeliveryRules = field(factory=DeliveryRules)
    conversations: ConversationRules = field(factory=ConversationRules)
    sessions: SessionTable = field(factory=SessionTable)
    service: ServiceTable = field(factory=ServiceTable)
    advice: AdviceTable = field(factory=AdviceTable)
    sources: Mapping[str, str] = field(factory=dict[str, str])
    overridden: Mapping[str, str] = field(factory=dict[str, str])

    @property
    def clients(self) -> tuple[Credentials, ...]:
        """Each OAuth client with what it lacks itself; `credentials` names what any of them lacks."""
        others = sum(len(each.missing) for each in self.more_clients)
        own = self.credentials.missing[: len(self.credentials.missing) - others]
        return evolve(self.credentials, missing=own), *self.more_clients
