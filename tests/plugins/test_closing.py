"""Plugins are closed with the core, and one that will not close keeps nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from jackfield.entrypoints.core import Core
from jackfield.entrypoints.plugging.trial import try_out
from jackfield.plugin import PluginReport, PluginState
from jackfield.testing import OpenCore
from tests.plugins import harm
from tests.plugins.harm import Forever, Good


class Stubborn:
    """A plugin that closes as the test says."""

    def __init__(self, close: Callable[[], object]) -> None:
        self.close = close


def _odd(core: Core) -> PluginReport:
    return next(report for report in core.plugins if report.name == "odd")


def test_a_plugin_is_closed_once_with_the_core(open_core: OpenCore) -> None:
    good = Good("good")
    with open_core(plugins={"good": good}) as core:
        assert good.closed == 0
    core.close()
    assert good.closed == 1


@pytest.mark.parametrize("close", [harm.raises, harm.exits])
def test_what_a_closing_plugin_raises_is_counted(open_core: OpenCore, close: Callable[[], object]) -> None:
    good = Good("good")
    core = open_core(plugins={"odd": Stubborn(close), "good": good})
    core.close()
    assert (_odd(core).errors, good.closed) == (1, 1)


def test_a_plugin_that_does_not_end_to_close_is_left_behind(open_core: OpenCore, forever: Forever) -> None:
    good = Good("good")
    core = open_core(plugins={"odd": Stubborn(forever), "good": good}, limit=timedelta(milliseconds=100))
    core.close()
    assert (_odd(core).state, good.closed) == (PluginState.HUNG, 1)


def test_a_check_that_does_not_end_is_stopped() -> None:
    tried = try_out("tokens", limit_seconds=0.01)
    assert [(each.what, each.fine, each.trouble) for each in tried] == [
        ("ends", False, "it was stopped after 0.01 s")
    ]
