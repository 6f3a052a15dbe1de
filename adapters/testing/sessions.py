"""A platform's conversations in memory, and an understanding that says what a test wrote."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import Final, TypeAlias, TypeVar

from attrs import define, evolve, field, frozen

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.testing.lines import When
from jackfield.domain.model.errors import (
    BotFull,
    Conflict,
    InvalidInput,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    Unavailable,
)
from jackfield.domain.model.sessions.attributes import SESSION_KEY, Attributes, merge
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.domain.model.sessions.signals import Evaluation
from jackfield.ports.assistants import ConversationId
from jackfield.ports.clock import Clock
from jackfield.ports.sessions import Conversation, Opening

T = TypeVar("T")
_CHANGES: Final = frozenset({"start", "route", "close"})


@define(eq=False)
class FakeSessionGateway:
    """A `SessionGateway` in memory: no two verbs overlap, and `calls` has the name of each in its order.

    `bots` and `queues` are the ids that it knows, None for any. A bot has `limit` active conversations at
    most that wait for nobody. `cut` lets the next call of a verb fail; `finish` is an end that the platform
    makes by itself.
    """

    clock: Clock = field(factory=FrozenClock)
    bots: Collection[str] | None = None
    queues: Collection[str] | None = None
    limit: int | None = None
    conversations: dict[ConversationId, Conversation] = field(factory=dict[ConversationId, Conversation])
    calls: list[str] = field(factory=list[str])
    _cuts: list[tuple[str, When, JackfieldError]] = field(
        factory=list[tuple[str, When, JackfieldError]], init=False
    )
    _numbers: count[int] = field(factory=lambda: count(1), init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False)

    def cut(self, verb: str, when: When, error: JackfieldError | None = None) -> None:
        """Let the next call of *verb* raise *error*, before it does anything or after it did all.

        Without one that is `OutcomeUnknown` of a change that was made, and `Unavailable` of everything else.
        """
        unknown = when is When.AFTER and verb in _CHANGES
        usual = OutcomeUnknown("no answer came") if unknown else Unavailable("the line is cut")
        with self._lock:
            self._cuts.append((verb, when, error or usual))

    def finish(self, conversation: ConversationId, resolution: Resolution | None = None) -> Conversation:
        """End a conversation as its customer, its people or the platform do."""
        with self._lock:
            return self._ended(self._held(conversation), resolution)

    def start(self, opening: Opening, *, ends: float) -> Conversation:
        """Make it, unless the bot is unknown or full."""
        with self._lock:
            cut = self._called("start", ends)
            attributes = _tagged(opening)
            _expect(self.bots, opening.bot, "bot")
            _expect(self.queues, opening.queue, "queue")
            if opening.queue is None:
                self._expect_room(opening.bot)
            made = self._kept(
                Conversation(
                    id=ConversationId(f"conversation-{next(self._numbers)}"),
                    bot=opening.bot,
                    active=True,
                    started=self.clock.now(),
                    queue=opening.queue,
                    session=opening.session,
                    attributes=attributes.values(),
                )
            )
            return _answer(made, cut)

    def look_up(self, bot: str, session: str, *, ends: float) -> Conversation | None:
        """Look through the active ones."""
        with self._lock:
            cut = self._called("look_up", ends)
            found = (c for c in self.conversations.values() if c.active and c.bot == bot)
            return _answer(next((c for c in found if c.session == session), None), cut)

    def count_active(self, bot: str, *, enough: int, most: int | None = None, ends: float) -> int:
        """Count as the port says: all of them if these are fewer than *enough*, else those with the bot."""
        with self._lock:
            cut = self._called("count_active", ends)
            total = sum(c.active and c.bot == bot for c in self.conversations.values())
            own = len(self._of_bot(bot))
            return _answer(total if total < enough else own if most is None else min(own, most), cut)

    def active(self, bot: str, *, ends: float) -> frozenset[ConversationId]:
        """Return those with the bot."""
        with self._lock:
            cut = self._called("active", ends)
            return _answer(self._of_bot(bot), cut)

    def find(self, conversation: ConversationId, *, ends: float) -> Conversation:
        """Return it."""
        with self._lock:
            cut = self._called("find", ends)
            return _answer(self._held(conversation), cut)

    def route(
        self, conversation: ConversationId, queue: str | None, attributes: Attributes, *, ends: float
    ) -> Conversation:
        """Give it to people, or back to the bot."""
        with self._lock:
            cut = self._called("route", ends)
            held = self._held(conversation)
            _expect(self.queues, queue, "queue")
            if not held.active:
                raise Conflict("it is over", place=f"conversation {conversation}")
            if queue is None and held.queue is not None:
                self._expect_room(held.bot)
            values = attributes.values()
            session = values.get(SESSION_KEY)
            return _answer(
                self._kept(evolve(held, queue=queue, attributes=values, session=session)),
                cut,
            )

    def close(self, conversation: ConversationId, resolution: Resolution, *, ends: float) -> Conversation:
        """End it, or return it as it ended."""
        with self._lock:
            cut = self._called("close", ends)
            held = self._held(conversation)
            return _answer(self._ended(held, resolution) if held.active else held, cut)

    def _called(self, verb: str, ends: float) -> JackfieldError | None:
        """Return what the call raises when it is done, or raise what it raises before."""
        self.calls.append(verb)
        _expect_time(self.clock, ends)
        cut = next((c for c in self._cuts if c[0] == verb), None)
        if cut is None:
            return None
        self._cuts.remove(cut)
        if cut[1] is When.BEFORE:
            raise cut[2]
        return cut[2]

    def _expect_room(self, bot: str | None) -> None:
        if self.limit is not None and len(self._of_bot(bot)) >= self.limit:
            raise BotFull(f"the platform lets the bot have {self.limit}", place=f"bot {bot!r}")

    def _of_bot(self, bot: str | None) -> frozenset[ConversationId]:
        held = self.conversations.values()
        return frozenset(c.id for c in held if c.active and c.bot == bot and c.queue is None)

    def _held(self, conversation: ConversationId) -> Conversation:
        held = self.conversations.get(conversation)
        if held is None:
            raise NotFound("there is no such conversation", place="conversation")
        return held

    def _ended(self, held: Conversation, resolution: Resolution | None) -> Conversation:
        return self._kept(evolve(held, active=False, ended=self.clock.now(), resolution=resolution))

    def _kept(self, conversation: Conversation) -> Conversation:
        self.conversations[conversation.id] = conversation
        return conversation


def _expect_time(clock: Clock, ends: float) -> None:
    if clock.monotonic() >= ends:
        raise Unavailable("the deadline passed before it could be sent")


def _expect(known: Collection[str] | None, wanted: str | None, kind: str) -> None:
    if known is not None and wanted is not None and wanted not in known:
        raise NotFound(f"there is no {kind} {wanted!r}", place=kind)


def _answer(value: T, cut: JackfieldError | None) -> T:
    if cut is not None:
        raise cut
    return value


def _tagged(opening: Opening) -> Attributes:
    merged = merge(opening.attributes, ((SESSION_KEY, opening.session),))
    if merged.dropped:
        raise InvalidInput("they leave no room for the session's id", place="attributes")
    return merged.attributes


Saying: TypeAlias = Evaluation | JackfieldError
"""What is said of a text, or why nothing is."""


@frozen(kw_only=True)
class Asked:
    """A text that was evaluated, for which bot, in which language."""

    text: str
    bot: str
    language: str | None


OTHER: Final = Evaluation(intent="other", confidence=0.9, sentiment=0.0)


@define(eq=False)
class ScriptedUnderstanding:
    """An `Understanding` that says of a text what is in `answers`, and `default` of every other.

    What is in `next` goes before both, each once and in its order. An error is raised. `asked` has every
    text, also those of which nothing was said. `bots` are the ids that it knows, None for any.
    """

    answers: Mapping[str, Saying] = field(factory=dict[str, Saying])
    default: Saying = OTHER
    next: list[Saying] = field(factory=list[Saying])
    asked: list[Asked] = field(factory=list[Asked])
    bots: Collection[str] | None = None
    clock: Clock = field(factory=FrozenClock)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def evaluate(self, text: str, *, bot: str, language: str | None, ends: float) -> Evaluation:
        """Say what was written for *text*."""
        _expect_time(self.clock, ends)
        with self._lock:
            self.asked.append(Asked(text=text, bot=bot, language=language))
            _expect(self.bots, bot, "bot")
            saying = self.next.pop(0) if self.next else self.answers.get(text, self.default)
        if isinstance(saying, JackfieldError):
            raise saying
        return saying

    @property
    def texts(self) -> Sequence[str]:
        """The texts that were asked about, in their order."""
        return [each.text for each in self.asked]
