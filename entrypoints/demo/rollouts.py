"""The story of two canaries: a good one goes live by itself, a bad one comes back, and a CRM hears of all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.rollouts import Phase
from jackfield.domain.model.routers import Router
from jackfield.domain.model.shares import share_text
from jackfield.domain.services.rollouts import RolloutStatus, Stepped
from jackfield.entrypoints.cli.plots import lines
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo import hooks
from jackfield.entrypoints.demo.customers import NAME, Customers, sent_by_platform
from jackfield.entrypoints.demo.receiver import Receiver, listening
from jackfield.entrypoints.demo.scene import Scene
from jackfield.entrypoints.demo.stage import INDENT, Stage

_SHARES: Final = ("10%", "50%", "100%")
_GUARD: Final = Guard(success_margin=0.05)
_REST_OF_THE_HOUR: Final = timedelta(minutes=5)


def tell(stage: Stage, folder: Path, receiver: Receiver | None = None) -> None:
    """Tell the story in an empty *folder*; *receiver* hears of everything."""
    receiver = receiver or Receiver()
    clock = FrozenClock(datetime(2026, 3, 9, 8, tzinfo=UTC))
    with listening(receiver) as url:
        scene = Scene(folder=folder, clock=clock, url=url, secret=receiver.secret)
        with scene.core(Router.PLATFORM) as (core, platform):
            _publish(stage, core)
            _good(stage, core, lambda: sent_by_platform(platform, clock))
        with scene.core(Router.LOCAL) as (core, _):
            _bad(stage, core, clock)
            hooks.tell(stage, core, clock, receiver)


def _publish(stage: Stage, core: Core) -> None:
    stage.act("Three versions are published; the first is live. Nobody knows yet how good the others are")
    mina = core.acting_as("mina", reason="CHG-4510 two new tones")
    for version, manner in (("1.0.0", "kind"), ("1.1.0", "kind and brief"), ("1.2.0", "very brief")):
        definition = PromptDefinition(
            name=NAME,
            version=version,
            model="gpt-small",
            max_tokens=2048,
            template=f"Answer customers of a parcel service. Be {manner}.",
        )
        done = mina.prompts.publish(definition)
        stage.say(f"{done} published{', and is live' if done.live else ''}")


def _good(stage: Stage, core: Core, hour: Callable[[], None]) -> None:
    stage.act("1.1.0 goes to a tenth of the customers, sent by the platform, and is stepped every hour")
    ended = _rolled_out(stage, core, "1.1.0", hour)
    stage.insist("1.1.0 went live by itself", holds=ended.rollout.phase is Phase.LIVE)
    _show(stage, ended)


def _bad(stage: Stage, core: Core, clock: FrozenClock) -> None:
    stage.act("1.2.0 goes to a tenth as well, this time by our own 'choose'. Its answers are worse")
    customers = Customers(core=core, clock=clock)
    ended = _rolled_out(stage, core, "1.2.0", customers.call)
    stage.insist("1.2.0 was rolled back by itself", holds=ended.rollout.phase is Phase.ROLLED_BACK)
    _show(stage, ended)
    stage.act("A customer whose conversation began with 1.2.0 writes again")
    customer, began = customers.last["1.2.0"]
    again = core.prompts.choose(NAME, unit=customer, pin=began.pin)
    stage.say(again.explain())
    stage.insist("nobody gets 1.2.0 any more", holds=again.version == "1.1.0")


def _rolled_out(stage: Stage, core: Core, version: str, hour: Callable[[], None]) -> RolloutStatus:
    """Watch a rollout until it ends, an *hour* of customers before each step."""
    rollouts = core.acting_as("ci:canary", reason=f"CHG-4510 try {version}").rollouts
    clock = core.audit.clock
    _line(stage, core, rollouts.start(NAME, version, shares=_SHARES, guard=_GUARD))
    hour()
    clock.sleep(_REST_OF_THE_HOUR)
    for stepped in rollouts.watch(NAME, every=_REST_OF_THE_HOUR):
        if isinstance(stepped, Stepped):
            _line(stage, core, stepped)
            if stepped.rollout.ended:
                break
        hour()
    return core.rollouts.status(NAME)


def _line(stage: Stage, core: Core, stepped: Stepped) -> None:
    time, move = core.audit.clock.now(), stepped.move
    share = share_text(move.share)
    stage.say(f"{time:%H:%M}  {move.act:<9}  {share:>4}  {'; '.join(move.why)}")


def _show(stage: Stage, status: RolloutStatus) -> None:
    """Show what `jackfield rollout status` shows on a terminal."""
    stage.say(["", *lines(status, bars=True, indent=INDENT)])
