"""A gateway of answers on a platform that is made for each test."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import Any

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Platform, StreamRules
from tests.unit.genesys.stream.gateways import ASSISTANT, SAYING, Desk, in_process

Make = Callable[..., Desk]


@pytest.fixture
def make() -> Generator[Make]:
    with ExitStack() as opened:

        def made_desk(rules: StreamRules | None = None, **options: Any) -> Desk:
            clock = FrozenClock()
            platform = Platform(
                clock=clock, assistants={ASSISTANT: SAYING}, streams=rules or StreamRules(), **options
            )
            return opened.enter_context(in_process(platform, clock))

        yield made_desk


@pytest.fixture
def desk(make: Make) -> Desk:
    return make()
