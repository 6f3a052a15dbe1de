"""Asking every reviewer, and failing closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from attrs import frozen

from jackfield.domain.model.reviews import FAILED, LONGEST, Candidate, Finding
from jackfield.plugins.choosing import findings
from jackfield.plugins.isolation import Answered
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.standing import PluginState

_HOOK: Final = "jackfield_review"
_SWITCH_OFF: Final = (
    "mend it, or switch it off: leave it out of [plugins] allow, or set JACKFIELD_NO_PLUGINS=1 for once"
)


@frozen(kw_only=True)
class Reviewers:
    """The plugins that review, and those that might have if they could be loaded."""

    plugins: Sequence[Plugin]
    limit: timedelta

    def review(self, version: Candidate) -> tuple[Finding, ...]:
        """Return what all of them say; one that cannot answer is an error that names it."""
        return tuple(finding for plugin in self.plugins for finding in self._said(plugin, version))

    def _said(self, plugin: Plugin, version: Candidate) -> Iterator[Finding]:
        state = plugin.state  # once: another thread may switch it off between two looks
        if _HOOK in plugin.hooks:
            if state is PluginState.LOADED:
                yield from self._asked(plugin, version)
            else:
                yield _closed(plugin, f"it was switched off: {plugin.trouble}")
        elif state is PluginState.FAILED and plugin.named:
            yield _closed(plugin, f"it is named in the settings and could not be loaded: {plugin.trouble}")

    def _asked(self, plugin: Plugin, version: Candidate) -> tuple[Finding, ...]:
        take = partial(findings, plugin=plugin)
        outcome = plugin.ask(_HOOK, take, limit=self.limit, version=version)
        if isinstance(outcome, Answered):
            return outcome.value
        return (_closed(plugin, f"its review failed: {outcome}"),)


def _closed(plugin: Plugin, trouble: str) -> Finding:
    text = f"{trouble[: LONGEST - len(_SWITCH_OFF) - 2]}; {_SWITCH_OFF}"
    return Finding(message=text, code=FAILED, plugin=plugin.name)
