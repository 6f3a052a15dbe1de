"""The destinations that plugins give, each behind a guard: it ends in time, and raises nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from inspect import getattr_static
from itertools import islice
from typing import Final, cast

from attrs import define, field, frozen

from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Gone, Rejected, Retry, Untried
from jackfield.domain.model.deliveries.wanting import checked
from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.model.events import Entry
from jackfield.plugins.choosing import MOST, verbs
from jackfield.plugins.isolation import Answered, Junk
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.previewing import previewed
from jackfield.plugins.standing import PluginState
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.destinations import Destination
from jackfield.ports.http import Http
from jackfield.ports.previews import Preview

HOOK: Final = "jackfield_destinations"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", re.ASCII)
_CLOSING: Final = timedelta(seconds=1)


@frozen
class Named:
    """A destination, and what it said of itself when it was opened."""

    name: str
    wants: tuple[str, ...]
    destination: Destination


@define(kw_only=True)
class GuardedDestination:
    """A plugin's destination: what it raises or returns that is no verdict is tried again.

    One whose plugin was switched off is not called any more, and nothing counts as tried.
    """

    plugin: Plugin
    inner: Named
    limit: timedelta
    _closed: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        """Return its name."""
        return self.inner.name

    @property
    def wants(self) -> tuple[str, ...]:
        """Return the patterns of the events that it hears of."""
        return self.inner.wants

    def deliver(self, entry: Entry) -> Delivery:
        """Hand *entry* over, in time: our own destinations see to that, others are called on a thread."""
        if self.plugin.state is not PluginState.LOADED:  # not another thread that may never end
            return Untried(reason=_off(self.plugin))
        outcome = self.plugin.run(
            "deliver",
            lambda: _verdict(self.inner, entry),
            limit=self.limit,
            bounded=self.plugin.source.built_in,
        )
        return outcome.value if isinstance(outcome, Answered) else Retry(reason=str(outcome))

    def preview(self, entry: Entry) -> Preview | None:
        """Return what it would send of *entry*, its secrets masked; None if it cannot tell that.

        Raises `Unavailable` if it fails to.
        """
        return previewed(self.plugin, self.inner.destination, entry, name=self.name, limit=self.limit)

    def close(self) -> None:
        """Close it, if it ends in time."""
        if not self._closed and self.plugin.state is PluginState.LOADED:
            self._closed = True
            self.plugin.run("close", self.inner.destination.close, limit=_CLOSING)


def _verdict(named: Named, entry: Entry) -> Delivery:
    try:
        verdict = named.destination.deliver(entry)
    except JackfieldError as error:  # what is said in our words is for the user
        return Retry(reason=error.message)
    if not isinstance(cast("object", verdict), Delivered | Retry | Rejected | Gone):
        raise Junk(f"it returned a value of type {type(verdict).__name__}, no verdict")
    return verdict


def _off(plugin: Plugin) -> str:
    return f"plugin {plugin.name} was switched off: {plugin.trouble}"


@frozen(kw_only=True)
class Opened:
    """The destinations that plugins give, and why others of theirs are none."""

    given: tuple[GuardedDestination, ...] = ()
    refused: Mapping[str, str] = field(factory=dict[str, str])

    def broken(self) -> Mapping[str, str]:
        """Return why each that cannot be called cannot, as of now: also those that were switched off since.

        By its name, or by `plugin NAME` where nobody knows what that plugin gives.
        """
        off = (each for each in self.given if each.plugin.state is not PluginState.LOADED)
        return {**{each.name: _off(each.plugin) for each in off}, **self.refused}


def opened(
    plugins: Sequence[Plugin],
    settings: DestinationSettings,
    http: Http,
    *,
    limit: timedelta,
    patience: timedelta,
) -> Opened:
    """Ask every plugin for its destinations; of several with one name none is taken."""
    found, refused = dict[str, list[GuardedDestination]](), dict[str, str]()
    for plugin in plugins:
        asked = _asked(plugin, settings, http, limit)
        if isinstance(asked, str):
            refused[f"plugin {plugin.name}"] = asked
            continue
        for named in asked:
            made = GuardedDestination(plugin=plugin, inner=named, limit=patience)
            found.setdefault(named.name, []).append(made)
    for name, several in found.items():
        if len(several) > 1:
            refused[name] = _clash(name, [each.plugin for each in several])
    return Opened(given=tuple(each for each, *more in found.values() if not more), refused=refused)


def _clash(name: str, plugins: Sequence[Plugin]) -> str:
    """Tell each of *plugins* that another gives the name too, and return that."""
    trouble = f"{name!r} is given by {' and '.join(each.name for each in plugins)}"
    for each in plugins:
        each.refuse(f"{HOOK}: {trouble}")
    return trouble


def _asked(
    plugin: Plugin, settings: DestinationSettings, http: Http, limit: timedelta
) -> tuple[Named, ...] | str:
    """What it gives, or why nobody knows that."""
    if plugin.gives(HOOK):
        outcome = plugin.ask(HOOK, taken, limit=limit, settings=settings, http=http)
        return outcome.value if isinstance(outcome, Answered) else f"{HOOK}: {outcome}"
    if HOOK in plugin.hooks:
        return _off(plugin)
    if plugin.named and plugin.state is PluginState.FAILED:
        return f"it is named in the settings and could not be loaded: {plugin.trouble}"
    return ()


def taken(returned: object) -> tuple[Named, ...]:
    """Return the destinations that a hook returned; raise `Junk` for anything else."""
    if returned is None:
        return ()
    if isinstance(returned, str | bytes) or not isinstance(returned, Iterable):
        raise Junk(f"it returned a value of type {type(returned).__name__}, no list of destinations")
    things = list(islice(cast("Iterable[object]", returned), MOST + 1))
    if len(things) > MOST:
        raise Junk(f"it returned more than {MOST} things")
    return tuple(map(_named, things))


def _named(thing: object) -> Named:
    missing = [verb for verb in verbs(Destination) if getattr_static(thing, verb, None) is None]
    if missing:
        raise Junk(f"it returned no Destination: it has no {', '.join(missing)}")
    destination = cast("Destination", thing)
    name = destination.name
    if not isinstance(cast("object", name), str) or _NAME.fullmatch(name) is None:
        raise Junk("a destination's name is letters, digits, '.', '_' and '-', at most 80")
    try:
        return Named(name, checked(tuple(destination.wants)), destination)
    except (InvalidInput, TypeError):
        raise Junk(f"destination {name} does not say which events it wants") from None
