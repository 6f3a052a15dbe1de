"""Asking an assistant: the answer whole, or as it comes."""

from __future__ import annotations

from collections.abc import Generator
from threading import Event
from typing import Final

from jackfield.domain.model.conversations.messages import Budget, Message
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.services.assistants.replies import Reply
from jackfield.entrypoints.cli.answers import answer_view
from jackfield.entrypoints.service.deadlines import deadline
from jackfield.entrypoints.service.operations import EVENTS, JSON, Answer, Call, Operation, Stream
from jackfield.entrypoints.service.problems import problem_of, written
from jackfield.entrypoints.service.serving import Serving
from jackfield.entrypoints.service.shapes.asking import AnswerShape, Asking
from jackfield.entrypoints.settings.service import Scope

_HEARTBEAT_S: Final = 1.0
"""How often something is sent while nothing comes: only who writes learns that nobody reads."""


def ask_assistant(call: Call) -> Answer:
    """Ask, and give the answer; as events to whoever accepts them."""
    said, prompts = call.said(Asking), call.serving.core.prompts
    ends = deadline(call, said.deadline_s) or call.serving.rules.longest
    choice = prompts.choose(
        said.prompt, unit=said.unit or call.serving.new_id(), pin=said.pin, force=said.version
    )
    definition = choice.definition or prompts.definition(choice.prompt, choice.version)
    reply = call.acting().assistants.ask(
        said.assistant,
        choice,
        values=said.values,
        user=said.user,
        history=tuple(Message(each.role, each.content) for each in said.history),
        budget=_budget(said),
        temperature=said.temperature,
        deadline=ends,
    )
    if EVENTS in call.accepts:
        return Stream(
            content_type=EVENTS,
            pieces=events(call.serving, reply, said.assistant, definition),
            holding=reply,
        )
    with reply:
        answer = reply.answer
    call.serving.deliver()
    return answer_view(answer, said.assistant, definition)


def _budget(said: Asking) -> Budget:
    own = said.budget
    named = {"output": own.output, "input": own.input, "window": own.window}
    return Budget(**{name: tokens for name, tokens in named.items() if tokens is not None})


def events(
    serving: Serving, reply: Reply, assistant: str, definition: PromptDefinition
) -> Generator[bytes, None, None]:
    """Yield each piece as an event, and the whole answer behind the last; leaving early cancels it."""
    news = Event()
    with reply.reading():
        reply.subscribe(news.set)
        while not reply.done:
            news.clear()
            piece = reply.take()
            if piece is not None:
                yield _event("piece", {"text": piece})
            elif serving.ending.is_set():
                reply.cancel()
            elif not news.wait(_HEARTBEAT_S):
                reply.lapse()
                yield b":\n\n"
    yield _end(serving, reply, assistant, definition)


def _end(serving: Serving, reply: Reply, assistant: str, definition: PromptDefinition) -> bytes:
    try:
        answer = reply.answer
    except JackfieldError as error:
        return _event("problem", problem_of(error).document)
    serving.deliver()
    return _event("end", answer_view(answer, assistant, definition))


def _event(name: str, document: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), written(document))


OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/ask",
        answer=ask_assistant,
        summary="Ask an assistant with a published prompt; whole, or as events while it comes.",
        tag="assistants",
        scope=Scope.WRITE,
        takes=Asking,
        gives=AnswerShape,
        content_types=(JSON, EVENTS),
        refuses=(404, 409, 422),
        waits=True,
    ),
)
