"""Which answer feedback is of: by what this process displayed, else by what the log has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from attrs import define, field

from jackfield.domain.model.advice.feedback import Action, Feedback
from jackfield.domain.model.advice.sifting import Accepted
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.services.advice.checks import carried, named, position
from jackfield.domain.services.advice.hearing.looking import Looking, Sighted
from jackfield.domain.services.advice.hearing.recent import Recent
from jackfield.domain.services.advice.hearing.shown import Shown
from jackfield.domain.services.advice.told import Display, OnScreen
from jackfield.ports.clock import Clock


@define(eq=False, kw_only=True)
class Placing:
    """Places feedback. While the log cannot be read nothing is called unknown."""

    recent: Recent
    shown: Shown
    looking: Looking
    clock: Clock
    flush: Callable[[], None]
    """Brings into the log what was given a moment ago; raises what keeps it from that."""

    def placed(
        self,
        recommendations: Iterable[Accepted | OnScreen | str],
        agent: str,
        action: Action,
        conversation: str | None,
    ) -> Iterator[tuple[Feedback, str | None]]:
        """Give what is told of each, and the answer's id; the log is read once for all, if it has to be."""
        one = _One(self, agent, action, conversation)
        return iter([one.placed(each) for each in recommendations])


@define(eq=False)
class _One:
    """What was told at once, of one agent and one conversation, or of none."""

    by: Placing
    agent: str
    action: Action
    conversation: str | None
    _log: Sighted | None = field(default=None, init=False)
    _is_unread: bool = field(default=False, init=False)

    def placed(self, recommendation: Accepted | OnScreen | str) -> tuple[Feedback, str | None]:
        identifier = named(_id(recommendation), "recommendation")
        display, there, known = self._found(identifier, is_here=isinstance(recommendation, Accepted))
        told = _on_screen(recommendation, there)
        feedback = Feedback(
            recommendation=identifier,
            conversation=self.conversation or ("" if display is None else display.conversation),
            agent=self.agent,
            action=self.action,
            time=self.by.clock.now(),
            source=told.source,
            position=told.position,
            known=known,
        )
        return feedback, None if display is None else display.advice

    def _found(self, identifier: str, *, is_here: bool) -> tuple[Display | None, OnScreen, bool]:
        """Return where it was displayed, where it stood, and whether anybody knows of it."""
        found = self.by.recent.find(self.agent, identifier)
        if found is not None and self.conversation in (None, found[0].conversation):
            return *found, found[0].known
        nowhere = OnScreen(identifier, None, None)
        if is_here:  # who has the item itself had it from an answer
            return None, nowhere, True
        seen = self._read().find(self.agent, identifier)
        if seen is not None:
            return *seen, seen[0] is None or seen[0].known
        where = self.conversation
        return (
            None,
            nowhere,
            self._is_unread or (where is not None and self.by.shown.holds(where, identifier)),
        )

    def _read(self) -> Sighted:
        if self._log is None:
            try:
                self.by.flush()
                self._log = self.by.looking.of(self.conversation)
            except JackfieldError:
                self._log, self._is_unread = Sighted(), True
        return self._log


def _id(recommendation: Accepted | OnScreen | str) -> str:
    match recommendation:
        case Accepted():
            return recommendation.item.id
        case OnScreen():
            return recommendation.recommendation
        case _:
            return recommendation


def _on_screen(recommendation: Accepted | OnScreen | str, there: OnScreen) -> OnScreen:
    """Return where it stood: as it was told, else as it is known; raise `InvalidInput` for no such place."""
    told = _told(recommendation, there)
    if told.source is not None:
        carried(told.source, "source")
    if told.position is not None:
        position(told.position)
    return told


def _told(recommendation: Accepted | OnScreen | str, there: OnScreen) -> OnScreen:
    match recommendation:
        case Accepted():
            return OnScreen(there.recommendation, recommendation.item.source, recommendation.position)
        case OnScreen():
            return recommendation.filled(there)
        case _:
            return there
