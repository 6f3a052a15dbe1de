"""From what is installed to a plugin that can be called: imported, given its settings, its hooks checked."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from types import ModuleType
from typing import Any, Final, Protocol, TypeVar, cast, get_type_hints

import attrs
from attrs import field, frozen
from pluggy import (
    HookCaller,
    HookImpl,
    HookimplOpts,
    HookspecOpts,
    PluginManager,
    PluginValidationError,
)

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.secrets import Secret
from jackfield.plugins import hookspecs
from jackfield.plugins.isolation import Answered, Junk, within
from jackfield.plugins.markers import PROJECT
from jackfield.plugins.masking import without
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.receivers import Admit, anything, receivers, urls, variables
from jackfield.plugins.sources import Source
from jackfield.plugins.standing import PluginState
from jackfield.ports.clock import Clock

T = TypeVar("T")

HOOKS: Final = tuple(name for name in vars(hookspecs) if name.startswith(f"{PROJECT}_"))
"""Every hook, in the order of the specifications."""

_SETTINGS: Final = "Settings"


class Decode(Protocol):
    """Strict decoding of plain data into an attrs class; raises `InvalidInput` with every fault."""

    def __call__(self, data: object, kind: type[T], *, place: str) -> T:
        """Return *data* as *kind*."""
        ...


@frozen(kw_only=True)
class Loading:
    """Loads plugins with their tables of the settings file; secrets come from *environ*.

    *admit* judges the URLs of receivers in those tables.
    """

    clock: Clock
    decode: Decode
    limit: timedelta
    tables: Mapping[str, Mapping[str, object]] = field(factory=dict[str, Mapping[str, object]])
    source: str = ""
    environ: Mapping[str, str] = field(factory=dict[str, str])
    admit: Admit = anything

    def load(self, source: Source, *, named: bool) -> Plugin:
        """Return the plugin; one that cannot be used says why. Raises `InvalidInput` for its settings."""
        plugin = Plugin(source=source, clock=self.clock, named=named)
        made = partial(self._made, source, plugin.secrets)
        outcome = within(self.limit, made, name=f"jackfield-{source.name}-load")
        if not isinstance(outcome, Answered):
            plugin.failed("loading", outcome)
            plugin.state = PluginState.FAILED
        elif isinstance(outcome.value, InvalidInput):
            error = without(outcome.value, plugin.secrets)
            if source.name in self.tables:
                raise error
            plugin.fail(" ".join(str(error).split()))
        else:
            plugin.whole, plugin.hooks = outcome.value
        return plugin

    def _made(
        self, source: Source, secrets: set[str]
    ) -> tuple[object, Mapping[str, HookCaller]] | InvalidInput:
        """Runs on a thread that may be left behind: it returns what it made, and keeps *secrets* alone."""
        found = source.load()
        try:
            made = self._instance(found, source.name, secrets) if inspect.isclass(found) else found
            if not inspect.isclass(found):
                self._refuse_table(source.name)
        except InvalidInput as error:
            return error
        return made, hooks_of(made, source.name)

    def _instance(self, kind: type, name: str, secrets: set[str]) -> object:
        wanted = getattr(kind, _SETTINGS, None)
        if wanted is None:
            self._refuse_table(name)
            return kind()
        if not (inspect.isclass(wanted) and attrs.has(wanted)):
            raise Junk(f"its {_SETTINGS} is no attrs class")
        place = f"{self.source}, plugins.{name}"
        table = revealed(wanted, self.tables.get(name, {}), self.environ, place)
        secrets.update(each.reveal() for each in table.values() if isinstance(each, Secret))
        settings = self._decoded(table, wanted, place)
        for path, url in receivers(settings):
            self.admit(url, f"{place}.{path}")
        return kind(settings)

    def _decoded(self, table: Mapping[str, object], wanted: type[T], place: str) -> T:
        """Return the settings; a wrong table is told with the URLs in it that may not be called."""
        if not table:
            with suppress(Exception):  # what is wrong without a table is told by decoding none
                return wanted()
        try:
            return self.decode(table, wanted, place=place)
        except InvalidInput as error:
            error.problems = (*error.problems, *self._unadmitted(table, wanted))
            raise

    def _unadmitted(self, table: Mapping[str, object], wanted: type) -> Iterator[Problem]:
        for name in urls(wanted):
            url = table.get(name)
            try:
                self.admit(url, name) if isinstance(url, str) else None
            except InvalidInput as error:
                yield Problem(code="url", message=f"{name}: {error.message}", place=name)

    def _refuse_table(self, name: str) -> None:
        if name in self.tables:
            raise InvalidInput(
                "this plugin takes no settings",
                place=f"{self.source}, plugins.{name}",
                remedy="remove the table",
            )


def revealed(
    kind: type, table: Mapping[str, object], environ: Mapping[str, str], place: str
) -> dict[str, object]:
    """Return *table* with the secrets of *kind*: a field `key` of type `Secret` is given as `key_env`.

    What the table does not say is read from the variable that its field names, if that is set. Tables in a
    list are read so too, where the field is a tuple of an attrs class.
    """
    found = {**_of_variables(kind, environ), **table}
    said = [each.name for each in attrs.fields(kind) if each.name in found or f"{each.name}_env" in found]
    for name in said:
        inner, rows = _inner(kind, name), found.get(name)
        if inner is not None and isinstance(rows, list):
            found[name] = [
                _row(inner, row, environ, f"{place}.{name}[{number}]")
                for number, row in enumerate(cast("list[object]", rows))
            ]
        elif _is_secret(kind, name):
            _reveal(found, name, environ, place)
    return found


def _of_variables(kind: type, environ: Mapping[str, str]) -> dict[str, object]:
    return {name: environ[variable] for name, variable in variables(kind) if environ.get(variable)}


def _row(kind: type, row: object, environ: Mapping[str, str], place: str) -> object:
    return revealed(kind, cast("dict[str, object]", row), environ, place) if isinstance(row, dict) else row


def _reveal(found: dict[str, object], name: str, environ: Mapping[str, str], place: str) -> None:
    if name in found:
        raise InvalidInput(
            "a secret is not written into the settings file",
            place=f"{place}.{name}",
            remedy=f'put it into an environment variable, and name that: {name}_env = "…"',
        )
    variable = found.pop(f"{name}_env", None)
    if variable is not None:
        found[name] = _secret(variable, environ, f"{place}.{name}_env")


def _inner(kind: type, name: str) -> type | None:
    """The attrs class of which a field is a tuple, if it is one."""
    hint: Any = get_type_hints(kind).get(name)
    parts: tuple[Any, ...] = getattr(hint, "__args__", ())
    if getattr(hint, "__origin__", None) is tuple and parts and attrs.has(parts[0]):
        return cast("type", parts[0])
    return None


def _is_secret(kind: type, name: str) -> bool:
    hint: Any = get_type_hints(kind).get(name)
    return hint is Secret or Secret in getattr(hint, "__args__", ())


def _secret(variable: object, environ: Mapping[str, str], place: str) -> Secret:
    text = environ.get(variable) if isinstance(variable, str) else None
    if not text:
        raise InvalidInput(
            "it does not name an environment variable that is set", place=place, remedy="set that variable"
        )
    return Secret(text)


class _Manager(PluginManager):
    """Looks at less than pluggy does, for every core that is opened waits for it."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> HookimplOpts | None:
        """No special method is a hook."""
        return None if name.startswith("__") else super().parse_hookimpl_opts(plugin, name)

    def parse_hookspec_opts(self, module_or_class: ModuleType | type, name: str) -> HookspecOpts | None:
        """Only hooks that the plugin implements need a specification."""
        if name not in HOOKS or getattr(self.hook, name, None) is None:
            return None
        return super().parse_hookspec_opts(module_or_class, name)


def hooks_of(plugin: object, name: str) -> Mapping[str, HookCaller]:
    """Return the hooks that *plugin* implements; raise `Junk` that names the first fault.

    Each plugin has a pluggy manager of its own, so that a call reaches this plugin alone.
    """
    manager = _Manager(PROJECT)
    try:
        manager.register(plugin, name)
        if any(caller.name in HOOKS for caller in manager.get_hookcallers(plugin) or ()):
            manager.add_hookspecs(hookspecs)
        manager.check_pending()
    except PluginValidationError as error:
        raise Junk(_invalid(error, manager, plugin)) from error
    found = manager.get_hookcallers(plugin) or ()
    callers = {caller.name: caller for caller in found if caller.has_spec()}
    _refuse_unmarked(plugin, callers)
    for caller in callers.values():
        for implementation in caller.get_hookimpls():
            _refuse_kind(caller.name, implementation)
    return callers


def _invalid(error: PluginValidationError, manager: PluginManager, plugin: object) -> str:
    """Pluggy's own text shows the plugin; ours names the hook."""
    for caller in manager.get_hookcallers(plugin) or ():
        if not caller.has_spec():
            return f"there is no hook {caller.name}{_meant(caller.name)}"
    wanted = next((name for name in HOOKS if name in str(error)), "a hook")
    return f"{wanted} takes other parameters, or is not a plain function"


def _meant(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, HOOKS, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(HOOKS)}"


def _refuse_unmarked(plugin: object, callers: Mapping[str, HookCaller]) -> None:
    for name in dir(plugin):
        if name.startswith(f"{PROJECT}_") and name not in callers and _is_function(plugin, name):
            known = "" if name in HOOKS else f", and there is no such hook{_meant(name)}"
            raise Junk(f"{name} is not marked with @hookimpl{known}")


def _is_function(plugin: object, name: str) -> bool:
    found: Any = inspect.getattr_static(plugin, name, None)
    return inspect.isroutine(getattr(found, "__func__", found))


def _refuse_kind(name: str, implementation: HookImpl) -> None:
    if implementation.hookwrapper or implementation.wrapper:
        raise Junk(f"{name} is a wrapper; each plugin is called on its own, there is nothing to wrap")
    if implementation.kwargnames:
        raise Junk(f"{name} gives its parameters defaults; leave them out")
    if inspect.iscoroutinefunction(implementation.function):
        raise Junk(f"{name} is asynchronous; it is called on a thread: write a plain function")
