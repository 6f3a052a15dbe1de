"""The plugins of a core or a command: found, allowed, given their settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.strict import decode
from jackfield.adapters.tokens import QuarterEstimate, UpperEstimate
from jackfield.entrypoints.settings import OwnPlugins, Rules, rules
from jackfield.entrypoints.settings.ledgers import SHARED
from jackfield.entrypoints.silence import keep_silent
from jackfield.plugins.host import Host, Patience
from jackfield.plugins.loading import Loading
from jackfield.plugins.opening import Allowed, open_host
from jackfield.plugins.receivers import Admit, anything
from jackfield.plugins.sources import ON_REQUEST, Source, built_in, installed
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from jackfield.plugins.types import PluginReport
    from jackfield.ports.tokens import TokenCounter

keep_silent()  # also where plugins are loaded without a core

CONSOLE: Final = "console"
_COUNTERS: Final[Mapping[str, Callable[[], TokenCounter]]] = {
    "upper-estimate": UpperEstimate,
    "quarter": QuarterEstimate,
}


@frozen(kw_only=True)
class Plugged:
    """What a test or a command may put in the place of what is installed.

    `sources` are plugins in the place of the installed ones. `console` draws progress on a terminal, which
    the command wants and a program that embeds the core does not. `alone` leaves the built-in ones out.
    """

    sources: tuple[Source, ...] | None = None
    console: bool = False
    alone: bool = False
    patience: Patience = field(factory=Patience)
    environ: Mapping[str, str] = field(factory=lambda: os.environ, repr=False)


def open_plugins(
    own: OwnPlugins, *, clock: Clock | None = None, plugged: Plugged | None = None, admit: Admit = anything
) -> Host:
    """Load the plugins that the settings allow; raise `InvalidInput` for settings that do not fit.

    *admit* says which receivers may be called, where a target is known.
    """
    clock, plugged = clock or SystemClock(), plugged or Plugged()
    loading = Loading(
        clock=clock,
        decode=decode,
        limit=plugged.patience.load,
        tables=own.tables,
        source=own.source,
        environ=plugged.environ,
        admit=admit,
    )
    allowed = Allowed(allow=own.allow, only_built_in=own.only_built_in)
    return open_host(_sources(plugged, own), loading, allowed, plugged.patience)


def _sources(plugged: Plugged, own: OwnPlugins) -> tuple[Source, ...]:
    ours = tuple(s for s in built_in() if not plugged.alone and _is_wanted(s, plugged, own))
    if plugged.sources is not None:
        return (*ours, *plugged.sources)
    return ours if own.only_built_in else (*ours, *installed())


def _is_wanted(source: Source, plugged: Plugged, own: OwnPlugins) -> bool:
    if source.name == CONSOLE:
        return plugged.console
    return source.name in own.tables or source.name not in ON_REQUEST


def counter(own: Rules, host: Host) -> TokenCounter:
    """Return the token counter that the settings name; raise `InvalidInput` if there is none of that name."""
    ours = _COUNTERS.get(own.token_counter)
    if ours is not None:
        return ours()
    place = f"{own.plugins.source}, token_counter"
    return host.token_counter(own.token_counter, own=tuple(_COUNTERS), place=place)


def surveyed(commands: Iterable[str]) -> tuple[PluginReport, ...]:
    """Load every plugin, ask each what it gives, and return them at a glance; *commands* are our own."""
    host = open_plugins(rules().plugins, plugged=Plugged(console=True))
    try:
        host.survey(
            {
                "jackfield_commands": commands,
                "jackfield_token_counters": _COUNTERS,
                "jackfield_ledgers": SHARED,
            }
        )
        return host.reports()
    finally:
        host.close()


@contextmanager
def counting(own: Rules) -> Generator[TokenCounter]:
    """Give the token counter without a core; plugins are loaded only if it is none of our own."""
    ours = _COUNTERS.get(own.token_counter)
    if ours is not None:
        yield ours()
        return
    host = open_plugins(own.plugins)
    try:
        yield counter(own, host)
    finally:
        host.close()
