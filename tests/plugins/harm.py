"""Plugins that do harm, and plugins that must not notice: one class for each hook and each way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from attrs import define, field, frozen

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.progress import Progress
from jackfield.domain.model.reviews import Candidate, Finding
from jackfield.plugin import (
    Asking,
    CacheProvider,
    Destination,
    DestinationSettings,
    Entry,
    Evaluation,
    Http,
    LedgerProvider,
    Message,
    TokenCounterProvider,
    UnderstandingProvider,
    hookimpl,
)

SECRET: Final = "canary-of-a-plugin"


@frozen
class Saying:
    """An understanding that takes everything for one intent."""

    intent: str

    def evaluate(self, text: str, *, bot: str, language: str | None, ends: float) -> Evaluation:
        return Evaluation(intent=self.intent, confidence=0.9)


@define(eq=False)
class Good:
    """Hears and gives something for every hook, under its own name."""

    name: str
    heard: list[object] = field(factory=list[object])
    delivered: list[Entry] = field(factory=list[Entry])
    closed: int = 0

    @hookimpl
    def jackfield_measure(self, measurement: Measurement) -> None:
        self.heard.append(measurement)

    @hookimpl
    def jackfield_progress(self, progress: Progress) -> None:
        self.heard.append(progress)

    @hookimpl
    def jackfield_review(self, version: Candidate) -> Iterator[Finding]:
        yield Finding(message=f"{self.name} looked at {version.definition.version}", severity="warning")

    @hookimpl
    def jackfield_commands(self) -> list[click.Command]:
        return [click.Command(self.name)]

    @hookimpl
    def jackfield_token_counters(self) -> list[TokenCounterProvider]:
        return [TokenCounterProvider(name=self.name, make=UpperEstimate)]

    @hookimpl
    def jackfield_caches(self) -> list[CacheProvider]:
        return [CacheProvider(name=self.name, open=lambda _: MemoryCache(FrozenClock()))]

    @hookimpl
    def jackfield_ledgers(self) -> list[LedgerProvider]:
        return [LedgerProvider(name=self.name, open=_no_ledger, leases=_no_ledger)]

    @hookimpl
    def jackfield_understanding(self) -> list[UnderstandingProvider]:
        return [UnderstandingProvider(name=self.name, make=lambda _: Saying(self.name))]

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[Destination]:
        return [KeepingDestination(self.name, taken=self.delivered)]

    @hookimpl
    def jackfield_connect(self, http: Http) -> None:
        self.heard.append(http)

    @hookimpl
    def jackfield_select_examples(self, asking: Asking) -> Sequence[str] | None:
        self.heard.append(asking)
        return None

    @hookimpl
    def jackfield_summarize(self, messages: tuple[Message, ...], tokens: int) -> str | None:
        self.heard.append(messages)
        return None

    @hookimpl
    def jackfield_redact(self, text: str) -> str:
        self.heard.append(text)
        return f"{text} {self.name}"

    def close(self) -> None:
        self.closed += 1


def _no_ledger(_: str) -> NoReturn:
    raise AssertionError("nobody opens it")


def no_http(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> NoReturn:
    raise AssertionError("nobody calls")


class Forever:
    """A wait without end that the test can end."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def __call__(self, *_: object) -> None:
        self.over.wait(30)


def raises(*_: object) -> NoReturn:
    raise ValueError(SECRET)


def exits(*_: object) -> NoReturn:
    raise SystemExit(SECRET)


def ends_a_generator(*_: object) -> NoReturn:
    raise GeneratorExit(SECRET)


def interrupts(*_: object) -> NoReturn:
    raise KeyboardInterrupt(SECRET)


def overflows(*_: object) -> NoReturn:
    overflows()
    raise AssertionError("unreachable: there is no more stack")


def returns_junk(*_: object) -> object:
    return [object(), SECRET]


def returns_nothing(*_: object) -> None:
    """Give nothing where something is wanted."""


def returns_without_end(*_: object) -> Iterator[object]:
    while True:
        yield SECRET


def is_slow(*_: object) -> None:
    time.sleep(0.01)


def bad(hook: str, harm: Callable[..., object]) -> object:
    """Return a plugin whose *hook* does *harm*, and that has no other."""

    def implementation(*arguments: Any) -> object:
        return harm(*arguments)

    parameters: Mapping[str, str] = {
        "jackfield_measure": "measurement",
        "jackfield_progress": "progress",
        "jackfield_review": "version",
        "jackfield_destinations": "settings, http",
        "jackfield_connect": "http",
        "jackfield_select_examples": "asking",
        "jackfield_summarize": "messages, tokens",
        "jackfield_redact": "text",
    }
    given = parameters.get(hook, "")
    namespace: dict[str, Any] = {"implementation": implementation}
    exec(f"def {hook}(self{', ' + given if given else ''}): return implementation({given})", namespace)  # noqa: S102  # pluggy reads the parameters' names
    return type("Bad", (), {hook: hookimpl(namespace[hook])})()


def folder() -> Path:
    """A place that nobody writes to."""
    return Path("nowhere")
