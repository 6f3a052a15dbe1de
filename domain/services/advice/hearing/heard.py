"""Hearing what becomes of advice: that it was given, displayed, and what agents did with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from attrs import define

from jackfield.domain.model.advice.feedback import Action, Feedback, action
from jackfield.domain.model.advice.sifting import Accepted
from jackfield.domain.model.errors import InvalidInput, JackfieldError, Unavailable
from jackfield.domain.model.fields import expect
from jackfield.domain.services.advice.checks import keyed, named
from jackfield.domain.services.advice.hearing.once import Once
from jackfield.domain.services.advice.hearing.placing import Placing
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
LEAST_S: Final = 0.1
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
    once: Once
    placing: Placing
    recent: Recent
    durable: bool = False
    patience: timedelta = timedelta(seconds=5)

    def displayed(
        self, advised: Advised, *, agent: str | None, items: Iterable[Accepted | str] | None
    ) -> None:
        """Take that recommendations of an answer were on a screen; raise `InvalidInput` for one not in it."""
        expect(Advised, advised, "advised", "give what query returned")
        ids = None if items is None else _within(advised, items)
        on_screen = tuple(
            OnScreen(each.item.id, each.item.source, each.position)
            for each in advised.accepted
            if ids is None or each.item.id in ids
        )
        who = advised.agent if agent is None else named(agent, "agent")
        if on_screen:
            display = Display(advised.conversation, who, self.clock.now(), on_screen, advised.id)
            self._remember([display])
            self.tell(display)

    def feedback(
        self,
        recommendations: Iterable[Accepted | OnScreen | str],
        *,
        agent: str,
        action: Action | str,
        conversation: str | None,
        teller: Teller | None = None,
        once: str | None = None,
    ) -> tuple[Feedback, ...]:
        """Take what an agent did; wrong recommendations go from all that is kept, and that is told once."""
        who, what = named(agent, "agent"), _action(action)
        where = None if conversation is None else named(conversation, "conversation")
        key = None if once is None else keyed(once, where)
        told = self.placing.placed(recommendations, who, what, where)
        said = [Said(feedback, advice, teller, key) for feedback, advice in told]
        happened = [_display(each) if what is Action.DISPLAYED else each for each in said]
        if key is not None and said:
            return self._told_once(happened, said)
        self._act(said)
        self.tell(*happened)
        return tuple(each.feedback for each in said)

    def tell(self, *happenings: Happening, seconds: float | None = None) -> None:
        """Hand them on; raise `Unavailable` where they have to be in the log, and are not after *seconds*."""
        if not self.durable:
            for each in happenings:
                self.buffer.put(each)
            return
        patience = self.patience.total_seconds() if seconds is None else seconds
        if not self.buffer.commit(happenings, max(LEAST_S, patience)):
            raise Unavailable("it does not get into the log", place="advice", remedy="look at the ledger")

    def after_fork(self) -> None:
        """Nobody who held a lock is in this process."""
        self.shown.after_fork()
        self.recent.after_fork()

    def _told_once(self, happened: Sequence[Display | Said], said: Sequence[Said]) -> tuple[Feedback, ...]:
        """Commit it behind all that happened before; what was told by this name already is not told again."""
        self._settle()
        before = self.once.commit(happened, said)
        self._act(said, again=before is not None)
        return tuple(each.feedback for each in said) if before is None else before

    def _settle(self) -> None:
        try:
            self.buffer.flush(max(LEAST_S, self.patience.total_seconds()))
        except Unavailable:
            raise
        except JackfieldError:
            pass  # what others told is lost, and counted; all else is written

    def _act(self, said: Sequence[Said], *, again: bool = False) -> None:
        """Do what follows from it here; what does no harm twice is also done *again*, after a crash."""
        wrong = [each for each in said if each.feedback.action is Action.WRONG]
        for where in {each.conversation: None for each in wrong if each.conversation}:
            ids = [each.feedback.recommendation for each in wrong if each.conversation == where]
            self.shown.judge(where, ids)
        if wrong:  # who asks anew from now on knows of it
            self.answers.forget(What.ITEM, dict.fromkeys(each.feedback.recommendation for each in wrong))
        self._remember([_display(each) for each in said if each.feedback.action is Action.DISPLAYED])
        for each in () if again else said:
            if each.feedback.action is Action.CLICKED:
                self.measures.clicked(each.feedback.source, each.feedback.agent)

    def _remember(self, displays: Sequence[Display]) -> None:
        for display in displays:
            if display.conversation:
                self.shown.add(display.conversation, (each.recommendation for each in display.shown))
            self.recent.add(display)


def _within(advised: Advised, items: Iterable[Accepted | str]) -> set[str]:
    ids = [each.item.id if isinstance(each, Accepted) else each for each in items]
    there = {each.item.id for each in advised.accepted}
    for each in ids:
        if each not in there:
            raise InvalidInput(
                f"{str(each)[:80]!a} was not accepted in this answer",
                place="items",
                remedy="give items of advised.accepted, or their ids",
            )
    return set(ids)


def _display(said: Said) -> Display:
    told = said.feedback
    on_screen = OnScreen(told.recommendation, told.source, told.position)
    return Display(
        told.conversation,
        told.agent,
        told.time,
        (on_screen,),
        said.advice,
        said.teller,
        said.once,
        told.known,
    )
