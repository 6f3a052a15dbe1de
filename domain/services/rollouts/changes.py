"""The rollouts of a target with somebody who moves them: start, step, hold, stop, watch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from jackfield.domain.model.errors import (
    BreakerOpen,
    Conflict,
    InvalidPrompt,
    JackfieldError,
    OutcomeUnknown,
    QueueFull,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.event_types import ROTATE
from jackfield.domain.model.events import Event, Outcome
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.hours import Hours
from jackfield.domain.model.rollouts import Router
from jackfield.domain.model.states import KeysState
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.prompts.changing.basis import Changing
from jackfield.domain.services.prompts.choosing.seals import AGAIN, rotated
from jackfield.domain.services.prompts.live.versions import LiveVersions
from jackfield.domain.services.prompts.operations.reviewing import Reviewing
from jackfield.domain.services.rollouts.collecting import Collected
from jackfield.domain.services.rollouts.reads import Rollouts
from jackfield.domain.services.rollouts.recording import Recording
from jackfield.domain.services.rollouts.starting import Starting, planned
from jackfield.domain.services.rollouts.stepping import Stepping
from jackfield.domain.services.rollouts.values import Stepped
from jackfield.ports.ledger import Change
from jackfield.ports.reviews import Review, unreviewed

SHARES: Final = ("5%", "25%", "100%")
_SLICE: Final = timedelta(seconds=0.5)
_PASSING: Final = (
    Conflict,
    Unavailable,
    BreakerOpen,
    QueueFull,
    RateLimited,
    OutcomeUnknown,
    InvalidPrompt,
)
"""What may be otherwise at the next step; a reviewer may change his mind, too."""


@frozen(kw_only=True)
class ActingRollouts(Rollouts):
    """The rollouts of one target, with somebody who moves them and says why."""

    actor: Actor
    live_versions: LiveVersions
    reviewer: Review = unreviewed
    router: Router = field(default=Router.LOCAL)

    @property
    def _recording(self) -> Recording:
        changing = Changing(operations=self.operations, live_versions=self.live_versions, actor=self.actor)
        return Recording(changing=changing)

    @property
    def _reviewing(self) -> Reviewing:
        organization = self.operations.records.organization
        return Reviewing(review=self.reviewer, organization=organization, actor=self.actor)

    @property
    def _stepping(self) -> Stepping:
        return Stepping(recording=self._recording, reviewing=self._reviewing, gather=self._gather)

    def _gather(self, name: str) -> Collected:
        """Let every outcome count that is known by now."""
        self.flush()
        return self.gather(name)

    def start(
        self,
        name: str,
        version: str,
        *,
        shares: Sequence[str] = SHARES,
        guard: Guard | None = None,
        holdout: str = "0%",
        least: timedelta = timedelta(hours=1),
        hours: Hours | None = None,
        again: bool = False,
    ) -> Stepped:
        """Give *version*, which is published, to the first of *shares*, beside what is live.

        *shares* are percentages that rise to 100%, which is the promotion. *holdout* takes no part until
        then. Each step lasts *least* at the least; outside *hours* it only moves back. Outside *hours* it
        also only begins with the first step in them. *again* tries a version that was rolled back before.

        Raises `InvalidInput` for a plan that does not fit or the version that is live, `NotFound` for one
        that is not published, `Conflict` while another rollout of the prompt runs, or for drift,
        `InvalidPrompt` with every finding when a reviewer is against it.
        """
        plan = planned(
            shares,
            guard or Guard(),
            holdout=holdout,
            least_seconds=round(least.total_seconds()),
            hours=hours,
            router=self.router,
        )
        starting = Starting(
            recording=self._recording, reviewing=self._reviewing, new_id=self.operations.records.new_id
        )
        return starting.start(name, version, plan, again=again)

    def step(self, name: str) -> Stepped:
        """Make the one move that the evidence allows, if there is one, and say why or why not.

        Call it from cron, in a loop, from three machines: a lease picks the one that acts, and the others
        are told so. Harm rolls back at once and revokes the version. The last step promotes it, with
        reviewers and all. Raises `NotFound` for a prompt that never had a rollout, and what `promote` does.
        """
        return self._stepping.step(name)

    def stop(self, name: str, *, roll_back: bool = False) -> Stepped:
        """End the rollout: nobody else gets its version, and what was live stays.

        Conversations that began with it keep it, unless *roll_back* revokes it; that can also be done after a
        stop. Raises `NotFound` for a prompt that never had one, `Conflict` if it has ended otherwise, or for
        a version that somebody made live since.
        """
        return self._stepping.stop(name, roll_back=roll_back)

    def hold(self, name: str) -> Stepped:
        """Let the rollout go no further until `go_on`; harm still takes it back."""
        return self._stepping.hold(name, f"{self.actor.name}: {self.actor.reason}")

    def go_on(self, name: str) -> Stepped:
        """Let a rollout that was held by hand go on."""
        return self._stepping.hold(name, "")

    def watch(
        self,
        name: str,
        *,
        every: timedelta = timedelta(seconds=30),
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Stepped | JackfieldError]:
        """Step until the rollout ends, or *stop* says so; yield what came of each step.

        What may pass (a conflict, a platform that is away, a reviewer's no) is yielded and tried again. It
        keeps nothing: when it is killed, another one goes on.
        """
        while True:
            outcome = self._tried(name)
            yield outcome
            if stop() or (isinstance(outcome, Stepped) and outcome.rollout.ended):
                return
            left = every
            while left > timedelta() and not stop():
                self.operations.records.clock.sleep(min(left, _SLICE))
                left -= _SLICE
            if stop():
                return

    def rotate_pins(self) -> datetime | None:
        """Make one half of a rotation of the pins' key; return when the other half can follow, if one must.

        First every process comes to believe a new key, then it signs; the old one is believed until the
        next rotation. Raises `Conflict` for a second half that comes too soon, or where the environment
        gives the key.
        """
        if self.seals.given is not None:
            raise Conflict(
                "the environment gives the key of pins",
                place="JACKFIELD_PIN_KEY",
                remedy="put the new key behind the old one everywhere, and then before it",
            )
        self.seals.get()
        records, subject = self.operations.records, self.seals.subject
        found, now = records.ledger.read(subject), records.clock.now()
        if not isinstance(found.state, KeysState):
            raise Unavailable("the key of pins cannot be read", place="pins", remedy="mend the ledger")
        keys = rotated(found.state, key=self.seals.new_key(), now=now)
        event = self._rotation(now, begun=keys.coming is not None)
        records.ledger.commit(Change(subject=subject, expected=found.revision, state=keys, events=(event,)))
        self.seals.doubt()
        return None if keys.coming is None else now + 2 * AGAIN

    def _rotation(self, now: datetime, *, begun: bool) -> Event:
        identifier = self.operations.records.new_id()
        return Event(
            id=identifier,
            time=now,
            subject=self.seals.subject,
            type=ROTATE,
            actor=self.actor.name,
            reason=self.actor.reason,
            outcome=Outcome.SUCCEEDED,
            correlation_id=identifier,
            payload={"half": "first" if begun else "second"},
        )

    def _tried(self, name: str) -> Stepped | JackfieldError:
        try:
            return self.step(name)
        except _PASSING as error:
            return error
