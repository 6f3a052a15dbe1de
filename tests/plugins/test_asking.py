"""A plugin of somebody else's, written with `jackfield.plugin` alone, takes part in asking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import starmap
from pathlib import Path
from typing import Any, Final, Protocol

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import AT_ONCE, Assistant, Platform, Scripted
from jackfield.domain.model.conversations.answers import Answer
from jackfield.domain.model.conversations.examples import Catalog
from jackfield.domain.model.conversations.messages import Budget
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.assistants.values import Examples
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.plugging.plugged import Plugged
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.conversations import ConversationRules
from jackfield.plugin import Asked, Asking, Example, Measurement, Message, Role, hookimpl
from jackfield.plugins.sources import Source

PROMPT: Final = PromptDefinition(
    name="refund", version="1.2.0", model="gpt-small", max_tokens=500, template="You help customers."
)
CATALOG: Final = Catalog(
    Example(id=id_, input=f"Where is order {id_}?", output="On its way.") for id_ in ("one", "two", "three")
)
HISTORY: Final = tuple(
    Message(role, f"turn {n}: {'x' * 400}") for n in range(40) for role in (Role.USER, Role.ASSISTANT)
)
MAIL: Final = "I am joe@mail.example"


@define(eq=False)
class Ours:
    """Chooses the last example, sums up, takes a name out, and hears of answers."""

    heard: list[Asked] = field(factory=list[Asked])

    @hookimpl
    def jackfield_select_examples(self, asking: Asking) -> Sequence[str]:
        return ["unknown", asking.examples[-1].id]

    @hookimpl
    def jackfield_summarize(self, messages: tuple[Message, ...]) -> str:
        return f"{len(messages)} messages about an order"

    @hookimpl
    def jackfield_redact(self, text: str) -> str:
        return text.replace("joe", "[name]")

    @hookimpl
    def jackfield_measure(self, measurement: Measurement) -> None:
        if isinstance(measurement, Asked):
            self.heard.append(measurement)


class Refuses:
    """A redactor that never returns a text."""

    @hookimpl
    def jackfield_redact(self, text: str) -> str:
        raise ValueError(text)


class Opened(Protocol):
    def __call__(self, **plugins: object) -> Core: ...


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens a core that captures content, with these plugins alone."""
    clock = FrozenClock()
    platform = Platform(clock=clock)
    platform.script("asst-1", Assistant(scripts=[Scripted(text="Write to sue@shop.example.")], pace=AT_ONCE))
    settings = Settings(
        target="test",
        platform="simulator",
        organization=organization("acme"),
        folder=tmp_path / "state",
        conversations=ConversationRules(capture_content=True),
    )
    with ExitStack() as stack:

        def opened(**plugins: object) -> Core:
            plugged = Plugged(sources=tuple(starmap(_source, plugins.items())))
            parts = Parts(clock=clock, send=platform.send, dial=platform.dial, plugged=plugged)
            return stack.enter_context(build(settings, parts))

        yield opened


def _source(name: str, plugin: object) -> Source:
    return Source(name=name, load=lambda: plugin)


def _answered(core: Core, **options: Any) -> Answer:
    me = core.acting_as("mina", reason="CHG-1").assistants
    with me.ask("asst-1", PROMPT, values={}, user=MAIL, **options) as reply:
        return reply.answer


def _texts(payload: dict[str, Any]) -> list[str]:
    return [message["content"] for message in payload["content"]]


def _payloads(core: Core) -> list[dict[str, Any]]:
    return [dict(e.event.payload or {}) for e in core.audit.entries() if e.event.type == "assistant.ask"]


def test_its_examples_are_shown_and_recorded(opened: Opened) -> None:
    core = opened(ours=Ours())
    assert _answered(core, examples=Examples(catalog=CATALOG)).examples == ("three",)
    assert _payloads(core)[0]["examples"] == ["three"]


def test_its_summary_stands_below_the_system_message(opened: Opened) -> None:
    core = opened(ours=Ours())
    answer = _answered(core, history=HISTORY, budget=Budget(input=4_000))
    left_out = sum(each.messages for each in answer.dropped)
    system = _payloads(core)[0]["content"][0]["content"]
    assert left_out > 0
    assert system.endswith(f"Earlier in this conversation:\n{left_out} messages about an order")


def test_it_redacts_what_is_kept_after_the_built_in_one(opened: Opened) -> None:
    core = opened(ours=Ours())
    _answered(core)
    first, last = _payloads(core)
    assert _texts(first) == [
        PROMPT.template,
        "I am [email]",
    ]
    assert (last["text"], last["compliance"]) == ("Write to [email].", "REDACTED")
    assert (first["not_kept"], last["not_kept"]) == (0, 0)


def test_without_it_the_built_in_one_redacts(opened: Opened) -> None:
    core = opened()
    _answered(core)
    first, last = _payloads(core)
    assert _texts(first) == [PROMPT.template, "I am [email]"]
    assert last["text"] == "Write to [email]."


def test_what_cannot_be_redacted_is_asked_and_not_kept(opened: Opened) -> None:
    core = opened(refuses=Refuses())
    assert _answered(core).text == "Write to sue@shop.example."
    note = "[not kept: the redactor refuses failed]"
    first, last = _payloads(core)
    assert _texts(first) == [note, note]
    assert last["text"] == note
    assert (first["not_kept"], last["not_kept"], last["compliance"]) == (2, 3, "INCOMPLETE")
    assert core.host.not_kept == 3
    assert [report.errors for report in core.plugins if report.name == "refuses"] == [3]


def test_it_hears_of_the_answer_by_its_conversation(opened: Opened) -> None:
    ours = Ours()
    core = opened(ours=ours)
    answer = _answered(core)
    core.close()
    assert [(each.conversation, each.end) for each in ours.heard] == [(answer.conversation, "complete")]
