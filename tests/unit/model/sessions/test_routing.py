"""Which queue: the first rule that fits, else the default."""

from __future__ import annotations

from typing import Any

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.sessions.routing import Route, Routing, Rule

ROUTING = Routing(
    default="front-desk",
    rules=[
        Rule(queue="billing-de", intents=["refund", "invoice"], languages=["de"]),
        Rule(queue="billing", intents=["refund"]),
        Rule(queue="engineers", skills=["network", "hardware"]),
        Rule(queue="lusophone", languages=["pt", "gl"]),
    ],
)


@pytest.mark.parametrize(
    ("intent", "skills", "language", "queue", "rule"),
    [
        ("refund", [], "de-AT", "billing-de", 1),
        ("refund", [], "DE_at", "billing-de", 1),
        ("refund", [], "den", "billing", 2),
        ("refund", [], None, "billing", 2),
        ("invoice", [], "en", "front-desk", None),
        (None, ["sales", "hardware"], "pt", "engineers", 3),
        (None, [], "pt-BR", "lusophone", 4),
        ("Refund", [], None, "front-desk", None),
        (None, [], None, "front-desk", None),
    ],
)
def test_the_first_rule_that_fits_chooses(
    intent: str | None, skills: list[str], language: str | None, queue: str, rule: int | None
) -> None:
    assert ROUTING.route(intent=intent, skills=skills, language=language) == Route(queue=queue, rule=rule)


def test_a_rule_that_hides_others_is_refused() -> None:
    with pytest.raises(InvalidInput, match="rule 2 fits every session"):
        Routing(default="a", rules=[Rule(queue="b", intents=["x"]), Rule(queue="c")])


@pytest.mark.parametrize("queue", ["", " ", None])
def test_a_queue_has_a_name(queue: Any) -> None:
    with pytest.raises(InvalidInput):
        Routing(default=queue)


def test_intents_are_a_list() -> None:
    with pytest.raises(InvalidInput, match="intents: it is a list"):
        Rule(queue="b", intents="refund")
