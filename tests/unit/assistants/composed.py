"""What is composed of a prompt, a question and what was said before."""

from __future__ import annotations

from typing import Any

from jackfield.adapters.tokens import UpperEstimate
from jackfield.domain.model.conversations.examples import Catalog, Example
from jackfield.domain.services.assistants.composing import Composed, Composer
from jackfield.domain.services.assistants.values import Wanted
from tests.unit.assistants.conftest import ASSISTANT, PROMPT

USER = "Where is my refund?"
CATALOG = Catalog(
    [
        Example(id="e1", input="where is my refund", output="On its way.", category="refund"),
        Example(id="e2", input="when does the refund come", output="In three days.", category="refund"),
        Example(id="e3", input="cancel the order", output="It is canceled.", category="order"),
        Example(id="e4", input="refund of an order", output="It is begun.", category="refund"),
    ]
)


def composed(composer: Composer | None = None, *, seed: str = "s", **options: Any) -> Composed:
    wanted: dict[str, Any] = {
        "assistant": ASSISTANT,
        "definition": PROMPT,
        "values": {},
        "user": USER,
        **options,
    }
    return (composer or Composer(counter=UpperEstimate())).compose(Wanted(**wanted), seed=seed)


def said(found: Composed) -> list[tuple[str, str]]:
    return [(message.role.value, message.content) for message in found.question.messages]
