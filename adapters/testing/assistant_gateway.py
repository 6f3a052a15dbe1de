"""What every `AssistantGateway` promises, as tests."""

from __future__ import annotations

import threading
from typing import Final

import pytest
from attrs import define, field

from jackfield.domain.model.conversations.events import Chunk, Completed, Failed, StreamEvent
from jackfield.domain.model.conversations.messages import Message, Question, Role
from jackfield.domain.model.errors import InvalidInput, NotFound, Unavailable
from jackfield.ports.assistants import AssistantGateway, ConversationId, Line
from jackfield.ports.clock import Clock

_PATIENCE_S: Final = 20.0
_MOMENT_S: Final = 0.05
_LEAST_PIECES: Final = 3
_HEARD: Final = 1
_FEW: Final = 2
_NOBODY: Final = "00000000-0000-4000-8000-000000000000"


@define(eq=False)
class Ear:
    """A listener that keeps what it hears, and closes or pauses its line behind so many events.

    One that does so waits for its line first.
    """

    close_behind: int | None = None
    pause_behind: int | None = None
    line: Line | None = None
    events: list[StreamEvent] = field(factory=list[StreamEvent])
    threads: set[str] = field(factory=set[str])
    _change: threading.Condition = field(factory=threading.Condition)
    _attached: threading.Event = field(factory=threading.Event)

    def hear(self, event: StreamEvent) -> None:
        """Keep it."""
        if self.close_behind is not None or self.pause_behind is not None:
            self._attached.wait(_PATIENCE_S)
        count, line = len(self.events) + 1, self.line
        if line is not None and count == self.close_behind:
            line.close()
        if line is not None and count == self.pause_behind:
            line.pause()
        with self._change:
            self.events.append(event)
            self.threads.add(threading.current_thread().name)
            self._change.notify_all()

    def attach(self, line: Line) -> None:
        """Have the line."""
        self.line = line
        self._attached.set()

    @property
    def cursor(self) -> int | None:
        """The last piece in order."""
        heard, last = {e.sequence for e in self.events if isinstance(e, Chunk)}, -1
        while last + 1 in heard:
            last += 1
        return None if last < 0 else last

    @property
    def text(self) -> str:
        """What was said, each piece once and in order; a server without numbers sends it so."""
        heard = [each for each in self.events if isinstance(each, Chunk)]
        pieces = {at if c.sequence is None else c.sequence: c.content for at, c in enumerate(heard)}
        return "".join(pieces[at] for at in sorted(pieces))

    @property
    def end(self) -> Completed | Failed | None:
        """The event that ended it."""
        return next((e for e in self.events if isinstance(e, Completed | Failed)), None)

    def until(self, count: int) -> None:
        """Return when so many events were heard."""
        with self._change:
            assert self._change.wait_for(lambda: len(self.events) >= count, _PATIENCE_S), self.events

    def until_the_end(self) -> Completed | Failed:
        """Return when it has ended."""
        with self._change:
            assert self._change.wait_for(lambda: self.end is not None, _PATIENCE_S), self.events
        assert self.end is not None
        return self.end


class AssistantGatewayContract:
    """Provide the fixtures `gateway`, `clock` (the gateway's) and `assistant` (an id; it answers in three
    pieces or more), and inherit the tests."""

    @pytest.fixture
    def ends(self, clock: Clock) -> float:
        """A deadline that is far away."""
        return clock.monotonic() + 600

    @pytest.fixture
    def question(self, assistant: str) -> Question:
        """A question of one message."""
        return Question(
            assistant=assistant, messages=(Message(Role.USER, "When is my refund here?"),), output=500
        )

    @pytest.fixture
    def conversation(self, gateway: AssistantGateway, question: Question, ends: float) -> ConversationId:
        """A conversation that was begun."""
        gateway.ready(ends)
        return gateway.ask(question, ends)

    @pytest.fixture
    def whole(self, gateway: AssistantGateway, conversation: ConversationId, ends: float) -> str:
        """The answer as it is when nothing is wrong."""
        ear = Ear()
        listened(gateway, conversation, ear, ends)
        assert isinstance(ear.until_the_end(), Completed)
        return ear.text

    def test_is_ready_as_often_as_it_is_asked(self, gateway: AssistantGateway, ends: float) -> None:
        gateway.ready(ends)
        gateway.ready(ends)

    def test_begins_a_new_conversation_each_time(
        self, gateway: AssistantGateway, question: Question, ends: float
    ) -> None:
        assert gateway.ask(question, ends) != gateway.ask(question, ends)

    def test_knows_no_assistant_that_is_not_there(self, gateway: AssistantGateway, ends: float) -> None:
        question = Question(assistant=_NOBODY, messages=(Message(Role.USER, "Hello?"),), output=500)
        with pytest.raises(NotFound):
            gateway.ask(question, ends)

    def test_asks_nothing_behind_the_deadline(
        self, gateway: AssistantGateway, question: Question, clock: Clock
    ) -> None:
        with pytest.raises(Unavailable):
            gateway.ask(question, clock.monotonic() - 1)

    def test_an_answer_comes_in_pieces_and_ends(
        self, gateway: AssistantGateway, conversation: ConversationId, ends: float
    ) -> None:
        ear = Ear()
        listened(gateway, conversation, ear, ends)
        end, pieces = ear.until_the_end(), len(ear.events) - 1
        numbers = [each.sequence for each in ear.events if isinstance(each, Chunk)]
        assert pieces >= _LEAST_PIECES
        assert (type(end), numbers) == (Completed, [*range(pieces)])

    def test_the_end_tells_the_tokens(
        self, gateway: AssistantGateway, conversation: ConversationId, ends: float
    ) -> None:
        ear = Ear()
        listened(gateway, conversation, ear, ends)
        end = ear.until_the_end()
        assert isinstance(end, Completed)
        assert end.usage is not None
        assert end.usage.completion_tokens > 0

    def test_everything_is_heard_on_one_thread_that_is_not_ours(
        self, gateway: AssistantGateway, question: Question, ends: float
    ) -> None:
        ear = Ear()
        for _ in range(2):
            ear.events.clear()
            listened(gateway, gateway.ask(question, ends), ear, ends)
            ear.until_the_end()
        assert len(ear.threads) == 1
        assert threading.current_thread().name not in ear.threads

    def test_an_answer_can_be_heard_again(
        self, gateway: AssistantGateway, conversation: ConversationId, whole: str, ends: float
    ) -> None:
        ear = Ear()
        listened(gateway, conversation, ear, ends)
        ear.until_the_end()
        assert ear.text == whole

    def test_an_answer_is_heard_behind_the_cursor(
        self, gateway: AssistantGateway, conversation: ConversationId, whole: str, ends: float
    ) -> None:
        ear = Ear()
        gateway.listen(conversation, ear.hear, cursor=lambda: _HEARD, ends=ends)
        ear.until_the_end()
        assert whole.endswith(ear.text)
        assert isinstance(ear.events[0], Chunk)
        assert ear.events[0].sequence == _HEARD + 1

    def test_many_answers_come_at_once(
        self, gateway: AssistantGateway, question: Question, whole: str, ends: float
    ) -> None:
        ears = [Ear() for _ in range(20)]
        for ear in ears:
            listened(gateway, gateway.ask(question, ends), ear, ends)
        for ear in ears:
            ear.until_the_end()
        assert {ear.text for ear in ears} == {whole}

    def test_a_conversation_is_listened_to_once_at_a_time(
        self, gateway: AssistantGateway, conversation: ConversationId, ends: float
    ) -> None:
        ear = Ear(pause_behind=1)
        listened(gateway, conversation, ear, ends)
        ear.until(1)
        with pytest.raises(InvalidInput):
            gateway.listen(conversation, Ear().hear, cursor=lambda: None, ends=ends)

    def test_an_unknown_conversation_fails(self, gateway: AssistantGateway, ends: float) -> None:
        ear = Ear()
        listened(gateway, ConversationId("conv-nobody"), ear, ends)
        assert ear.until_the_end() == Failed("not.found", getattr(ear.end, "detail", ""))

    def test_a_deadline_that_has_passed_is_heard(
        self, gateway: AssistantGateway, conversation: ConversationId, clock: Clock
    ) -> None:
        ear = Ear()
        listened(gateway, conversation, ear, clock.monotonic() - 1)
        end = ear.until_the_end()
        assert isinstance(end, Failed)
        assert end.code == "deadline"

    def test_nothing_is_lost_by_a_pause(
        self, gateway: AssistantGateway, conversation: ConversationId, whole: str, ends: float
    ) -> None:
        ear = Ear(pause_behind=2)
        line = listened(gateway, conversation, ear, ends)
        ear.until(2)
        threading.Event().wait(_MOMENT_S)
        heard, ear.pause_behind = len(ear.events), None
        line.resume()
        ear.until_the_end()
        assert (heard, ear.text) == (2, whole)

    def test_pausing_and_resuming_at_random_loses_nothing(
        self, gateway: AssistantGateway, conversation: ConversationId, whole: str, ends: float
    ) -> None:
        ear = Ear()
        line = listened(gateway, conversation, ear, ends)
        for _ in range(50):
            line.pause()
            line.pause()
            line.resume()
        ear.until_the_end()
        assert ear.text == whole

    def test_a_closed_line_hears_nothing(
        self, gateway: AssistantGateway, conversation: ConversationId, ends: float
    ) -> None:
        ear = Ear()
        line = listened(gateway, conversation, ear, ends)
        line.close()
        heard = len(ear.events)
        threading.Event().wait(_MOMENT_S)
        line.resume()
        line.close()
        assert len(ear.events) == heard

    def test_a_line_can_be_closed_by_who_hears(
        self, gateway: AssistantGateway, question: Question, whole: str, ends: float
    ) -> None:
        closing, other = Ear(close_behind=_FEW), Ear()
        listened(gateway, gateway.ask(question, ends), closing, ends)
        closing.until(_FEW)
        listened(gateway, gateway.ask(question, ends), other, ends)
        other.until_the_end()
        assert (closing.end, other.text) == (None, whole)
        assert len(closing.events) == _FEW

    def test_closing_the_gateway_is_heard(
        self, gateway: AssistantGateway, conversation: ConversationId, ends: float
    ) -> None:
        ear = Ear(pause_behind=1)
        listened(gateway, conversation, ear, ends)
        ear.until(1)
        gateway.close()
        gateway.close()
        assert isinstance(ear.events[-1], Failed)
        assert ear.events[-1].code == "closed"

    def test_a_closed_gateway_does_nothing_more(
        self, gateway: AssistantGateway, conversation: ConversationId, question: Question, ends: float
    ) -> None:
        gateway.close()
        with pytest.raises(Unavailable):
            gateway.ready(ends)
        with pytest.raises(Unavailable):
            gateway.ask(question, ends)
        with pytest.raises(Unavailable):
            gateway.listen(conversation, Ear().hear, cursor=lambda: None, ends=ends)


def listened(gateway: AssistantGateway, conversation: ConversationId, ear: Ear, ends: float) -> Line:
    """Listen with an ear that has its line."""
    line = gateway.listen(conversation, ear.hear, cursor=lambda: ear.cursor, ends=ends)
    ear.attach(line)
    return line
