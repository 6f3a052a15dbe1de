"""Where the story of sessions plays: a platform with a bot, its webhooks, and a CRM."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any, Final

from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import NoticeRules, Platform, SimulatedBot
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.people import BOT, LEARNED, LIMIT, QUEUE
from jackfield.entrypoints.demo.stage import settings
from jackfield.entrypoints.settings import OwnPlugins, Rules, Settings
from jackfield.entrypoints.settings.values import SessionTable

URL: Final = "https://hooks.parcel.example/sessions"
_SEED: Final = 2026
_VARIABLE: Final = "PARCEL_NOTICES"
_RULES: Final = NoticeRules(repeats=2)
_FIELDS: Final[Mapping[str, Any]] = {
    "conversation": "{conversation}",
    "status": "{resolution}",
    "why": "{escalation}",
    "queue": "{queue}",
    "messages": "{messages}",
    "lasted": "{duration_ms} ms",
}


@define(kw_only=True)
class Frontdesk:
    """A platform that tells of every end twice, and the settings of who answers there.

    Identifiers are counted, so that the story is the same each time.
    """

    clock: FrozenClock
    crm: str
    secret: Secret
    platform: Platform = field(init=False)
    _numbers: count[int] = field(factory=count, init=False)

    def __attrs_post_init__(self) -> None:
        self.platform = Platform(
            clock=self.clock,
            seed=_SEED,
            bots={BOT: SimulatedBot(title="Parcel Bot", intents=LEARNED)},
            queues=(QUEUE,),
            notices=_RULES,
        )

    @contextmanager
    def core(self, folder: Path) -> Generator[Core]:
        """Open a core there, with its state in *folder*."""
        parts = Parts(clock=self.clock, new_id=self._new_id, send=self.platform.send, jitter=lambda: 0.5)
        with build(self._settings(folder), parts) as core:
            yield core

    def _settings(self, folder: Path) -> Settings:
        table: dict[str, Any] = {
            "queue": QUEUE,
            "notices": {"url": URL, "secret_env": _VARIABLE},
            "bots": {BOT: {"limit": LIMIT}},
        }
        crm = {"url": self.crm, "fields": _FIELDS, "idempotency_header": "Idempotency-Key"}
        return evolve(
            settings(folder),
            sessions=SessionTable(table=table, environ={_VARIABLE: self.secret.reveal()}),
            rules=Rules(plugins=OwnPlugins(only_built_in=True, tables={"crm": crm})),
        )

    def hang_up(self, conversation: str | None, resolution: str, *, after: timedelta) -> None:
        """Let the conversation end on the platform, so much later."""
        self.clock.advance(after)
        self.platform.end(conversation or "", resolution)

    def _new_id(self) -> str:
        return blake2b(f"sessions {next(self._numbers)}".encode(), digest_size=16).hexdigest()
