"""Whose words are printed: a plugin's on threads of its own, and where its ledger is asked on this one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.events import GENESIS, START
from jackfield.domain.model.subjects import organization
from jackfield.plugins.guards import GuardedLedger
from jackfield.plugins.isolation import Answered, within
from jackfield.plugins.plugin import Plugin
from jackfield.plugins.printing import is_foreign
from jackfield.plugins.sources import Source
from jackfield.ports.ledger import Receipt


@define
class Talker:
    """Notes whose words it would print."""

    foreign: list[bool] = field(factory=list[bool])

    def head(self, _organization: str) -> Receipt:
        self.foreign.append(is_foreign())
        return Receipt(START, GENESIS)


def test_what_a_ledger_prints_on_the_callers_thread_is_the_plugins() -> None:
    talker: Any = Talker()
    plugin = Plugin(source=Source(name="talker", load=lambda: talker), clock=FrozenClock())

    GuardedLedger(plugin=plugin, ledger=talker, limit=timedelta(seconds=1)).head(organization("acme"))

    assert (talker.foreign, is_foreign()) == ([True], False)


def test_what_is_printed_on_another_thread_is_the_plugins() -> None:
    assert within(timedelta(seconds=5), is_foreign, name="a-plugin") == Answered(value=True)
