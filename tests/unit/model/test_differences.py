"""What differs between two definitions is told, however it is divided."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.differences import differences
from jackfield.domain.model.prompts import PromptDefinition

PROMPT = PromptDefinition(name="greeting", version="1.0.0", model="gpt-small", max_tokens=100, template="Hi")
TEXTS = st.lists(st.sampled_from(["a", "b", "---", "--- user", ""]), max_size=4).map("\n".join)


def test_equal_contents_differ_in_nothing() -> None:
    assert differences(PROMPT, evolve(PROMPT, version="2.0.0")) == ()


@given(TEXTS, st.none() | TEXTS, TEXTS, st.none() | TEXTS)
def test_contents_that_differ_always_show_it(
    template: str, user: str | None, other: str, other_user: str | None
) -> None:
    before = evolve(PROMPT, template=template, user_template=user)
    after = evolve(PROMPT, template=other, user_template=other_user)
    assert bool(differences(before, after)) is (before.content_hash != after.content_hash)
