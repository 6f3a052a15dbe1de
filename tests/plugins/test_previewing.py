"""What a destination would send: asked for behind a guard, and shown without secrets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from attrs import define, frozen

from jackfield.adapters.testing.destination import KeepingDestination
from jackfield.domain.model.errors import Unavailable
from jackfield.plugin import Destination, Entry, NoCall, PlannedCall, PluginState, Preview, Secret, hookimpl
from jackfield.plugins.destinations import GuardedDestination
from jackfield.testing import OpenCore
from tests.plugins import harm
from tests.plugins.ended import ended
from tests.plugins.harm import Forever


@frozen(kw_only=True)
class KeyedSettings:
    key: Secret | None = None


@define
class Telling(KeepingDestination):
    """A destination whose preview does what the test wants."""

    act: Callable[..., Any] = harm.returns_nothing

    def preview(self, entry: Entry) -> Preview:
        found: Preview = self.act(entry)
        return found


def _guarded(open_core: OpenCore, destination: Destination, **more: Any) -> GuardedDestination:
    class Plugin:
        Settings = KeyedSettings

        def __init__(self, settings: KeyedSettings) -> None:
            self.settings = settings

        @hookimpl
        def jackfield_destinations(self) -> list[Destination]:
            return [destination]

    core = open_core(
        plugins={"mine": Plugin}, settings={"mine": {"key_env": "K"}}, environ={"K": "canary-key"}, **more
    )
    (found,) = core.deliveries.destinations()
    return cast("GuardedDestination", found)


def _always(preview: Preview) -> Callable[[object], Preview]:
    return lambda _: preview


def test_one_that_cannot_tell_says_nothing(open_core: OpenCore) -> None:
    assert _guarded(open_core, KeepingDestination()).preview(ended()) is None


def test_its_secrets_are_masked(open_core: OpenCore) -> None:
    call = PlannedCall(
        method="POST",
        url="https://h.example/?key=canary-key",
        headers={"X-Key": "canary-key"},
        body='{"key":"canary-key"}',
    )
    assert _guarded(open_core, Telling(act=_always(call))).preview(ended()) == PlannedCall(
        method="POST",
        url="https://h.example/?key=********",
        headers={"X-Key": "********"},
        body='{"key":"********"}',
    )


def test_a_reason_why_nothing_is_sent_is_told(open_core: OpenCore) -> None:
    found = _guarded(open_core, Telling(act=_always(NoCall(why="not canary-key", refused=True))))
    assert found.preview(ended()) == NoCall(why="not ********", refused=True)


def _odd(_: object) -> object:
    return PlannedCall(method="POST", url="https://h.example", headers=cast("Any", 7))


@pytest.mark.parametrize("act", [harm.raises, harm.exits, harm.returns_nothing, harm.returns_junk, _odd])
def test_what_goes_wrong_is_told_without_its_text(open_core: OpenCore, act: Callable[..., object]) -> None:
    found = _guarded(open_core, Telling(act=act))
    with pytest.raises(
        Unavailable, match="destination keeping: it cannot tell what it would send: "
    ) as caught:
        found.preview(ended())
    assert "canary" not in str(caught.value)
    assert found.plugin.state is PluginState.LOADED


def test_one_that_hangs_is_switched_off(open_core: OpenCore, forever: Forever) -> None:
    found = _guarded(open_core, Telling(act=forever), limit=timedelta(milliseconds=50))
    for said in ("does not end", "was switched off"):
        with pytest.raises(Unavailable, match=said):
            found.preview(ended())
    assert found.plugin.report().errors == 1
