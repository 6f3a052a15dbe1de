"""Arguments of a wrong type: our own error says what is expected, and where the changes are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME

WRONG: Any = "1.0.0"
NUMBER: Any = 7
NOTHING: Any = None
CALLS: dict[str, Callable[[ActingPrompts], object]] = {
    "definition: it is a PromptDefinition, not a value of type str; give one, or what jackfield.load": (
        lambda me: me.publish(WRONG)
    ),
    "definition: it is a PromptDefinition, not a value of type int": lambda me: me.check(NUMBER),
    "definition: it is a PromptDefinition, not nothing": lambda me: me.review(NOTHING),
    "version: it is a PromptVersion, not a value of type str; give what core.prompts.version": (
        lambda me: me.promote(WRONG)
    ),
    "expecting: it is a PromptVersion, not a value of type str": (
        lambda me: me.promote(me.version(NAME, "1.0.0"), expecting=WRONG)
    ),
    "fallback: it is a PromptDefinition, not a value of type str": lambda me: me.live(NAME, fallback=WRONG),
    "values: it is a Mapping, not a value of type str": lambda _: FIRST.render(WRONG),
    "plan: it is a Plan, not a value of type str": lambda me: me.apply(WRONG),
    "definitions: it is a list, not a value of type str": lambda me: me.plan(WRONG),
    "definitions: it holds a value of type str": lambda me: me.plan([WRONG]),
    "name: it is a text, not a value of type int": lambda me: me.live(NUMBER),
    "name: it is a text, not nothing": lambda me: me.status(NOTHING),
}


@pytest.mark.parametrize("said", CALLS)
def test_a_wrong_type_is_told_with_what_is_expected(two: ActingPrompts, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        CALLS[said](two)

    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("name", ["publish", "promote", "roll_back", "apply", "unfreeze"])
def test_without_an_actor_the_way_to_change_is_named(core: Core, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"core\.acting_as\(ACTOR, reason=WHY\)\.prompts has {name}$"):
        getattr(core.prompts, name)


@pytest.mark.parametrize("name", ["erase", "erase_older"])
def test_without_an_actor_the_way_to_erase_is_named(core: Core, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"core\.auditing_as\(ACTOR, reason=WHY\) has {name}$"):
        getattr(core.audit, name)


def test_what_nobody_has_is_only_missing(core: Core) -> None:
    with pytest.raises(AttributeError, match=r"^core\.prompts has no 'publsh'$"):
        getattr(core.prompts, "publsh")  # noqa: B009  # a type checker would refuse it


def test_an_actor_is_a_text(core: Core) -> None:
    with pytest.raises(InvalidInput, match=r"^actor: it is a str, not a value of type int"):
        core.acting_as(NUMBER, reason="CHG-1")
