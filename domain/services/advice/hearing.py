"""Hearing what becomes of advice: that it was given, displayed, and what agents did with it."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from jackfield.domain.model.advice.feedback import Action, Feedback, action
from jackfield.domain.model.advice.sifting import Accepted
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.fields import expect
from jackfield.domain.services.advice.checks import named
from jackfield.domain.services.advice.keeping import Answers
from jackfield.domain.services.advice.marks import What
from jackfield.domain.services.advice.measuring import Measures
from jackfield.domain.services.advice.recent import Recent
from jackfield.domain.services.advice.shown import Shown
from jackfield.domain.services.advice.told import Display, Happening, OnScreen, Said
from jackfield.domain.services.advice.values import Advised
from jackfield.domain.services.rollouts.buffering import Buffer
from jackfield.ports.clock import Clock

_action = action


@define(eq=False, kw_only=True)
class Hearing:
    """Remembers it, and hands it on to the log; where it is `durable`, nothing returns before it is there."""

    answers: Answers
    buffer: Buffer[Happening, str]
    shown: Shown
    measures: Measures
    clock: Clock
    durable: bool = False
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
            self._display(Display(advised.conversation, who, self.clock.now(), on_screen, advised.id))

    def feedback(
        self,
        recommendation: Accepted | str,
        *,
        agent: str,
        action: Action | str,
        conversation: str | None,
    ) -> Feedback:
        """Take what an agent did; a wrong recommendation goes from all that is kept."""
        told, advice = self._told(recommendation, named(agent, "agent"), _action(action), conversation)
        if told.action is Action.DISPLAYED:
            on_screen = OnScreen(told.recommendation, told.source, told.position)
            self._display(Display(told.conversation, told.agent, told.time, (on_screen,), advice))
            return told
        if told.action is Action.WRONG:
            self.answers.forget(What.ITEM, told.recommendation)
        if told.action is Action.CLICKED:
            self.measures.clicked(told.source, told.agent)
        self.tell(Said(told, advice))
        return told

    def tell(self, happening: Happening) -> None:
        """Hand it on; raise `Unavailable` where it has to be in the log, and is not."""
        taken = self.buffer.put(happening)
        if not self.durable:
            return
        if not taken:
            raise Unavailable("it does not get into the log", place="advice", remedy="look at the ledger")
        self.buffer.flush()

    def after_fork(self) -> None:
        """Nobody who held a lock is in this process."""
        self.shown.after_fork()
        self.recent.after_fork()

    def _told(
        self, recommendation: Accepted | str, agent: str, what: Action, conversation: str | None
    ) -> tuple[Feedback, str | None]:
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
        return told, None if display is None else display.advice

    def _known(
        self, agent: str, identifier: str, conversation: str | None
    ) -> tuple[Display | None, OnScreen]:
        """Return where it was displayed, unless that was in another conversation."""
        found = self.recent.find(agent, identifier)
        if found is None or conversation not in (None, found[0].conversation):
            return None, OnScreen(identifier, None, None)
        return found

    def _display(self, display: Display) -> None:
        if display.conversation:
            self.shown.add(display.conversation, (each.recommendation for each in display.shown))
        self.recent.add(display)
        self.tell(display)


def _id(recommendation: Accepted | str) -> str:
    return recommendation.item.id if isinstance(recommendation, Accepted) else recommendation
