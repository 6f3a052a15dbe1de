"""What sessions of customers are made of: the platform's conversations, and who understands them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from attrs import define, field, frozen

from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.end_notices import GenesysEndNotices
from jackfield.adapters.genesys.resolutions import GenesysResolutions
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.genesys.understanding import GenesysUnderstanding
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.prompts.records import Records
from jackfield.domain.services.sessions.acting import ActingSessions
from jackfield.domain.services.sessions.ending.catching import Catching
from jackfield.domain.services.sessions.ending.closing import Closing
from jackfield.domain.services.sessions.ending.hearing import Hearing
from jackfield.domain.services.sessions.ending.noticing import Noticing
from jackfield.domain.services.sessions.ending.recovering import Recovering
from jackfield.domain.services.sessions.ending.registering import Registering
from jackfield.domain.services.sessions.handing.by_hand import Handing
from jackfield.domain.services.sessions.handing.returning import Returning
from jackfield.domain.services.sessions.handing.sending import Sending
from jackfield.domain.services.sessions.holding.admission import Admission
from jackfield.domain.services.sessions.holding.ordering import Ordering
from jackfield.domain.services.sessions.holding.reconciling import Reconciling
from jackfield.domain.services.sessions.reads import Sessions
from jackfield.domain.services.sessions.recorded.ends import Ending
from jackfield.domain.services.sessions.recorded.keeping import Keeping
from jackfield.domain.services.sessions.recorded.records import BY_ITSELF, SessionRecords
from jackfield.domain.services.sessions.recorded.tracking import Tracking
from jackfield.domain.services.sessions.starting.beginning import Starting
from jackfield.domain.services.sessions.starting.making import Making
from jackfield.domain.services.sessions.turning.evaluating import Evaluating
from jackfield.domain.services.sessions.turning.taking import Turning
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.sessions import PLATFORM, SessionRules, session_rules
from jackfield.plugins.host import Host
from jackfield.ports.conversations import Redact
from jackfield.ports.http import Http
from jackfield.ports.leases import Leases
from jackfield.ports.telemetry import Measure
from jackfield.ports.understanding import Understanding

_MOST_KEPT: Final = 1_000


@define(eq=False)
class Bots(Mapping[str, Bot]):
    """The bots that the settings name; any other name is the platform's id of one. Each is made once."""

    rules: SessionRules
    _made: dict[str, Bot] = field(factory=dict[str, Bot], init=False, repr=False)

    def __getitem__(self, name: str) -> Bot:
        bot = self._made.get(name)
        if bot is None:
            bot = self.rules.bot(name)
            if len(self._made) < _MOST_KEPT:
                self._made[name] = bot
        return bot

    def get(self, name: str, default: Any = None, /) -> Any:
        """Return the bot; *default* where the settings do not say enough of it, which `bots[name]` tells."""
        try:
            return self[name]
        except InvalidInput:
            return default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __iter__(self) -> Iterator[str]:
        return iter(self.rules.names)

    def __len__(self) -> int:
        return len(self.rules.names)


@frozen(kw_only=True)
class Attended:
    """The sessions to look at, and those that somebody moves."""

    sessions: Sessions
    acting: Callable[[Actor], ActingSessions]


@frozen(kw_only=True)
class Attending:
    """Composes it for one target; nothing is opened, and no thread begun."""

    settings: Settings
    host: Host
    client: Client
    records: Records
    leases: Leases
    owner: str
    jitter: Callable[[], float]
    measure: Measure
    redact: Redact
    http: Http

    def attended(self) -> Attended:
        """Return the sessions."""
        rules = session_rules(self.settings.sessions)
        records = SessionRecords(
            organization=self.records.organization,
            ledger=self.records.ledger,
            clock=self.records.clock,
            new_id=self.records.new_id,
        )
        parts = _Parts(rules=rules, records=records, outside=self)
        return Attended(sessions=parts.sessions(), acting=parts.acting)

    def understanding(self, rules: SessionRules) -> Understanding:
        """Return who says what customers mean."""
        if rules.own.understanding == PLATFORM:
            return GenesysUnderstanding(_usual(self.client, rules))
        place = f"{rules.source}, sessions.understanding"
        return self.host.understanding(rules.own.understanding, self.http, own=(PLATFORM,), place=place)


class _Parts:
    """The services of sessions, each made of those before it."""

    def __init__(self, *, rules: SessionRules, records: SessionRecords, outside: Attending) -> None:
        self.records, self.bots, deadline = records, Bots(rules), rules.deadline
        gateway = GenesysSessions(_usual(outside.client, rules))
        measure, owner, jitter = outside.measure, outside.owner, outside.jitter
        admission = Admission(
            records=records,
            leases=outside.leases,
            gateway=gateway,
            reconciling=Reconciling(records=records, leases=outside.leases, gateway=gateway),
        )
        making = Making(records=records, gateway=gateway, admission=admission, owner=owner, deadline=deadline)
        ordering = Ordering(
            organization=records.organization,
            leases=outside.leases,
            clock=records.clock,
            holder=owner,
            jitter=jitter,
        )
        keeping = Keeping(redact=outside.redact, turns=rules.own.keep_turns)
        ending = Ending(records=records, release=admission.release, measure=measure)
        sending = Sending(
            records=records,
            gateway=gateway,
            bots=self.bots,
            release=admission.release,
            ending=ending,
            measure=measure,
        )
        self.starting = Starting(
            records=records,
            bots=self.bots,
            making=making,
            jitter=jitter,
            measure=measure,
            deadline=deadline,
        )
        self.closing = Closing(
            records=records,
            gateway=gateway,
            ending=ending,
            owner=owner,
            notices_expected=rules.notices.url is not None,
            deadline=deadline,
        )
        self.turning = Turning(
            records=records,
            bots=self.bots,
            ordering=ordering,
            evaluating=Evaluating(
                organization=records.organization,
                understanding=outside.understanding(rules),
                measure=measure,
            ),
            keeping=keeping,
            sending=sending,
            closing=self.closing,
            capture_content=outside.settings.conversations.capture_content,
            measure=measure,
            deadline=deadline,
        )
        self.handing = Handing(
            records=records,
            bots=self.bots,
            ordering=ordering,
            keeping=keeping,
            sending=sending,
            deadline=deadline,
        )
        self.returning = Returning(
            records=records,
            gateway=gateway,
            bots=self.bots,
            ordering=ordering,
            admission=admission,
            ending=ending,
            owner=owner,
            deadline=deadline,
        )
        notices = GenesysEndNotices(outside.client)
        secrets = rules.notices.secrets
        self.registering = Registering(
            records=records,
            notices=notices,
            url=None if rules.notices.url is None else rules.notices.url.reveal(),
            secret=secrets[0] if secrets else None,
            unset=rules.notices.unset,
            deadline=deadline,
        )
        self.hearing = Hearing(records=records, ending=ending)
        self.noticing = Noticing(
            notices=notices,
            hearing=self.hearing,
            clock=records.clock,
            secrets=secrets,
            unset=rules.notices.unset,
        )
        self.resolutions = GenesysResolutions(outside.client)

    def sessions(self) -> Sessions:
        """Return those to look at."""
        tracking = Tracking(records=self.records)
        return Sessions(
            records=self.records,
            tracking=tracking,
            platform=self.resolutions,
            noticing=self.noticing,
            catching=Catching(
                records=self.records,
                resolutions=self.resolutions,
                hearing=self.hearing,
                tracking=tracking,
            ),
            recovering=Recovering(
                records=self.records,
                tracking=tracking,
                start=self.starting.settle,
                handoff=lambda loaded: self.handing.resume(loaded.id, BY_ITSELF),
                close=self.closing.settle,
                expire=self.closing.expire,
                back=self.returning.settle,
            ),
            registering=self.registering,
            bots=self.bots,
        )

    def acting(self, actor: Actor) -> ActingSessions:
        """Return those that *actor* moves."""
        return ActingSessions(
            actor=actor,
            records=self.records,
            starting=self.starting,
            turning=self.turning,
            handing=self.handing,
            returning=self.returning,
            closing=self.closing,
            registering=self.registering,
        )


def _usual(client: Client, rules: SessionRules) -> Client:
    """Return the client for calls by the deadline of the settings, of which a start has three quarters."""
    return client.usually(rules.deadline * 3 / 4)
