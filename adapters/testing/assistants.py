"""Assistants that answer as a test wrote it, without a platform."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Condition
from typing import Final

from attrs import define, field

from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, StreamEvent, Usage
from jackfield.domain.model.conversations.messages import Question
from jackfield.domain.model.errors import JackfieldError
from jackfield.ports.assistants import ConversationId, Hear

HELLO: Final = (Chunk(0, "Hel"), Chunk(1, "lo"), Completed(2, Usage(prompt_tokens=9, completion_tokens=2)))
_LONGEST_S: Final = 10.0


@define(eq=False)
class ScriptedLine:
    """One answer that is listened to: its events come in their order, when they are played.

    `paused` and `closed` are what the listener asked for last, `pauses` and `resumes` how often it did.
    """

    events: Sequence[StreamEvent]
    hear: Hear
    cursor: Callable[[], int | None]
    ends: float
    paused: bool = False
    closed: bool = False
    pauses: int = 0
    resumes: int = 0
    _at: int = field(default=0, init=False)
    _change: Condition = field(factory=Condition, init=False)

    def play(self, most: int | None = None) -> int:
        """Let the next events come, at most so many, on this thread; return how many came.

        It ends early where the listener closed or paused the line.
        """
        played = 0
        while played != most and self._is_open():
            self._at += 1
            played += 1
            self.hear(self.events[self._at - 1])
        return played

    def run(self) -> None:
        """Let all events come, and wait where the line is paused: for a thread of its own."""
        while not self.closed and self._at < len(self.events):
            self.play()
            with self._change:
                self._change.wait_for(lambda: self.closed or not self.paused, _LONGEST_S)

    def pause(self) -> None:
        """Let no more come for now."""
        with self._change:
            self.paused = True
            self.pauses += 1

    def resume(self) -> None:
        """Go on behind what the cursor says."""
        cursor = self.cursor()
        with self._change:
            self.paused = False
            self.resumes += 1
            self._at = min((n for n, event in enumerate(self.events) if _is_behind(event, cursor)), default=0)
            self._change.notify_all()

    def close(self) -> None:
        """Listen no more."""
        with self._change:
            self.closed = True
            self._change.notify_all()

    def _is_open(self) -> bool:
        return not self.closed and not self.paused and self._at < len(self.events)


def _is_behind(event: StreamEvent, cursor: int | None) -> bool:
    sequence = getattr(event, "sequence", None)
    return sequence is None or cursor is None or sequence > cursor


@define(eq=False)
class ScriptedAssistants:
    """An `AssistantGateway` that answers each question with `events`, and remembers what it was asked.

    They come while somebody begins to listen, unless `at_once` is False: then the test plays `lines[n]`, or
    lets it `run` on a thread. `refusal` is raised by `ask`, `unready` by `ready`, `deaf` by
    `listen`.
    """

    events: Sequence[StreamEvent] = HELLO
    at_once: bool = True
    refusal: BaseException | None = None
    unready: JackfieldError | None = None
    deaf: BaseException | None = None
    asked: list[Question] = field(factory=list[Question])
    lines: list[ScriptedLine] = field(factory=list[ScriptedLine])
    closed: bool = False

    def ready(self, ends: float) -> None:
        """Be ready, or raise `unready`."""
        del ends  # nothing takes time here
        if self.unready is not None:
            raise self.unready

    def ask(self, question: Question, ends: float) -> ConversationId:
        """Take the question, or raise `refusal`."""
        del ends  # nothing takes time here
        self.asked.append(question)
        if self.refusal is not None:
            raise self.refusal
        return ConversationId(f"conv-{len(self.asked)}")

    def listen(
        self, conversation: ConversationId, hear: Hear, *, cursor: Callable[[], int | None], ends: float
    ) -> ScriptedLine:
        """Let the events come to *hear*."""
        del conversation  # all have the same answer
        if self.deaf is not None:
            raise self.deaf
        line = ScriptedLine(tuple(self.events), hear, cursor, ends)
        self.lines.append(line)
        if self.at_once:
            line.play()
        return line

    def close(self) -> None:
        """Let everything that is listened to hear `Failed("closed")`."""
        self.closed = True
        for line in self.lines:
            if not line.closed:
                line.hear(Failed("closed"))
