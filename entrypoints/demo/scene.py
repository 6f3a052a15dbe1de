"""Where the story of rollouts plays: a target with a webhook, and the platform behind it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Final

from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import FileStore, Platform
from jackfield.domain.model.routers import Router
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.stage import settings
from jackfield.entrypoints.plugging.plugged import Plugged
from jackfield.entrypoints.settings import OwnPlugins, Rules

DESTINATION: Final = "crm"
_VARIABLE: Final = "CRM_SECRET"


@define(kw_only=True)
class Scene:
    """Opens cores on one state; identifiers are counted, so that the story is the same each time."""

    folder: Path
    clock: FrozenClock
    url: str
    secret: Secret
    _numbers: count[int] = field(factory=count, init=False)

    @contextmanager
    def core(self, router: Router) -> Generator[tuple[Core, Platform]]:
        """Open a core whose customers are sent by *router*; yield it with its platform."""
        own = evolve(settings(self.folder), router=router, rules=Rules(plugins=self._plugins()))
        own.folder.mkdir(mode=0o700, exist_ok=True)
        with closing(FileStore(own.folder / "simulator.db")) as store:
            platform = Platform(clock=self.clock, store=store)
            parts = Parts(
                clock=self.clock,
                new_id=self._new_id,
                send=platform.send,
                jitter=lambda: 0.5,
                plugged=Plugged(environ={_VARIABLE: self.secret.reveal()}),
            )
            with build(own, parts) as core:
                yield core, platform

    def _plugins(self) -> OwnPlugins:
        endpoint = {"name": DESTINATION, "url": self.url, "secret_env": _VARIABLE}
        return OwnPlugins(only_built_in=True, tables={"webhooks": {"endpoints": [endpoint]}})

    def _new_id(self) -> str:
        return blake2b(f"demo {next(self._numbers)}".encode(), digest_size=16).hexdigest()
