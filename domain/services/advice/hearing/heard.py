"""Hearing what becomes of advice: that it was given, displayed, and what agents did with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from attrs import define, field

from jackfield.domain.model.advice.feedback import Action, Feedback, action
from jackfield.domain.model.advice.sifting import Accepted
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.fields import expect
from jackfield.domain.services.advice.checks import named
from jackfield.domain.services.advice.hearing.recent import Recent
from jackfield.domain.services.advice.hearing.shown import Shown
from jackfield.domain.services.advice.keeping.kept import Answers
from jackfield.domain.services.advice.keeping.marked import What
from jackfield.domain.services.advice.measuring import Measures
from jackfield.domain.services.advice.told import Display, Happening, OnScreen, Said, Teller
from jackfield.domain.services.advice.values import Advised
from jackfield.domain.services.rollouts.buffering import Buffer
from jackfield.ports.clock import Clock

_action = action
_LEAST_S: Final = 0.1
"""What is written into the log is waited for so long at least, also where a deadline has come."""


@define(eq=False, kw_only=True)
class Hearing:
    """Remembers it, and hands it on to the log; where it is `durable`, nothing returns before it is there.

    Who gives no deadline waits for that as long as `patience`.
    """

    answers: Answers
    buffer: Buffer[Happening, str]
    shown: Shown
    measures: Measures
    clock: Clock
    durable: bool = False
    patience: timedelta = timedelta(seconds=5)
    recent: Recent = field(factory=Recent)

    def displayed(
        self, advised: Advised, *, agent: str | None, items: Iterable[Accepted | str] | None
    ) -> None:
        """Take that recommendations of an answer were on a screen."""
        expect(Advised, advised, "advised", "give what query returned")
        ids = None if items is None else {_id(each) for each in items}
        on_screen = tuple(
            OnScreen(each.item.id, each.item.source, each.position)
            for each in advised.accepted
            if ids is None or each.item.id in ids
        )
        who = advised.agent if agent is None else named(agent, "agent")
        if on_screen:
            display = Display(advised.conversation, who, self.clock.now(), on_screen, advised.id)
            self.tell(self._remembered(display))

    def feedback(
        self,
        recommendations: Iterable[Accepted | str],
        *,
        agent: str,
        action: Action | str,
        conversation: str | None,
        teller: Teller | None = None,
    ) -> tuple[Feedback, ...]:
        """Take what an agent did; wrong recommendations go from all that is kept, and that is told once."""
        who, what = named(agent, "agent"), _action(action)
        said = [self._told(each, who, what, conversation, teller) for each in recommendations]
        if what is Action.WRONG and said:
            self.answers.forget(What.ITEM, dict.fromkeys(each.feedback.recommendation for each in said))
        if what is Action.CLICKED:
            for each in said:
                self.measures.clicked(each.feedback.source, who)
        if what is Action.DISPLAYED:
            self.tell(*[self._remembered(_display(each)) for each in said])
        else:
            self.tell(*said)
        return tuple(each.feedback for each in said)

    def tell(self, *happenings: Happening, seconds: float | None = None) -> None:
        """Hand them on; raise `Unavailable` where they have to be in the log, and are not after *seconds*."""
        taken = [self.buffer.put(each) for each in happenings]
        if not self.durable or not taken:
            return
        if not all(taken):
            raise Unavailable("it does not get into the log", place="advice", remedy="look at the ledger")
        self.buffer.flush(max(_LEAST_S, self.patience.total_seconds() if seconds is None else seconds))

    def after_fork(self) -> None:
        """Nobody who held a lock is in this process."""
        self.shown.after_fork()
        self.recent.after_fork()

    def _told(
        self,
        recommendation: Accepted | str,
        agent: str,
        what: Action,
        conversation: str | None,
        teller: Teller | None,
    ) -> Said:
        identifier = named(_id(recommendation), "recommendation")
        where = None if conversation is None else named(conversation, "conversation")
        display, on_screen = self._known(agent, identifier, where)
        if isinstance(recommendation, Accepted):
            on_screen = OnScreen(identifier, recommendation.item.source, recommendation.position)
        told = Feedback(
            recommendation=identifier,
            conversation=where or ("" if display is None else display.conversation),
            agent=agent,
            action=what,
            time=self.clock.now(),
            source=on_screen.source,
            position=on_screen.position,
        )
        return Said(told, None if display is None else display.advice, teller)

    def _known(
        self, agent: str, identifier: str, conversation: str | None
    ) -> tuple[Display | None, OnScreen]:
        """Return where it was displayed, unless that was in another conversation."""
        found = self.recent.find(agent, identifier)
        if found is None or conversation not in (None, found[0].conversation):
            return None, OnScreen(identifier, None, None)
        return found

    def _remembered(self, display: Display) -> Display:
        if display.conversation:
            self.shown.add(display.conversation, (each.recommendation for each in display.shown))
        self.recent.add(display)
        return display


def _display(said: Said) -> Display:
    told = said.feedback
    on_screen = OnScreen(told.recommendation, told.source, told.position)
    return Display(told.conversation, told.agent, told.time, (on_screen,), said.advice, said.teller)


def _id(recommendation: Accepted | str) -> str:
    return recommendation.item.id if isinstance(recommendation, Accepted) else recommendation
