"""Assistants on Genesys Cloud: questions by `POST`, answers by the stream, both of `wire.md` §7."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from jackfield.adapters.genesys.client import Change, Client, path
from jackfield.adapters.genesys.resilience.retries import Jitter
from jackfield.adapters.genesys.stream.connecting import Door
from jackfield.adapters.genesys.stream.pump import SILENCE_S
from jackfield.adapters.genesys.stream.streaming import Stream
from jackfield.adapters.genesys.stream.telling import Telling
from jackfield.adapters.genesys.wire import Created, MessageBody, QuestionBody, SettingsBody, decode, encode
from jackfield.adapters.sockets import Dial
from jackfield.domain.model.conversations.messages import Question
from jackfield.domain.model.errors import InvalidInput, NotFound, OutcomeUnknown, Unavailable
from jackfield.ports.assistants import ConversationId, Hear, Line
from jackfield.ports.clock import Clock

_ASSISTANTS: Final = ("api", "v2", "ai", "assistants")
_SILENT: Final = Telling()


class GenesysAssistants:
    """The `AssistantGateway` of Genesys Cloud: one socket for all conversations.

    *client* makes the calls, *dial* opens the socket, with the tokens of one and the same OAuth client. A
    line that is silent for *silence* is taken for dead.
    """

    def __init__(
        self,
        client: Client,
        dial: Dial,
        clock: Clock,
        *,
        jitter: Jitter = random.random,
        telling: Telling = _SILENT,
        timeout: timedelta = timedelta(seconds=5),
        silence: timedelta = timedelta(seconds=SILENCE_S),
    ) -> None:
        self._client = client.of("assistants")
        self._clock = clock
        self._door = Door(client.api, client.lanes, dial, clock, timeout)
        self._stream = Stream(
            self._door, clock, jitter=jitter, telling=telling, silence_s=silence.total_seconds()
        )

    def ready(self, ends: float) -> None:
        """Have a socket by *ends*; see `AssistantGateway.ready`."""
        self._stream.ready(ends)

    def ask(self, question: Question, ends: float) -> ConversationId:
        """Begin a conversation (`POST` §7), once."""
        self._stream.refuse()
        if self._clock.monotonic() >= ends:
            raise Unavailable("there is no time left to ask", place="assistant", remedy="give it longer")
        change = Change(
            method="POST",
            path=path(*_ASSISTANTS, question.assistant, "conversations"),
            body=encode(_body(question)),
        )
        client = self._client.on(self._door.lane).until(ends)
        try:
            return client.change(change, _conversation)
        except OutcomeUnknown as error:
            raise _unknown(question.assistant, error) from error
        except NotFound as error:
            raise _absent(question.assistant, error) from error

    def listen(
        self, conversation: ConversationId, hear: Hear, *, cursor: Callable[[], int | None], ends: float
    ) -> Line:
        """Listen to an answer; see `AssistantGateway.listen`."""
        return self._stream.listen(conversation, hear, cursor=cursor, ends=ends)

    def close(self) -> None:
        """Close the socket cleanly; whoever listens hears `Failed("closed")`."""
        self._stream.close()


def _conversation(body: bytes) -> ConversationId:
    try:
        return ConversationId(decode(body, Created).id)
    except InvalidInput:
        raise InvalidInput("the platform's answer names no conversation") from None


def _unknown(assistant: str, error: OutcomeUnknown) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"nobody knows whether the question was asked: {error.message}",
        place=f"assistant {assistant!r}",
        remedy="nothing was sent again; 'jackfield audit list' has the question as intended, and the"
        " assistant's conversations at the platform show whether it came: look there before you ask again",
        attempts=error.attempts,
    )


def _absent(assistant: str, error: NotFound) -> NotFound:
    return NotFound(
        f"there is no assistant {assistant!r}",
        place="assistant",
        remedy="take its id from the platform, and check the target's region, base URL and organization",
        attempts=error.attempts,
    )


def _body(question: Question) -> QuestionBody:
    return QuestionBody(
        assistant_id=question.assistant,
        messages=tuple(MessageBody(role=m.role.value, content=m.content) for m in question.messages),
        settings=SettingsBody(
            max_tokens=question.output,
            temperature=question.temperature,
            safety_policy=question.safety_policy,
        ),
    )
