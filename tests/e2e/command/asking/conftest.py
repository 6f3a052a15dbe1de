"""A target with an assistant, and `jackfield ask` there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.command.conftest import House, Ran
from tests.e2e.command.speaking import ASSISTANT, Speaking, speaking

PROMPT = """\
---
name: refund
version: 1.0.0
model: gpt-small
max_tokens: 512
variables:
  - name: tier
    default: any
  - name: orders
    type: number
    default: 0
  - name: vip
    type: boolean
    default: false
  - name: tags
    type: array
    default: []
---
You help {{tier}} customers with {{orders}} orders, vip {{vip}}, {{tags}}.
"""
OWN = PROMPT.replace("name: refund", "name: own") + "--- user\nThe {{tier}} customer asks for a refund.\n"
USER = ("--user", "Where is my refund?")


@pytest.fixture(scope="module")
def served() -> Iterator[Speaking]:
    with speaking() as where:
        yield where


@pytest.fixture
def platform(served: Speaking, house: House, monkeypatch: pytest.MonkeyPatch) -> Speaking:
    """A target on that platform, and two prompt files."""
    house.settings(
        f'[targets.prod]\nplatform = "genesys"\nbase_url = "{served.url}"\n[calls]\nunreached_base_s = 0.01\n'
    )
    monkeypatch.setenv("GENESYS_CLIENT_ID", "any")
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-client-secret")
    (house.folder / "refund.prompt").write_text(PROMPT, encoding="utf-8")
    (house.folder / "own.prompt").write_text(OWN, encoding="utf-8")
    served.bodies.clear()
    served.faults.clear()
    served.platform.forget_scripts()
    served.platform.reset()
    return served


class Asking:
    """Asks with the prompt's file, of this process."""

    def __init__(self, house: House) -> None:
        self.house = house

    def __call__(self, *options: str, prompt: str = "refund.prompt", user: tuple[str, ...] = USER) -> Ran:
        return self.house("ask", ASSISTANT, prompt, *user, *options)


@pytest.fixture
def ask(house: House, platform: Speaking) -> Asking:
    return Asking(house)


def sent(platform: Speaking) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in platform.questions[-1]["messages"]]
