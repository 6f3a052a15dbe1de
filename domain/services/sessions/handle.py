"""One session in a program's hand: known by its id, and read anew at every call; so any process goes on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import expect
from jackfield.domain.model.sessions.ends import Resolution, resolution
from jackfield.domain.model.sessions.signals import Failure
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.asked.packing import BY_HAND
from jackfield.domain.services.sessions.asked.utterances import Utterance
from jackfield.domain.services.sessions.asked.values import Escalated, TurnResult
from jackfield.domain.services.sessions.asked.wanting import LONGEST
from jackfield.domain.services.sessions.ending.closing import Closing
from jackfield.domain.services.sessions.handing.by_hand import Asked, Handing
from jackfield.domain.services.sessions.handing.returning import Returning
from jackfield.domain.services.sessions.recorded.records import SessionRecords
from jackfield.domain.services.sessions.recorded.views import SessionView, view
from jackfield.domain.services.sessions.turning.taking import Turning


@frozen(kw_only=True)
class ActingSession:
    """One session, moved by somebody for a reason. It holds nothing but its id; several may have the same."""

    id: str
    actor: Actor
    records: SessionRecords = field(repr=False)
    turning: Turning = field(repr=False)
    handing: Handing = field(repr=False)
    returning: Returning = field(repr=False)
    closing: Closing = field(repr=False)

    def view(self) -> SessionView:
        """Return the session as it is now."""
        return view(self.records.load(self.id))

    def may_speak(self) -> bool:
        """Return whether the bot has the session now: to be asked right before something is sent."""
        return self.records.load(self.id).state.session.bot_may_speak

    def turn(
        self,
        text: str,
        *,
        bot_said: str | None = None,
        tried: Iterable[str] = (),
        failure: Failure | str | None = None,
        once: str | None = None,
        deadline: timedelta | None = None,
    ) -> TurnResult:
        """Return what to do with what the customer said: go on, ask back, or let people take over.

        *bot_said* is what the customer was told before, *tried* which actions were tried for him; people read
        both, redacted. *failure* is a tool's or the platform's since the last turn. Of one session turns are
        taken one after the other, also by several processes. *once* is the channel's id of the message, or
        another name of it: said again under this name it changes nothing, and is answered as it was.

        Raises `InvalidInput` for a text that nobody says, `Conflict` if the bot does not have the session
        (its time may be over), or if an earlier turn does not end in time. An evaluation that fails is a
        failure of the turn, and no error.
        """
        said = Utterance(text=text, bot_said=bot_said, tried=tried, failure=failure, once=once)
        return self.turning.turn(self.id, said, self.actor, _bounded(deadline))

    def escalate(
        self,
        reason: str = BY_HAND,
        *,
        summary: str = "",
        tried: Iterable[str] = (),
        queue: str | None = None,
        deadline: timedelta | None = None,
    ) -> Escalated:
        """Let people take over: in *queue*, or else in the one that the bot's rules say.

        Of a hand-off that the platform could not be told of yet it is told again: the same one, marked as
        `again`, and its customer message is not to be said twice. Raises `Conflict` if people have it
        already, or it is over.
        """
        asked = Asked(reason=reason, summary=summary, tried=tried, queue=queue)
        return self.handing.escalate(self.id, asked, self.actor, _bounded(deadline))

    def accepted(self, *, deadline: timedelta | None = None) -> SessionView:
        """Tell that people took the session out of their queue, as `Handing.accepted` says.

        The platform does not say so itself. What nobody tells of stays `handing over`, and when it is over it
        counts as having been with people, unless the customer abandoned it.
        """
        return view(self.handing.accepted(self.id, self.actor, _bounded(deadline)))

    def hand_back(self, *, deadline: timedelta | None = None) -> SessionView:
        """Give the session back to its bot, as `Returning.hand_back` says."""
        return view(self.returning.hand_back(self.id, self.actor, _bounded(deadline)))

    def close(self, resolution_: Resolution | str, /, *, deadline: timedelta | None = None) -> SessionView:
        """End the session, as `Closing.close` says; the end itself may be told by the platform later."""
        word = resolution(resolution_)
        return view(self.closing.close(self.id, word, self.actor, _bounded(deadline)))


def _bounded(deadline: timedelta | None) -> timedelta | None:
    if deadline is None:
        return None
    expect(timedelta, deadline, "deadline", "give a timedelta, such as timedelta(seconds=20)")
    if not timedelta() < deadline <= LONGEST:
        raise InvalidInput("it is more than nothing, and at most 1 h", place="deadline", remedy="mend it")
    return deadline
