"""The story of a prompt: checked, published, promoted, fought over, rolled back, and proved."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import apsw
from attrs import evolve

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.files import load
from jackfield.domain.model.errors import ChainBroken, Conflict
from jackfield.domain.model.events import timestamp
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo import crash, outage
from jackfield.entrypoints.demo.stage import Stage, settings
from jackfield.entrypoints.files.checked import check_files
from jackfield.entrypoints.settings import Settings

_GOOD: Final = """\
---
name: parcel-helper
version: {version}
model: gpt-small
max_tokens: 2048
variables:
  - name: question
    max_length: 600
  - name: tone
    default: friendly
context_rules:
  - source: conversation_history
    max_tokens: 800
---
You answer customers of a parcel service.
{manner}
The question: {{{{question}}}}
"""

_BROKEN: Final = """\
---
name: parcel-helper
version: "1.0"
model: gpt-small
max_tokens: 2048
variables:
  - name: question
  - name: tone
    required: false
  - name: language
---
Answer {{ question }} in a {{tone}} voice, and greet {{customer}} first.
Never mention {{internal notes}}.
"""
_MISTAKES: Final = 5


def tell(stage: Stage, folder: Path) -> None:
    """Tell the story in an empty *folder*, which keeps the files and the state."""
    clock = FrozenClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    own = settings(folder)
    _check(stage, folder)
    with build(own, Parts(clock=clock)) as core:
        _publish(stage, folder, core, clock)
        _promote(stage, core, clock)
        _conflict(stage, core, clock)
        _roll_back(stage, core, clock)
        crash.tell(stage, folder, core, clock)
        _write(folder, "1.2.0", "Be {{tone}} and brief, and name the parcel lockers.")
        outage.tell(stage, folder, clock)
        _log(stage, core)
        head = _verify(stage, core)
    _tamper(stage, own, folder, head)


def _check(stage: Stage, folder: Path) -> None:
    stage.act(
        f"A prompt is a file. This one has {_MISTAKES} mistakes; 'check' finds them before anybody else does"
    )
    path = folder / "broken.prompt"
    path.write_text(_BROKEN, encoding="utf-8")
    problems = check_files([path])[0].problems
    stage.say(str(p).replace(f"{folder}/", "") for p in problems)


def _publish(stage: Stage, folder: Path, core: Core, clock: FrozenClock) -> None:
    stage.act("Two good versions are published; the very first is live at once, the second waits")
    mina = core.acting_as("mina", reason="CHG-4471 first release")
    for version, manner in (("1.0.0", "Be {{tone}}."), ("1.1.0", "Be {{tone}} and brief: three sentences.")):
        done = mina.prompts.publish(load(_write(folder, version, manner)))
        stage.say(f"{done} published{', and is live' if done.live else ''}")
        clock.advance(timedelta(minutes=40))
    stage.say(core.prompts.diff("parcel-helper", "1.0.0", "1.1.0")[-4:])


def _write(folder: Path, version: str, manner: str) -> Path:
    path = folder / f"parcel-helper-{version}.prompt"
    path.write_text(_GOOD.format(version=version, manner=manner), encoding="utf-8")
    return path


def _promote(stage: Stage, core: Core, clock: FrozenClock) -> None:
    stage.act("1.1.0 goes live for everybody")
    mina = core.acting_as("mina", reason="CHG-4480 shorter answers")
    moved = mina.prompts.promote(core.prompts.version("parcel-helper", "1.1.0"))
    stage.say(f"{moved.name} {moved.after} is live (before: {moved.before})")
    clock.advance(timedelta(hours=2))


def _conflict(stage: Stage, core: Core, clock: FrozenClock) -> None:
    stage.act("Tom still believes that 1.0.0 is live. His promotion would undo Mina's; it is refused")
    tom = core.acting_as("tom", reason="what I saw this morning")
    old = core.prompts.version("parcel-helper", "1.0.0")
    try:
        tom.prompts.promote(old, expecting=old)
    except Conflict as error:
        stage.say(f"refused: {error}")
    clock.advance(timedelta(minutes=5))


def _roll_back(stage: Stage, core: Core, clock: FrozenClock) -> None:
    stage.act("Customers complain. One command takes it back")
    mina = core.acting_as("mina", reason="INC-118 answers are too short")
    moved = mina.prompts.roll_back("parcel-helper")
    stage.say(f"{moved.name} {moved.after} is live again (before: {moved.before})")
    clock.advance(timedelta(minutes=1))


def _log(stage: Stage, core: Core) -> None:
    stage.act("What was live when, by whom, and why")
    for entry in core.prompts.log("parcel-helper"):
        activation = entry.activation
        time = timestamp(activation.time)[:16].replace("T", " ")
        stage.say(
            f"{time}  {activation.version}  {activation.move:<11}  {activation.actor}  {activation.reason}"
        )


def _verify(stage: Stage, core: Core) -> str:
    stage.act("Every step is an entry of the audit log, each chained to the one before it")
    verified = core.audit.verify()
    stage.say(f"{verified.entries} entries: no change found; head {verified.head[:16]}…")
    return verified.head


def _tamper(stage: Stage, own: Settings, folder: Path, head: str) -> None:
    stage.act("Somebody alters one byte in a copy of the log")
    copy = folder / "copy"
    shutil.copytree(own.folder, copy)
    with closing(apsw.Connection(str(copy / "ledger.db"))) as ledger:
        ledger.execute(  # pyright: ignore[reportUnknownMemberType]
            "UPDATE entries SET head = replace(head, 'CHG-4480', 'CHG-4481') WHERE position = 5"
        )
    with build(evolve(own, folder=copy)) as core:
        try:
            core.audit.verify(anchor=head)
        except ChainBroken as error:
            stage.say(f"found: {error}")
        else:
            stage.insist("an altered byte is found", holds=False)
