"""What plugins give by name: collected, checked, and one chosen by the settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.model.reviews import LONGEST, Finding
from jackfield.plugins.isolation import Answered, Junk
from jackfield.plugins.masking import masked, without
from jackfield.plugins.plugin import Plugin

T = TypeVar("T")

MOST: Final = 100
"""The most things that one call of a hook may return."""


class _Named(Protocol):
    @property
    def name(self) -> str | None: ...


N = TypeVar("N", bound=_Named)


@frozen
class Given(Generic[T]):
    """One thing that a plugin gives."""

    plugin: Plugin
    thing: T


def taken(returned: object, kind: type[T]) -> tuple[T, ...]:
    """Return what a hook returned, read to its end; raise `Junk` unless it is a few of *kind*."""
    if returned is None:
        return ()
    if isinstance(returned, kind) or not isinstance(returned, Iterable):
        raise Junk(f"it returned a value of type {type(returned).__name__}, no list of {kind.__name__}")
    things = list(islice(cast("Iterable[object]", returned), MOST + 1))
    if len(things) > MOST:
        raise Junk(f"it returned more than {MOST} things")
    wrong = [type(thing).__name__ for thing in things if not isinstance(thing, kind)]
    if wrong:
        raise Junk(f"it returned a value of type {wrong[0]} where a {kind.__name__} is wanted")
    return cast("tuple[T, ...]", tuple(things))


def findings(returned: object, plugin: Plugin) -> tuple[Finding, ...]:
    """Return a reviewer's findings, made anew under its name, its secrets masked."""
    return tuple(
        Finding(
            message=masked(f.message, plugin.secrets)[:LONGEST],
            code=f.code,
            severity=f.severity,
            plugin=plugin.name,
        )
        for f in taken(returned, Finding)
    )


def by_name(
    plugins: Sequence[Plugin],
    hook: str,
    kind: type[N],
    *,
    limit: timedelta,
    reserved: Iterable[str] = (),
) -> Mapping[str, Given[N]]:
    """Ask every plugin for what it gives; a name that two give, or that is *reserved*, is refused."""
    found, refused = dict[str, Given[N]](), set(reserved)
    for plugin in plugins:
        if not plugin.gives(hook):
            continue
        outcome = plugin.ask(hook, lambda returned: _with_names(returned, kind), limit=limit)
        for name, thing in outcome.value if isinstance(outcome, Answered) else ():
            if name in refused:
                plugin.refuse(f"{hook}: {name!r} is Jackfield's own, or given by several plugins")
            elif name in found:
                _refuse_both(found.pop(name).plugin, plugin, hook, name)
                refused.add(name)
            else:
                found[name] = Given(plugin, thing)
    return found


def _with_names(returned: object, kind: type[N]) -> tuple[tuple[str, N], ...]:
    things = tuple((thing.name, thing) for thing in taken(returned, kind))
    if not all(isinstance(name, str) and name.isprintable() and name for name, _ in things):
        raise Junk(f"it returned a {kind.__name__} without a name")
    return tuple((str(name), thing) for name, thing in things)


def _refuse_both(first: Plugin, second: Plugin, hook: str, name: str) -> None:
    both = f"{first.name} ({first.source}) and {second.name} ({second.source})"
    for plugin in (first, second):
        plugin.refuse(f"{hook}: {name!r} is given by {both}; allow one of them")


def choose(given: Mapping[str, Given[N]], name: str, own: Sequence[str], place: str) -> Given[N]:
    """Return what *name* chooses; raise `InvalidInput` that says what there is."""
    if name not in given:
        known = ", ".join((*own, *sorted(given)))
        raise InvalidInput(
            f"{name[:40]!r} is none of {known}" if known else f"{name[:40]!r}: no plugin gives one",
            place=place,
            remedy="choose another, or see 'jackfield plugins' for what was refused or failed",
        )
    return given[name]


def made(given: Given[N], make: Callable[[], T], port: type, *, limit: timedelta, place: str) -> T:
    """Let the provider make its thing; raise `InvalidInput` unless it has every verb of *port*."""

    def call() -> T | JackfieldError:
        try:
            thing = make()
        except JackfieldError as error:  # what the plugin says in our words is for the user
            return error
        missing = [verb for verb in verbs(port) if inspect.getattr_static(thing, verb, None) is None]
        if missing:
            raise Junk(f"it made no {port.__name__}: it has no {', '.join(missing)}")
        return thing

    outcome = given.plugin.run(str(given.thing.name), call, limit=limit)
    if isinstance(outcome, Answered):
        if isinstance(outcome.value, JackfieldError):
            raise without(outcome.value, given.plugin.secrets)
        return outcome.value
    raise InvalidInput(
        f"plugin {given.plugin.name} cannot give {given.thing.name!r}: {outcome}",
        place=place,
        remedy="choose another, or mend the plugin",
    )


def verbs(port: type) -> tuple[str, ...]:
    """Return the names that a port promises."""
    own: dict[str, Any] = dict(vars(port))
    return tuple(
        n for n in own if not n.startswith("_") and (callable(own[n]) or isinstance(own[n], property))
    )
