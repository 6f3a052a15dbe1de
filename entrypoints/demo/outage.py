"""The story of an outage: the platform fails and throttles, one answer is lost, and all is done once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.files import load
from jackfield.adapters.simulator import FileStore, Platform
from jackfield.adapters.simulator.faults import Faults, FaultySend
from jackfield.domain.model.errors import JackfieldError
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.stage import Stage, settings

T = TypeVar("T")
_VERSIONS: Final = "/api/v2/ai/prompt-templates/*/versions"
_PROMPT: Final = "/api/v2/ai/llm/prompts/*"


def tell(stage: Stage, folder: Path, clock: FrozenClock) -> None:
    """Tell it of the target in *folder*, whose next version lies there as a file."""
    stage.act("The platform has a bad hour. In the middle of it a CI job publishes and promotes 1.2.0")
    faults = Faults()
    own = settings(folder)
    with closing(FileStore(own.folder / "simulator.db")) as store:
        platform = Platform(clock=clock, store=store)
        send = FaultySend(platform.send, faults, clock)
        parts = Parts(clock=clock, send=send, jitter=lambda: 0.5, bulk=True)
        with build(own, parts) as core:
            _ride_out(stage, folder, core, clock, faults)


def _ride_out(stage: Stage, folder: Path, core: Core, clock: FrozenClock, faults: Faults) -> None:
    job = core.acting_as("ci:build-812", reason="CHG-4501 the new parcel lockers")
    faults.next("POST", _VERSIONS, "429", seconds=58)
    faults.next("POST", _VERSIONS, "drop-after")
    definition = load(folder / "parcel-helper-1.2.0.prompt")
    version = _timed(stage, clock, "publish", lambda: job.prompts.publish(definition))
    faults.next("PUT", _PROMPT, "503", times=2)
    faults.next("PUT", _PROMPT, "refused")
    _timed(stage, clock, "promote", lambda: job.prompts.promote(version))
    met = ", ".join(f"{count} x {kind}" for kind, count in faults.injected.items())
    stage.say(f"met on the way: {met}")
    faults.next("GET", _PROMPT, "503", times=9)
    status = core.prompts.status("parcel-helper")
    live = status.live.number if status.live else None
    stage.say(f"then nothing answers: {live} is live by our record, though {status.platform}")


def _timed(stage: Stage, clock: FrozenClock, what: str, work: Callable[[], T]) -> T:
    began = clock.now()
    try:
        done = work()
    except JackfieldError as error:
        stage.say(f"{what} failed: {error}")
        raise
    stage.say(f"{what}: done after {(clock.now() - began) / timedelta(seconds=1):.0f} s")
    return done
