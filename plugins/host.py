"""The host: the plugins of one core, from opening to closing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from inspect import getattr_static
from operator import methodcaller
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.plugins.listening import CAPACITY, Listener
from jackfield.plugins.masking import secrets_of
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.standing import PluginState
from jackfield.ports.clock import Clock

if TYPE_CHECKING:  # each is loaded by whoever asks plugins for it: most programs do not
    from click import Command

    from jackfield.domain.model.conversations.examples import Asking
    from jackfield.domain.model.conversations.messages import Message
    from jackfield.domain.model.measurements import Measurement
    from jackfield.domain.model.progress import Progress
    from jackfield.domain.model.reviews import Candidate, Finding
    from jackfield.plugins.choosing import Given
    from jackfield.plugins.destinations import Opened
    from jackfield.plugins.types import DestinationSettings, PluginReport
    from jackfield.ports.cache import Cache
    from jackfield.ports.http import Http
    from jackfield.ports.leases import Leases
    from jackfield.ports.ledger import Ledger
    from jackfield.ports.tokens import TokenCounter
    from jackfield.ports.understanding import Understanding

_FOREIGN: Final = re.compile(r"(?!postgres)[a-z][a-z0-9+.-]{0,39}", re.IGNORECASE)
"""The scheme of another database's URL, which may be shown: what stands before it is no secret."""


@frozen(kw_only=True)
class Patience:
    """How long plugins are waited for, and how much waits for one of them; `answer` is on the way to one."""

    load: timedelta = timedelta(seconds=10)
    call: timedelta = timedelta(seconds=5)
    answer: timedelta = timedelta(seconds=1)
    end: timedelta = timedelta(seconds=1)
    waiting: int = CAPACITY
    delivery: timedelta = timedelta(seconds=15)


@define(kw_only=True)
class Host:
    """The plugins of one core; safe for threads. Made by `open_host`, ended by `close`."""

    plugins: tuple[Plugin, ...]
    clock: Clock
    patience: Patience = field(factory=Patience)
    _measured: tuple[Listener[Any], ...] = field(init=False)
    _progressed: tuple[Listener[Any], ...] = field(init=False)
    _closed: bool = field(default=False, init=False)
    _not_kept: int = field(default=0, init=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._measured = tuple(self._listeners("jackfield_measure", "measurement"))
        self._progressed = tuple(self._listeners("jackfield_progress", "progress"))

    def measure(self, measurement: Measurement) -> None:
        """Queue a measurement for each plugin that hears of them; never waits, never raises."""
        for listener in self._measured:
            listener.post(measurement)

    def report(self, progress: Progress) -> None:
        """Queue it for each plugin that hears of progress; after the last piece, wait until it was heard."""
        for listener in self._progressed:
            listener.post(progress)
        if progress.done >= progress.total:
            for listener in self._progressed:
                listener.settle(self.patience.end)

    def review(self, version: Candidate) -> tuple[Finding, ...]:
        """Return what the reviewers say; never raises."""
        from jackfield.plugins.reviewers import Reviewers

        return Reviewers(plugins=self.plugins, limit=self.patience.call).review(version)

    def gives(self, hook: str) -> bool:
        """Whether any plugin has that hook and can be asked."""
        return any(plugin.gives(hook) for plugin in self.plugins)

    def connect(self, http: Http) -> None:
        """Give *http* to each plugin that wants to call hosts; never raises."""
        for plugin in self.plugins:
            if plugin.gives("jackfield_connect"):
                plugin.ask("jackfield_connect", _nothing, limit=self.patience.call, http=http)

    def select(self, asking: Asking) -> Sequence[str] | None:
        """Return the ids that a plugin chooses, the best first; None if none does. Never raises."""
        from jackfield.plugins.conversing import selected

        return selected(self.plugins, asking, limit=self.patience.answer)

    def summarize(self, messages: tuple[Message, ...], tokens: int) -> str | None:
        """Return what a plugin says in the place of *messages*; None if none does. Never raises."""
        from jackfield.plugins.conversing import summarized

        return summarized(self.plugins, messages, tokens, limit=self.patience.answer)

    def redact(self, text: str) -> str:
        """Return *text* as it may be kept, or a note that it is not kept, and why; never raises."""
        from jackfield.plugins.conversing import Redactors
        from jackfield.ports.conversations import NotKept

        found = Redactors(plugins=self.plugins, limit=self.patience.call).redact(text)
        if isinstance(found, NotKept):
            with self._lock:
                self._not_kept += 1
        return found

    @property
    def not_kept(self) -> int:
        """How many texts were not kept so far, since they could not be redacted."""
        return self._not_kept

    def commands(self, reserved: Iterable[str]) -> Mapping[str, Given[Command]]:
        """Return the commands that plugins give, by name; none is named as one of *reserved*."""
        from click import Command

        from jackfield.plugins.choosing import by_name

        return by_name(
            self.plugins, "jackfield_commands", Command, limit=self.patience.call, reserved=reserved
        )

    def survey(self, reserved: Mapping[str, Iterable[str]]) -> None:
        """Ask every plugin for all that it gives by name, so that what is refused is in the reports."""
        from click import Command

        from jackfield.plugins.choosing import by_name
        from jackfield.plugins.types import (
            CacheProvider,
            LedgerProvider,
            TokenCounterProvider,
            UnderstandingProvider,
        )

        kinds: Mapping[str, type[Any]] = {
            "jackfield_commands": Command,
            "jackfield_token_counters": TokenCounterProvider,
            "jackfield_caches": CacheProvider,
            "jackfield_ledgers": LedgerProvider,
            "jackfield_understanding": UnderstandingProvider,
        }
        for hook, kind in kinds.items():
            names = reserved.get(hook, ())
            by_name(self.plugins, hook, kind, limit=self.patience.call, reserved=names)

    def token_counter(self, name: str, *, own: tuple[str, ...], place: str) -> TokenCounter:
        """Return the counter of that name; raise `InvalidInput` if no plugin gives it."""
        from jackfield.plugins.choosing import by_name, choose, made
        from jackfield.plugins.guards import GuardedCounter
        from jackfield.plugins.types import TokenCounterProvider
        from jackfield.ports.tokens import TokenCounter

        all_ = by_name(
            self.plugins, "jackfield_token_counters", TokenCounterProvider, limit=self.patience.call
        )
        given = choose(all_, name, own, place)
        counter = made(given, given.thing.make, TokenCounter, limit=self.patience.load, place=place)
        return GuardedCounter(plugin=given.plugin, counter=counter, name=name, limit=self.patience.call)

    def cache(self, name: str, folder: Path, *, own: tuple[str, ...], place: str) -> Cache:
        """Open the cache of that name in *folder*; raise `InvalidInput` if no plugin gives it."""
        from jackfield.plugins.choosing import by_name, choose, made
        from jackfield.plugins.guards import GuardedCache
        from jackfield.plugins.types import CacheProvider
        from jackfield.ports.cache import Cache

        all_ = by_name(self.plugins, "jackfield_caches", CacheProvider, limit=self.patience.call)
        given = choose(all_, name, own, place)
        make = partial(given.thing.open, folder)
        cache = made(given, make, Cache, limit=self.patience.load, place=place)
        return GuardedCache(plugin=given.plugin, cache=cache, limit=self.patience.end)

    def understanding(self, name: str, http: Http, *, own: tuple[str, ...], place: str) -> Understanding:
        """Make the understanding of that name; raise `InvalidInput` if no plugin gives it."""
        from jackfield.plugins.choosing import by_name, choose, made
        from jackfield.plugins.types import UnderstandingProvider
        from jackfield.plugins.understanding import GuardedUnderstanding
        from jackfield.ports.understanding import Understanding

        all_ = by_name(
            self.plugins,
            "jackfield_understanding",
            UnderstandingProvider,
            limit=self.patience.call,
            reserved=own,
        )
        given = choose(all_, name, own, place)
        make = partial(given.thing.make, http)
        found = made(given, make, Understanding, limit=self.patience.load, place=place)
        return GuardedUnderstanding(
            plugin=given.plugin, understanding=found, name=name, clock=self.clock, limit=self.patience.call
        )

    def ledger(self, address: str, *, place: str) -> tuple[Ledger, Leases]:
        """Open the ledger that *address* begins with the name of; raise `InvalidInput` if nobody gives it."""
        from jackfield.plugins.choosing import by_name, choose, made
        from jackfield.plugins.guards import GuardedLeases, GuardedLedger
        from jackfield.plugins.types import LedgerProvider
        from jackfield.ports.leases import Leases
        from jackfield.ports.ledger import Ledger

        all_ = by_name(self.plugins, "jackfield_ledgers", LedgerProvider, limit=self.patience.call)
        name, _, rest = address.partition(":")
        if name not in all_ and not (rest.startswith("//") and _FOREIGN.fullmatch(name)):
            raise InvalidInput(
                "its value is neither the URL of a PostgreSQL database nor the address of a plugin's ledger",
                place=place,
                remedy="write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
            )
        given = choose(all_, name, (), place)
        given.plugin.secrets.update(secrets_of(address))
        make, lease = partial(given.thing.open, address), partial(given.thing.leases, address)
        ledger = made(given, make, Ledger, limit=self.patience.load, place=place)
        leases = made(given, lease, Leases, limit=self.patience.load, place=place)
        guarded = GuardedLedger(plugin=given.plugin, ledger=ledger, limit=self.patience.call)
        return guarded, GuardedLeases(plugin=given.plugin, leases=leases)

    def destinations(self, settings: DestinationSettings, http: Http) -> Opened:
        """Return what plugins want to hear of events by; never raises. Whoever asks closes them."""
        from jackfield.plugins.destinations import opened

        return opened(self.plugins, settings, http, limit=self.patience.call, patience=self.patience.delivery)

    def reports(self) -> tuple[PluginReport, ...]:
        """Return every plugin at a glance, also those that were not allowed or failed."""
        return tuple(plugin.report() for plugin in self.plugins)

    def close(self) -> None:
        """Let what waits be heard, at most a second each, and close the plugins; twice is fine."""
        if self._closed:
            return
        self._closed = True
        for listener in (*self._measured, *self._progressed):
            listener.end(self.patience.end)
        for plugin in self.plugins:
            close = _closing(plugin)
            if close is not None:
                plugin.run("close", close, limit=self.patience.end)

    def _listeners(self, hook: str, parameter: str) -> Iterator[Listener[Any]]:
        for plugin in self.plugins:
            if plugin.gives(hook):
                yield Listener(
                    name=f"jackfield-{plugin.name}-{hook}",
                    hear=_hearing(plugin, hook, parameter),
                    clock=self.clock,
                    limit=self._limit(plugin),
                    failed=partial(plugin.failed, hook),
                    heard=plugin.spent,
                    lost=plugin.lose,
                    capacity=self.patience.waiting,
                )

    def _limit(self, plugin: Plugin) -> timedelta:
        """Our own end by themselves; one that calls a host that is slow is not to be switched off."""
        return self.patience.delivery if plugin.source.built_in else self.patience.call


def _hearing(plugin: Plugin, hook: str, parameter: str) -> Callable[[object], object]:
    caller = plugin.hooks[hook]

    def hear(thing: object) -> None:
        if plugin.state is PluginState.LOADED:
            caller(**{parameter: thing})

    return hear


def _closing(plugin: Plugin) -> Callable[[], object] | None:
    """What lets go of it; one that is switched off is left alone. A plugin need not have `close`."""
    if plugin.state is not PluginState.LOADED or getattr_static(plugin.whole, "close", None) is None:
        return None
    return partial(methodcaller("close"), plugin.whole)


def _nothing(_: object) -> None:
    """Let go of what a hook returned that is to return nothing."""
