"""Keys of state: every one with its organization."""

from __future__ import annotations

from typing import Any

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.subjects import Kind, Organization, Subject, organization


@pytest.mark.parametrize("text", ["a", "acme", "a" * 200, "eu-central-1/ab:cd@x", "!", "~"])
def test_a_plain_text_is_an_organization(text: str) -> None:
    assert organization(text) == text


@pytest.mark.parametrize(
    "text",
    ["", " ", "a b", " a", "a ", "a\n", "\t", "a\0", "é", "a" * 201, "\x7f", "\ud800", "\N{NO-BREAK SPACE}"],
)
def test_what_could_be_mistaken_is_no_organization(text: str) -> None:
    with pytest.raises(InvalidInput, match="an organization is 1 to 200 printable ASCII"):
        organization(text)


def test_a_subject_is_written_as_kind_and_name() -> None:
    assert str(Subject(Organization("acme"), Kind.VERSION, "greeting@1.0.0")) == "version/greeting@1.0.0"


def test_subjects_of_two_organizations_are_never_the_same() -> None:
    assert Subject(Organization("a"), Kind.PROMPT, "x") != Subject(Organization("b"), Kind.PROMPT, "x")


def test_a_subject_is_a_key() -> None:
    assert (
        len({Subject(Organization("a"), Kind.PROMPT, "x"), Subject(Organization("a"), Kind.PROMPT, "x")}) == 1
    )


def test_a_kind_is_not_given_as_text() -> None:
    text: Any = "prompt"
    with pytest.raises(TypeError):
        Subject(Organization("a"), text, "x")
