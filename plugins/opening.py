"""Opening a host: which plugins there are, which may be loaded, and which settings fit none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.plugins.host import Host, Patience
from jackfield.plugins.loading import Loading
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.sources import BUILT_IN, Source, absent
from jackfield.plugins.standing import PluginState


@frozen(kw_only=True)
class Allowed:
    """Which plugins may be loaded: those named by `allow`, or all; only Jackfield's own if so wished."""

    allow: tuple[str, ...] | None = None
    only_built_in: bool = False

    def admits(self, source: Source) -> bool:
        """Whether it may be imported."""
        if source.built_in:
            return True
        return not self.only_built_in and (self.allow is None or source.name in self.allow)


def open_host(
    sources: Iterable[Source], loading: Loading, allowed: Allowed, patience: Patience | None = None
) -> Host:
    """Load the plugins that are *allowed*; raise `InvalidInput` for a table that fits none of them."""
    sources = tuple(sources)
    patience = patience or Patience()
    if not allowed.only_built_in:
        _refuse_strangers(loading, sources, allowed)
    twice = _twice(sources)
    plugins = tuple(_loaded(source, loading, allowed, twice) for source in sources)
    return Host(
        plugins=(*plugins, *_missing(loading, sources, allowed)), clock=loading.clock, patience=patience
    )


def _loaded(source: Source, loading: Loading, allowed: Allowed, twice: Mapping[Source, str]) -> Plugin:
    named = source.name in loading.tables or source.name in (allowed.allow or ())
    if allowed.admits(source) and source not in twice:
        return loading.load(source, named=named)
    plugin = Plugin(source=source, clock=loading.clock, named=named, state=PluginState.NOT_ALLOWED)
    if source in twice:
        plugin.fail(twice[source])
    return plugin


def _missing(loading: Loading, sources: tuple[Source, ...], allowed: Allowed) -> Iterator[Plugin]:
    """What `allow` names and nobody gives: it may have been to review or to redact."""
    there = {*BUILT_IN, *(source.name for source in sources)}
    for name in () if allowed.only_built_in else dict.fromkeys(allowed.allow or ()):
        if name not in there:
            plugin = Plugin(source=absent(name), clock=loading.clock, named=True)
            plugin.fail("[plugins] allow names it, and it is not installed: install it, or leave it out")
            yield plugin


def _twice(sources: tuple[Source, ...]) -> Mapping[Source, str]:
    """What gives a name that another gives too, and why it cannot be; a built-in plugin keeps its name."""
    by_names = dict[str, list[Source]]()
    for source in sources:
        by_names.setdefault(source.name, []).append(source)
    return {
        source: f"its name is given by {' and '.join(map(str, several))}: uninstall one of them"
        for several in by_names.values()
        for source in several
        if len(several) > 1 and not source.built_in
    }


def _refuse_strangers(loading: Loading, sources: tuple[Source, ...], allowed: Allowed) -> None:
    known = {source.name: source for source in sources}
    for name in loading.tables:
        place = f"{loading.source}, plugins.{name}"
        if name not in known:
            raise InvalidInput(
                "there are settings of a plugin that is not installed",
                place=place,
                remedy=f"install it, or remove the table; there are {', '.join(sorted({*known, *BUILT_IN}))};"
                " JACKFIELD_NO_PLUGINS=1 lets the command work with these of Jackfield itself alone",
            )
        if not allowed.admits(known[name]):
            raise InvalidInput(
                "there are settings of a plugin that is not allowed",
                place=place,
                remedy=f"add {name!r} to [plugins] allow, or remove the table",
            )
