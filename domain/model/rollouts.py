"""A rollout's life: published → canary → ramp → live, or rolled back, or stopped; one move at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from attrs import evolve, field, frozen

from jackfield.domain.model.assignment import Split
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.judging import Ruling, Standing, Verdict
from jackfield.domain.model.evidence.measured import Window
from jackfield.domain.model.evidence.observations import SKEW
from jackfield.domain.model.evidence.tallies import STEPS
from jackfield.domain.model.fields import aware, whole_number
from jackfield.domain.model.hours import Hours
from jackfield.domain.model.routers import Router
from jackfield.domain.model.shares import WHOLE, checked_share, share_text


class Phase(StrEnum):
    """Where a rollout is; the last three are its ends."""

    PUBLISHED = "published"
    CANARY = "canary"
    RAMP = "ramp"
    LIVE = "live"
    ROLLED_BACK = "rolled back"
    STOPPED = "stopped"


ENDS: Final = (Phase.LIVE, Phase.ROLLED_BACK, Phase.STOPPED)


class Act(StrEnum):
    """What a step can do."""

    START = "start"
    RAMP = "ramp"
    FINISH = "finish"
    ROLL_BACK = "roll back"
    HOLD = "hold"


class Pause(StrEnum):
    """Why a rollout does not move."""

    ENDED = "ended"
    CLOCK = "clock"
    UNJUDGED = "unjudged"
    EVIDENCE = "evidence"
    TOO_SOON = "too soon"
    HOURS = "outside hours"
    BY_HAND = "by hand"
    BUSY = "somebody else"
    SPLIT = "routing"


@frozen(kw_only=True)
class Hold:
    """One reason to wait, in words, and when it ends if that is known."""

    pause: Pause
    text: str
    until: datetime | None = None


@frozen(kw_only=True)
class Move:
    """The one thing to do next, and why; `share` is what the treatment gets by it, in basis points."""

    act: Act
    share: int
    why: tuple[str, ...]
    holds: tuple[Hold, ...] = ()

    @property
    def until(self) -> datetime | None:
        """The earliest time at which it can move, if every hold has one."""
        times = [hold.until for hold in self.holds if hold.until is not None]
        return max(times) if times and len(times) == len(self.holds) else None


def _shares(_instance: object, attribute: Any, value: Any) -> None:
    for share in value:
        checked_share(share, place=attribute.name)
    rising = all(one < other for one, other in zip((0, *value), value, strict=False))
    if not rising or not 1 < len(value) <= STEPS or value[-1] != WHOLE:
        raise InvalidInput(
            f"shares rise from above 0% to 100% in 2 to {STEPS} steps",
            place=attribute.name,
            remedy="write them like 5%,25%,100%; to send a version to all at once, promote it",
        )


def _not_negative(instance: object, attribute: Any, value: Any) -> None:
    whole_number(instance, attribute, value)
    if not 0 <= value <= timedelta(days=366).total_seconds():
        raise InvalidInput(
            "it is 0 s to a year (366 days)",
            place=attribute.name,
            remedy="write 3600 for an hour, which is '--least 1h'",
        )


@frozen(kw_only=True)
class Plan:
    """How a rollout is to go: its shares (basis points, the last is all), its guard, and its pace.

    `holdout` takes no part until the end. Each step lasts `least_seconds` at the least. Outside `hours`
    it only moves back. `router` is who sends the units.
    """

    shares: tuple[int, ...] = field(validator=_shares)
    guard: Guard = field(factory=Guard)
    holdout: int = 0
    least_seconds: int = field(default=3_600, validator=_not_negative)
    hours: Hours | None = None
    router: Router = Router.LOCAL

    def __attrs_post_init__(self) -> None:
        checked_share(self.holdout, place="holdout")
        if self.shares[-2] + self.holdout >= WHOLE:
            raise InvalidInput(
                f"a share of {share_text(self.shares[-2])} and a holdout of {share_text(self.holdout)} "
                "leave nobody to compare with",
                place="holdout",
                remedy="lower one of them: share and holdout must stay below 100% together",
            )
        if self.holdout and self.router is Router.PLATFORM:
            raise InvalidInput(
                "the platform's trigger holds nobody out",
                place="holdout",
                remedy='leave it out, or set router = "local" for the target',
            )


@frozen(kw_only=True)
class Rollout:
    """One rollout: `candidate` against `baseline`, where it is, since when, why, and what it waits for.

    `step` counts from 0 and is the plan's; before the start it is 0 as well. `held_by` says who lets it
    go no further, and why; it still moves back. `windows`: when the platform had which share, if it routes.
    """

    id: str
    salt: str
    baseline: str
    candidate: str
    plan: Plan
    since: datetime = field(validator=aware)
    phase: Phase = Phase.PUBLISHED
    step: int = 0
    why: tuple[str, ...] = ()
    holding: tuple[Pause, ...] = ()
    held_by: str = ""
    windows: tuple[Window, ...] = ()

    def __attrs_post_init__(self) -> None:
        last = {Phase.PUBLISHED: 0, Phase.CANARY: 0, Phase.RAMP: len(self.plan.shares) - 2}
        if not 0 <= self.step <= last.get(self.phase, len(self.plan.shares) - 1):
            raise InvalidInput(
                f"its plan has no such step while it is {self.phase}", place="step", remedy="count from 0"
            )
        if self.baseline == self.candidate:
            raise InvalidInput(
                f"{self.candidate[:40]} is the version that is live",
                place="candidate",
                remedy="roll out another version",
            )

    @property
    def ended(self) -> bool:
        """Whether it will never move again."""
        return self.phase in ENDS

    @property
    def share(self) -> int:
        """The treatment's basis points of all units now."""
        if self.phase in (Phase.CANARY, Phase.RAMP):
            return self.plan.shares[self.step]
        return WHOLE if self.phase is Phase.LIVE else 0

    @property
    def split(self) -> Split | None:
        """How units are divided now; None before the start and after the end."""
        if self.phase not in (Phase.CANARY, Phase.RAMP):
            return None
        return Split(rollout=self.id, salt=self.salt, share=self.share, holdout=self.plan.holdout)

    @property
    def standing(self) -> Standing:
        """What its evidence is judged by."""
        return Standing(
            shares=self.plan.shares,
            step=self.step,
            since=self.since,
            holdout=self.plan.holdout,
            routed=self.plan.router is Router.PLATFORM,
        )


def next_move(
    rollout: Rollout,
    verdict: Verdict | None,
    *,
    now: datetime,
    split: str | None = None,
    ahead: int = 0,
) -> Move:
    """Return the one move to make at *now*, for any rollout, verdict and time.

    *verdict* is of the present step, None if nothing was judged; *split* says how the platform's routing
    differs, if it does; *ahead* of its records lie after *now*. Harm rolls back at once: no hour, least time
    or clock stands in its way.
    """
    if rollout.ended:
        return _held(rollout, Hold(pause=Pause.ENDED, text=f"it is {rollout.phase}"))
    if verdict is not None and verdict.ruling is Ruling.ROLL_BACK:
        return Move(act=Act.ROLL_BACK, share=0, why=tuple(str(finding) for finding in verdict.findings))
    edited = () if split is None else (Hold(pause=Pause.SPLIT, text=f"the platform's routing: {split}"),)
    holds = (*edited, *_ahead(ahead), *_holds(rollout, verdict, now))
    return _held(rollout, *holds) if holds else _forward(rollout, verdict)


def moved(rollout: Rollout, move: Move, *, now: datetime) -> Rollout:
    """Return *rollout* after *move*; one that holds for the same reasons as before is the same."""
    if move.act is Act.HOLD:
        holding = tuple(hold.pause for hold in move.holds)
        return rollout if rollout.ended or rollout.holding == holding else evolve(rollout, holding=holding)
    phase = {Act.START: Phase.CANARY, Act.RAMP: Phase.RAMP, Act.FINISH: Phase.LIVE}.get(
        move.act, Phase.ROLLED_BACK
    )
    return _at(rollout, phase, rollout.step + (move.act in (Act.RAMP, Act.FINISH)), move.why, now)


def _at(rollout: Rollout, phase: Phase, step: int, why: tuple[str, ...], now: datetime) -> Rollout:
    since = max(now, rollout.since)
    return evolve(rollout, phase=phase, step=step, since=since, why=why, holding=())


def _held(rollout: Rollout, *holds: Hold) -> Move:
    return Move(act=Act.HOLD, share=rollout.share, why=tuple(hold.text for hold in holds), holds=holds)


def _ahead(records: int) -> Iterator[Hold]:
    if records:
        yield Hold(
            pause=Pause.CLOCK,
            text=f"{records} of the platform's records lie after now and do not count: its clock is ahead,"
            " see 'jackfield doctor'; on a simulator make traffic with \"advance\": false",
        )


def _holds(rollout: Rollout, verdict: Verdict | None, now: datetime) -> Iterator[Hold]:
    if now < rollout.since - SKEW:
        yield Hold(pause=Pause.CLOCK, text=f"the clock shows a time before {rollout.since:%Y-%m-%d %H:%M:%S}")
    if rollout.held_by:
        yield Hold(pause=Pause.BY_HAND, text=f"held by {rollout.held_by}")
    if rollout.phase is not Phase.PUBLISHED:
        yield from _unproven(verdict)
        ready = rollout.since + timedelta(seconds=rollout.plan.least_seconds)
        if now < ready:
            left = (ready - now).total_seconds()
            yield Hold(pause=Pause.TOO_SOON, text=f"the step has {left:.0f} s to last", until=ready)
    hours = rollout.plan.hours
    if hours is not None and not hours.allow(now):
        opening = hours.next_opening(now)
        yield Hold(pause=Pause.HOURS, text=f"it moves from {opening:%a %H:%M} {hours.zone}", until=opening)


def _unproven(verdict: Verdict | None) -> Iterator[Hold]:
    if verdict is None:
        yield Hold(pause=Pause.UNJUDGED, text="no evidence was judged")
    elif verdict.ruling is Ruling.HOLD:
        yield Hold(pause=Pause.EVIDENCE, text="; ".join(str(finding) for finding in verdict.findings))


def _forward(rollout: Rollout, verdict: Verdict | None) -> Move:
    shares = rollout.plan.shares
    if rollout.phase is Phase.PUBLISHED:
        return Move(act=Act.START, share=shares[0], why=(f"the first {share_text(shares[0])} get it",))
    why = tuple(str(finding) for finding in verdict.findings) if verdict else ()
    share = shares[rollout.step + 1]
    return Move(act=Act.FINISH if share == WHOLE else Act.RAMP, share=share, why=why)
