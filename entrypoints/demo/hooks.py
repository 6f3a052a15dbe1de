"""The act of the webhooks: a receiver that fails three times in ten gets everything, once by id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from attrs import frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.deliveries.wanting import wanted
from jackfield.domain.model.events import Entry
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.deliveries import DestinationStatus
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.receiver import Receiver
from jackfield.entrypoints.demo.stage import Stage, StoryUntrue

_PROMPTS: Final = 40
_LONG: Final = timedelta(minutes=1)
_MOST_PASSES: Final = 200


@frozen(kw_only=True)
class Sent:
    """What the deliveries count themselves."""

    tries: int
    failed: int
    status: DestinationStatus


def tell(stage: Stage, core: Core, clock: FrozenClock, receiver: Receiver) -> None:
    """Deliver the whole log, and compare what both sides counted."""
    stage.act(f"{_PROMPTS} prompts more. A CRM's receiver, which fails 3 times in 10, hears of everything")
    _work_at_night(core)
    began = clock.now()
    sent = _deliver(core, clock)
    told = _told(core)
    stage.say(f"events      {len(told)} told by signed webhooks, each with an id of its own")
    stage.say(_account(sent, receiver, minutes=(clock.now() - began) / timedelta(minutes=1)))
    for that, holds in _claims(told, sent, receiver):
        stage.insist(that, holds=holds)
    stage.say(f"both sides agree; {core.audit.verify().entries} entries of the audit log: no change found")


def _account(sent: Sent, receiver: Receiver, *, minutes: float) -> Iterator[str]:
    yield f"deliveries  {sent.tries} attempted in {minutes:.0f} minutes"
    kinds = ", ".join(f"{count} x {kind}" for kind, count in sorted(receiver.failures.items()))
    yield f"failed      {sent.failed} attempts ({100 * sent.failed / sent.tries:.0f} %): {kinds}"
    again = f"{receiver.repeats} came again and changed nothing"
    yield f"received    {len(receiver.taken)} distinct ids, in order by prompt; {again}"


def _told(core: Core) -> Sequence[Entry]:
    """Return the entries of the log that the destination wants."""
    (destination,) = core.deliveries.destinations()
    entries = core.audit.entries()
    return [each for each in entries if wanted(destination.wants, each.event, by=destination.name)]


def _work_at_night(core: Core) -> None:
    job = core.acting_as("ci:nightly", reason="CHG-4512 answers of all departments")
    for number in range(_PROMPTS):
        job.prompts.publish(
            PromptDefinition(
                name=f"answers-{number + 1:02}",
                version="1.0.0",
                model="gpt-small",
                max_tokens=512,
                template=f"Answer for department {number + 1}.",
            )
        )


def _deliver(core: Core, clock: FrozenClock) -> Sent:
    """Run passes, and move the clock to each next try, until nothing waits."""
    tries = failed = 0
    for _ in range(_MOST_PASSES):
        (passed,) = core.deliveries.run(_LONG)
        tries, failed = tries + passed.delivered + passed.failed, failed + passed.failed
        (status,) = core.deliveries.status()
        if status.settled:
            return Sent(tries=tries, failed=failed, status=status)
        if status.next_try is not None:
            clock.advance(status.next_try - clock.now())
    raise StoryUntrue(f"something still waits after {_MOST_PASSES} passes", place="webhooks")


def _claims(told: Sequence[Entry], sent: Sent, receiver: Receiver) -> Iterator[tuple[str, bool]]:
    """Yield what must hold, and whether it does."""
    ids = [each.event.id for each in told]
    attempts = sum(receiver.tries.values())
    yield f"{len(ids)} events have ids of their own", len(set(ids)) == len(ids)
    yield "every webhook was signed as agreed", not receiver.refused
    yield f"the {sent.tries} attempts all arrived ({attempts} did)", sent.tries == attempts
    failures = sum(receiver.failures.values())
    yield f"{sent.failed} attempts failed at the receiver too ({failures} did)", sent.failed == failures
    yield f"{len(ids)} events were acknowledged", sent.tries - sent.failed == len(ids)
    yield "none is given up", not sent.status.dead and sent.status.disabled is None
    missing = set(ids) - set(receiver.taken)
    yield f"all {len(ids)} events were received ({len(missing)} are missing)", not missing
    yield "nothing else was received", len(receiver.taken) == len(ids)
    yield "each prompt's events came in order", _in_order(receiver)


def _in_order(receiver: Receiver) -> bool:
    """Say whether the positions of each subject rise."""
    last = dict[tuple[str, str], int]()
    for data in receiver.taken.values():
        subject, position = (data["kind"], data["name"]), data["position"]
        if position <= last.get(subject, 0):
            return False
        last[subject] = position
    return True
