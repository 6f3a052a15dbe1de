"""The acts of the ends: told by webhooks, believed if they are signed, given to a CRM, and summed up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from jackfield.adapters.simulator import Outgoing
from jackfield.domain.model.events import Entry, Outcome
from jackfield.domain.model.sessions.happenings import END
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.services.deliveries import DestinationStatus
from jackfield.domain.services.sessions.asked.values import Accepted, Forged, Repeat
from jackfield.domain.services.sessions.handle import ActingSession
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.crm import Crm
from jackfield.entrypoints.demo.frontdesk import Frontdesk
from jackfield.entrypoints.demo.people import MARKS
from jackfield.entrypoints.demo.stage import Stage, StoryUntrue
from jackfield.plugins.destinations import GuardedDestination
from jackfield.ports.previews import PlannedCall

_SESSIONS: Final = 3
_LONG: Final = timedelta(minutes=1)
_MOST_PASSES: Final = 20
_DAY: Final = timedelta(hours=25)


def tell(stage: Stage, desk: Frontdesk, core: Core, three: Sequence[ActingSession]) -> None:
    """Let the conversations end, and hear of it."""
    stage.act("All three end. The platform tells it by signed webhooks, each twice, and somebody tells a lie")
    _, ben, cleo = three
    desk.hang_up(cleo.view().conversation, "abandoned", after=timedelta(minutes=4))
    desk.hang_up(ben.view().conversation, "escalated", after=timedelta(minutes=6))
    came = desk.platform.notices()
    _forge(stage, core, next(each for each in came if b"escalated" in each.body))
    answers = Counter[str]()
    for notice in came:
        received = core.sessions.receive(notice.headers, notice.body)
        answers[f"{type(received).__name__.lower()} {received.status}"] += 1
    stage.say(f"webhooks  {len(came)} came: {', '.join(f'{n} x {what}' for what, n in answers.items())}")
    for session in three:
        stage.say(_ended(session))
    for that, holds in _claims(answers, three):
        stage.insist(that, holds=holds)


def _forge(stage: Stage, core: Core, notice: Outgoing) -> None:
    """Send it with another resolution, under the signature that it had."""
    lie = notice.body.replace(b"escalated", b"resolved")
    received = core.sessions.receive(notice.headers, lie)
    stage.insist("a lie is not believed", holds=isinstance(received, Forged))
    if isinstance(received, Forged):
        stage.say(f"forged    answered {received.status}: {received.why}")


def _ended(session: ActingSession) -> str:
    view = session.view()
    end = view.end
    if end is None:
        return f"{view.customer}: {view.standing}"
    lasted = (end.at - view.started) / timedelta(minutes=1)
    return f"{view.customer.capitalize():<9} {end.resolution} after {lasted:.0f} min, held by {end.holder}"


def _claims(answers: Counter[str], three: Sequence[ActingSession]) -> Iterator[tuple[str, bool]]:
    """Yield what must hold, and whether it does."""
    wanted = {f"{kind.__name__.lower()} 200": _SESSIONS for kind in (Accepted, Repeat)}
    yield "each end was accepted once, and its repeat answered", answers == wanted
    yield "all three are over", all(each.view().standing is Standing.CLOSED for each in three)
    said = [end.resolution.value for each in three if (end := each.view().end)]
    yield "each is what the platform said", said == ["resolved", "escalated", "abandoned"]


def sync(stage: Stage, desk: Frontdesk, core: Core, crm: Crm) -> None:
    """Show the call for the CRM without sending it; then send all, to one that is away at first."""
    stage.act("A CRM hears of each session by a call of its API. This is Ben's, before anything is sent")
    ended = [each for each in core.audit.entries() if _is_end(each)]
    planned = [_previewed(core, each) for each in ended]
    bens = next(each for each in planned if '"escalated"' in each.body)
    shown = json.loads(bens.body)
    stage.say(f"{bens.method}  {', '.join(f'{name}: {value}' for name, value in shown.items())}")
    stage.insist("nothing was sent so far", holds=crm.tries == 0)
    status = _delivered(desk, core)
    stage.say(f"sent      {crm.tries} calls: the CRM was away for {crm.away}, which came again")
    stage.say(f"the CRM   has {len(crm.cases)} cases, one a session")
    stage.insist("nothing was given up", holds=not status.dead and status.disabled is None)
    said = sorted(json.loads(each.body)["conversation"] for each in planned)
    got = sorted(each["conversation"] for each in crm.cases.values())
    stage.insist("the CRM has one case of each session", holds=got == said and len(set(got)) == _SESSIONS)


def _is_end(entry: Entry) -> bool:
    return (entry.event.type, entry.event.outcome) == (END, Outcome.SUCCEEDED)


def _previewed(core: Core, entry: Entry) -> PlannedCall:
    (destination,) = core.deliveries.destinations()
    found = destination.preview(entry) if isinstance(destination, GuardedDestination) else None
    if not isinstance(found, PlannedCall):
        raise StoryUntrue("the CRM's call cannot be shown", place="crm")
    return found


def _delivered(desk: Frontdesk, core: Core) -> DestinationStatus:
    """Run passes, and move the clock to each next try, until nothing waits."""
    for _ in range(_MOST_PASSES):
        core.deliveries.run(_LONG)
        (status,) = core.deliveries.status()
        if status.settled:
            return status
        if status.next_try is not None:
            desk.clock.advance(status.next_try - desk.clock.now())
    raise StoryUntrue(f"something still waits after {_MOST_PASSES} passes", place="crm")


def report(stage: Stage, desk: Frontdesk, core: Core) -> None:
    """Sum up, a day later."""
    stage.act("A day later nobody has come back. The report counts each session once, by definitions")
    desk.clock.advance(_DAY)
    found = core.sessions.report().whole
    stage.say(f"sessions  {found.sessions}, {found.spoken} of them with a word of the customer")
    stage.say(
        f"bot       contained {_part(found.containment)}, for good {_part(found.functional_containment)}"
    )
    stage.say(f"people    got {_part(found.escalation_rate)}: {_reasons(found.escalation_reasons)}")
    stage.say(f"queue     left by {_part(found.abandonment_queue)} of those")
    half = (0.5, 0.5, 0.5)
    parts = (found.containment, found.functional_containment, found.abandonment_queue)
    stage.insist("the figures are those of these three", holds=(found.sessions, parts) == (3, half))
    told = [json.dumps(each.event.payload, default=str) for each in core.audit.entries()]
    kept = [mark for mark in MARKS if any(mark in text for text in told)]
    stage.insist(f"the log has no word of theirs ({', '.join(kept)})", holds=not kept)
    verified = core.audit.verify()
    stage.say(f"log       {verified.entries} entries: no change found, and no word of a customer in it")


def _part(figure: float | None) -> str:
    return "of nothing" if figure is None else f"{100 * figure:.0f} %"


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in counts.items())
