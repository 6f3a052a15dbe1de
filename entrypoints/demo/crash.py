"""The story of a crash: a process is killed between the platform's answer and its own record."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.errors import Conflict
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo import victim
from jackfield.entrypoints.demo.stage import Stage

_RUN: Final = f"import sys; from {victim.__name__} import promote_until_killed as run; run(sys.argv[1:])"


def tell(stage: Stage, folder: Path, core: Core, clock: FrozenClock) -> None:
    """Tell it of the prompt in *folder*, on which *core* stands."""
    stage.act("A process promotes 1.1.0; it is killed after the platform has done it, before it is recorded")
    _kill_in_mid_promotion(stage, folder, clock.now())
    status = core.prompts.status(victim.NAME)
    stage.say(f"live by our record: {status.live.number if status.live else 'nothing'}; {status.platform}")
    mina = core.acting_as("mina", reason="INC-131 look what happened")
    version = core.prompts.version(victim.NAME, "1.1.0")
    try:
        mina.prompts.promote(version)
    except Conflict as error:
        stage.say(f"Mina waits: {error.message}")
    clock.advance(timedelta(minutes=3))
    moved = mina.prompts.promote(version)
    entry = core.prompts.log(victim.NAME)[-1].activation
    stage.say(
        f"three minutes later: {entry.version} was {entry.move} by {entry.actor}, read back from the platform"
    )
    stage.say(f"so Mina changes nothing: {'changed' if moved.changed else 'it is live already'}")


def _kill_in_mid_promotion(stage: Stage, folder: Path, now: datetime) -> None:
    command = [sys.executable, "-c", _RUN, str(folder), now.isoformat()]
    with subprocess.Popen(  # noqa: S603  # our own module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is ours alone to hear
    ) as process:
        try:
            said = _started(process)
        finally:
            process.kill()
            process.wait()
    stage.insist("the process that is killed comes so far", holds=said == victim.DONE)


def _started(process: subprocess.Popen[str]) -> str:
    """Let it begin, and return what it says; it ends by itself when nobody holds its standard input."""
    if process.stdin is None or process.stdout is None:
        return ""
    process.stdin.write("go\n")
    process.stdin.flush()
    return process.stdout.readline().strip()
