"""What worlds are made of: settings, platforms, faults, and how often what happens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from jackfield.adapters.simulator import (
    Article,
    Assistant,
    NoticeRules,
    Pace,
    Platform,
    Scripted,
    SimulatedBot,
)
from jackfield.adapters.simulator.platform.bots import Roster
from jackfield.adapters.simulator.platform.understanding import Lessons
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import Organization
from jackfield.entrypoints.plugging.plugged import Plugged
from jackfield.entrypoints.settings import Credentials, OwnPlugins, Rules, Settings
from jackfield.entrypoints.settings.values import SessionTable
from jackfield.plugins.sources import built_in
from jackfield.ports.clock import Clock
from tests.proofs.worlds.receiver import URL

ORGANIZATIONS: Final = ("acme", "umbrella")
CLIENT_SECRET: Final = "canary-of-the-client-1f3a"
WEBHOOKS_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOTICES_SECRET: Final = "whsec_Y2FuYXJ5LW9mLW5vdGljZXMtMTIzNDU2Nzg5MA=="
PIN_KEY: Final = "canary-of-pins-0123456789abcdef-0123456789abcdef"
ENVIRON: Final = {"NOTICES_SECRET": NOTICES_SECRET, "HOOKS_SECRET": WEBHOOKS_SECRET}
NOTICES_URL: Final = "https://hooks.example/ends"
ASSISTANT: Final = "asst-1"
BOT: Final = "retail"
BOT_ID: Final = "bot-retail"
LIMIT: Final = 2
BASE: Final = "kb-1"
QUESTION: Final = "how do I get my money back"
HOOKS: Final = "hooks"
_SAYINGS: Final = (
    "It takes three to five business days.",
    " ".join(f"word-{number}" for number in range(40)),
)
_SHOP: Final = "bot-id-123"
_CALLS: Final = ("429", "500", "503", "504", "504-after", "401", "revoked", "404", "refused", "drop")
_ANSWERS: Final = ("drop-after", "drop-after", "slow", "drip", "truncated", "garbage", "page-repeated")
_STREAM: Final = tuple(
    f"stream-{kind}"
    for kind in (
        *("drop", "repeat", "reorder", "silence", "error", "safety", "garbage", "unknown", "huge"),
        *("1000", "1001", "1006", "4401"),
    )
)
_WITH_SECONDS: Final[Mapping[str, float]] = {"429": 2.0, "slow": 20.0, "404": 2.0, "drip": 0.5}


def settings(organization: Organization, folder: Path, chance: Random) -> Settings:
    """Return the settings of a process: a client with a secret, a bot with a limit, a webhook."""
    endpoint = {"name": HOOKS, "url": URL, "secret_env": "HOOKS_SECRET", "types": ["*"]}
    plugins = OwnPlugins(tables={"webhooks": {"endpoints": [endpoint]}}, only_built_in=True)
    sessions: dict[str, object] = {
        "notices": {"url": NOTICES_URL, "secret_env": "NOTICES_SECRET"},
        "bots": {BOT: {"id": BOT_ID, "limit": LIMIT, "total_s": chance.choice((600.0, 14_400.0))}},
    }
    return Settings(
        target="world",
        platform="simulator",
        organization=organization,
        folder=folder,
        credentials=Credentials(client_id="world", client_secret=Secret(CLIENT_SECRET)),
        pin_keys=(Secret(PIN_KEY),),
        rules=Rules(plugins=plugins),
        sessions=SessionTable(table=sessions, environ=ENVIRON),
    )


def platform(name: str, clock: Clock, seed: int) -> Platform:
    """Return the platform of an organization, which answers in ways of its own."""
    chance = Random(seed)
    pace = Pace(first=timedelta(milliseconds=300), longest=timedelta(milliseconds=chance.choice((60, 2_000))))
    return Platform(
        clock=clock,
        seed=seed,
        clients={"world": CLIENT_SECRET},
        token_lifetime=timedelta(seconds=chance.choice((90, 3_600, 86_400))),
        assistants={ASSISTANT: Assistant(scripts=(Scripted(text=chance.choice(_SAYINGS)),), pace=pace)},
        bots={BOT_ID: SimulatedBot(title="Retail", intents=_lessons())},
        notices=NoticeRules(
            repeats=chance.choice((1, 1, 3)),
            delay=timedelta(seconds=chance.choice((0, 5))),
            disorder=timedelta(seconds=chance.choice((0, 60))),
            loss=chance.choice((0.0, 0.0, 0.3)),
        ),
        knowledge={BASE: articles(name, clock, 0)},
    )


@cache
def _lessons() -> Lessons:
    """Return what a shop's bot understands; to learn it takes long."""
    shop = Roster().get(_SHOP)
    assert shop is not None
    return shop.intents


def articles(name: str, clock: Clock, edition: int) -> list[Article]:
    """Return an edition of a knowledge base, whose articles say whose they are, and which edition."""
    return [
        Article(
            id=f"a-{number}",
            title=f"{name}/{edition}/{number}",
            content=f"Of {name}, edition {edition}: {QUESTION}, way {number}.",
            published=clock.now() - timedelta(days=number * 3.4),
            relevance=0.95 - number / 100,
        )
        for number in range(4)
    ]


def plugged() -> Plugged:
    """Return the plugins: webhooks, and nothing that nobody needs here."""
    (webhooks,) = (source for source in built_in() if source.name == "webhooks")
    return Plugged(sources=(webhooks,), alone=True, environ=ENVIRON)


def size(chance: Random) -> tuple[int, int]:
    """Return how many organizations there are, and how many processes."""
    return chance.choice(((1, 1), (1, 2), (2, 2), (2, 2), (2, 3)))


def rates(chance: Random) -> dict[str, float]:
    """Return how often what kind of fault is played: of a few kinds, some worlds of none."""
    kinds = [
        *chance.sample(_CALLS, chance.choice((0, 1, 2))),
        *chance.sample(_ANSWERS, chance.choice((0, 1, 2))),
        *chance.sample(_STREAM, chance.choice((0, 1, 2))),
    ]
    return {kind: chance.choice((0.03, 0.1, 0.25)) for kind in kinds}


def seconds(kind: str, chance: Random) -> float | None:
    """Return the number of a fault, where it takes one."""
    if kind == "429" and chance.random() < 0.5:
        return None
    return _WITH_SECONDS.get(kind)
