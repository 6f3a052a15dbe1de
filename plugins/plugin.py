"""One plugin that was loaded, or that could not be: its hooks, its state, and what was counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import define, field
from pluggy import HookCaller

from jackfield.plugins.isolation import HANGS, Answered, Failure, Outcome, called, within
from jackfield.plugins.sources import Source
from jackfield.plugins.standing import PluginState
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from loguru import Logger

    from jackfield.plugins.types import PluginReport

T = TypeVar("T")

_RAISED: Final = "plugin failed"
_COMPUTED: Final = frozenset({"jackfield_redact"})


@define(kw_only=True)
class Plugin:
    """A plugin and its counts; `named` tells that the settings name it, so that it must not be missing.

    `secrets` are those that it was given: they are masked in what it says.
    """

    source: Source
    clock: Clock
    named: bool = False
    whole: object = None
    hooks: Mapping[str, HookCaller] = field(factory=dict[str, HookCaller])
    state: PluginState = PluginState.LOADED
    trouble: str = ""
    secrets: set[str] = field(factory=set[str], repr=False)
    _calls: int = field(default=0, init=False)
    _errors: int = field(default=0, init=False)
    _dropped: int = field(default=0, init=False)
    _seconds: float = field(default=0.0, init=False)
    _logged: set[str] = field(factory=set[str], init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    @property
    def name(self) -> str:
        """Its name, as settings and reports call it."""
        return self.source.name

    def gives(self, hook: str) -> bool:
        """Whether it can be asked: it has that hook, and was not switched off."""
        return self.state is PluginState.LOADED and hook in self.hooks

    def ask(
        self, hook: str, take: Callable[[object], T], *, limit: timedelta, **arguments: object
    ) -> Outcome[T]:
        """Call the hook and let *take* read what it returned, both on another thread and in time.

        A hook of our own that only computes is called on this thread: it ends by itself.
        """
        caller = self.hooks[hook]

        def call() -> T:
            results = caller(**arguments)
            return take(results[0] if results else None)

        bounded = self.source.built_in and hook in _COMPUTED
        return self.run(hook, call, limit=limit, bounded=bounded)

    def run(
        self, what: str, function: Callable[[], T], *, limit: timedelta, bounded: bool = False
    ) -> Outcome[T]:
        """Call something of the plugin's, counted and timed; what is *bounded* by itself on this thread."""
        begun = self.clock.monotonic()
        name = f"jackfield-{self.name}-{what}"
        outcome = called(function) if bounded else within(limit, function, name=name)
        self.spent(self.clock.monotonic() - begun)
        if not isinstance(outcome, Answered):
            self.failed(what, outcome)
        return outcome

    def spent(self, seconds: float) -> None:
        """Count a call."""
        with self._lock:
            self._calls += 1
            self._seconds += seconds

    def lose(self) -> None:
        """Count something that it was not told."""
        with self._lock:
            self._dropped += 1

    def failed(self, what: str, failure: Failure) -> None:
        """Count a failure and log the first of its kind; one that hangs is switched off."""
        kind = f"{what}: {failure.kind}"
        with self._lock:
            self._errors += 1
            self.trouble = f"{what}: {failure}"
            if failure.kind == HANGS:
                self.state = PluginState.HUNG
            first = kind not in self._logged
            self._logged.add(kind)
        if first:
            self._logger(what=what, error=failure.kind).warning(_RAISED)
            self._logger(frames=failure.frames).debug(_RAISED)

    def fail(self, trouble: str) -> None:
        """Say that it cannot be used at all."""
        with self._lock:
            self.state, self.trouble = PluginState.FAILED, trouble
            self._errors += 1
        self._logger(trouble=trouble).warning(_RAISED)

    def refuse(self, trouble: str) -> None:
        """Count that a part of what it gives cannot be used, and say why."""
        with self._lock:
            self.trouble = trouble
            self._errors += 1
        self._logger(trouble=trouble).warning(_RAISED)

    def report(self) -> PluginReport:
        """Return it at a glance."""
        from jackfield.plugins.types import PluginReport

        with self._lock:
            return PluginReport(
                name=self.name,
                distribution=self.source.distribution,
                version=self.source.version,
                state=self.state,
                hooks=tuple(sorted(self.hooks)),
                trouble=self.trouble,
                calls=self._calls,
                errors=self._errors,
                dropped=self._dropped,
                seconds=self._seconds,
            )

    def _logger(self, **said: object) -> Logger:
        """It is loaded by the first line: a program whose plugins are well does not wait for it."""
        from loguru import logger

        return logger.bind(plugin=self.name, **said)
