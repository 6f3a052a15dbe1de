"""Asking plugins about conversations: which examples, what summary, and what must not be kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from attrs import frozen

from jackfield.domain.model.conversations.examples import Asking
from jackfield.domain.model.conversations.messages import LONGEST_SYSTEM, Message
from jackfield.plugins.choosing import taken
from jackfield.plugins.isolation import Answered, Junk
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.standing import PluginState
from jackfield.ports.conversations import NotKept

T = TypeVar("T")

_SELECT: Final = "jackfield_select_examples"
_SUMMARIZE: Final = "jackfield_summarize"
_REDACT: Final = "jackfield_redact"
_NOBODY: Final = NotKept("[not kept: there is no redactor]")
_OWN: Final = "redact"
_LONGEST_NAME: Final = 80


def selected(plugins: Sequence[Plugin], asking: Asking, *, limit: timedelta) -> tuple[str, ...] | None:
    """Return the ids of the first plugin that chooses; None if none does."""
    return _first(plugins, _SELECT, ids, limit=limit, asking=asking)


def summarized(
    plugins: Sequence[Plugin], messages: tuple[Message, ...], tokens: int, *, limit: timedelta
) -> str | None:
    """Return the summary of the first plugin that gives one; None if none does."""
    return _first(plugins, _SUMMARIZE, summary, limit=limit, messages=messages, tokens=tokens)


def _first(
    plugins: Sequence[Plugin],
    hook: str,
    take: Callable[[object], T | None],
    *,
    limit: timedelta,
    **arguments: object,
) -> T | None:
    for plugin in plugins:
        if plugin.gives(hook):
            outcome = plugin.ask(hook, take, limit=limit, **arguments)
            if isinstance(outcome, Answered) and outcome.value is not None:
                return outcome.value
    return None


def ids(returned: object) -> tuple[str, ...] | None:
    """Return the ids that a hook returned, or None; raise `Junk` for anything else."""
    return None if returned is None else taken(returned, str)


def summary(returned: object) -> str | None:
    """Return the summary that a hook returned, or None; raise `Junk` for anything else."""
    found = None if returned is None else text(returned)
    if found is not None and len(found) > LONGEST_SYSTEM:
        raise Junk(f"it returned more than {LONGEST_SYSTEM} characters")
    return found


def text(returned: object) -> str:
    """Return the text that a hook returned; raise `Junk` for anything else."""
    if type(returned) is not str:
        raise Junk(f"it returned a value of type {type(returned).__name__}, no text")
    return returned


@frozen(kw_only=True)
class Redactors:
    """The plugins that redact, and those that might have if they could be loaded."""

    plugins: Sequence[Plugin]
    limit: timedelta

    def redact(self, whole: str) -> str:
        """Return *whole* as the last of them left it; `NotKept` in its place if one of them fails."""
        wanted = self._wanted()
        for plugin in wanted:
            if plugin.state is not PluginState.LOADED:  # one that hung is not called again
                plugin.lose()
                return _not_kept(plugin)
            outcome = plugin.ask(_REDACT, text, limit=self.limit, text=whole)
            if not isinstance(outcome, Answered):
                return _not_kept(plugin)
            whole = outcome.value
        return whole if wanted else _NOBODY

    def _wanted(self) -> list[Plugin]:
        """Those that redact, our own first: what another one writes hides nothing from its patterns."""
        found = [plugin for plugin in self.plugins if _redacts(plugin)]
        return sorted(found, key=lambda plugin: not plugin.source.built_in)


def _redacts(plugin: Plugin) -> bool:
    """Say whether it redacts, or might have if it could be loaded, as the settings want it to be."""
    if plugin.source.built_in:
        failed = plugin.state is PluginState.FAILED and plugin.name == _OWN
        return failed or (_REDACT in plugin.hooks and not getattr(plugin.whole, "is_off", False))
    return _REDACT in plugin.hooks or (plugin.state is PluginState.FAILED and plugin.named)


def _not_kept(plugin: Plugin) -> NotKept:
    shown = "".join(c if c.isprintable() else "?" for c in plugin.name[:_LONGEST_NAME])
    return NotKept(f"[not kept: the redactor {shown} failed]")
