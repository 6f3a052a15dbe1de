"""What is refused because somebody or something else came first: exit code 3, and a way out."""

from __future__ import annotations

import pytest

from tests.e2e.command.conftest import House


@pytest.fixture
def two(house: House) -> House:
    """Two versions are published; the second was promoted."""
    house.publish("1.0.0", "1.1.0")
    house("promote", "greeting", "1.1.0")
    return house


def test_a_promotion_that_expects_something_else_is_refused(two: House) -> None:
    ran = two("promote", "greeting", "1.0.0", "--expecting", "1.0.0")

    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "error: prompt greeting: 1.1.0 is live, not 1.0.0: somebody moved it;"
        " look at 'jackfield log greeting' and decide again\n"
    )


def test_a_refused_promotion_leaves_no_entry(two: House) -> None:
    before = two.audited()

    two("promote", "greeting", "1.0.0", "--expecting", "1.0.0")

    assert two.audited() == before


def test_a_promotion_that_expects_what_is_live_is_done(two: House) -> None:
    assert two("promote", "greeting", "1.0.0", "--expecting", "1.1.0").code == 0


def test_a_new_number_with_known_content_is_refused(two: House) -> None:
    ran = two("publish", two.write("2.0.0", "as 1.0.0 does"))

    assert ran.code == 3
    assert "version 1.0.0 has exactly the content of 2.0.0; promote 1.0.0, or change the content" in ran.err


def test_a_known_number_with_other_content_is_refused(two: House) -> None:
    ran = two("publish", two.write("1.0.0", "in another way"))

    assert ran.code == 3
    assert "version 1.0.0 is published with other content" in ran.err
    assert "give the new content a new number" in ran.err


def test_a_freeze_keeps_everybody_from_publishing(two: House) -> None:
    two("rollback", "greeting", "--freeze")

    ran = two("publish", two.write("3.0.0", "loudly"))

    assert ran.code == 3
    assert "jackfield unfreeze greeting" in ran.err


def test_a_freeze_says_what_is_frozen_and_how_it_ends(two: House) -> None:
    ran = two("rollback", "greeting", "--freeze")

    assert ran.out.splitlines() == [
        "greeting 1.0.0 is live (before: 1.1.0)",
        "1.1.0 is frozen: nobody publishes until 'jackfield unfreeze greeting'",
    ]


def test_a_freeze_is_in_the_status(two: House) -> None:
    two("rollback", "greeting", "--freeze")

    assert "frozen    1.1.0; clear with 'jackfield unfreeze greeting'" in two("status", "greeting").out


def test_a_refused_publication_is_on_the_log_as_failed(two: House) -> None:
    two("rollback", "greeting", "--freeze")
    two("publish", two.write("3.0.0", "loudly"))

    assert two.audited()[-2:] == [("prompt.publish", "intended"), ("prompt.publish", "failed")]


def test_after_unfreezing_versions_are_published_again(two: House) -> None:
    two("rollback", "greeting", "--freeze")
    file = two.write("3.0.0", "loudly")
    two("publish", file)

    cleared, published = two("unfreeze", "greeting"), two("publish", file)

    assert (cleared.out, published.out) == ("greeting: cleared on 1.1.0\n", "greeting 3.0.0 published\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "nobody"),
        ("log", "nobody"),
        ("diff", "nobody", "1.0.0"),
        ("promote", "nobody", "1.0.0"),
        ("rollback", "nobody"),
        ("unfreeze", "nobody"),
    ],
)
def test_a_prompt_that_is_not_there_is_named(two: House, arguments: tuple[str, ...]) -> None:
    ran = two(*arguments)

    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("error: prompt nobody: no such prompt here; list them with 'jackfield status'")


@pytest.mark.parametrize(
    "arguments",
    [
        ("diff", "greeting", "9.9.9"),
        ("diff", "greeting", "1.0.0", "9.9.9"),
        ("promote", "greeting", "9.9.9"),
        ("promote", "greeting", "1.0.0", "--expecting", "9.9.9"),
        ("rollback", "greeting", "--to", "9.9.9"),
    ],
)
def test_a_version_that_is_not_there_is_named(two: House, arguments: tuple[str, ...]) -> None:
    ran = two(*arguments)

    assert (ran.code, ran.out) == (3, "")
    assert "error: prompt greeting: there is no version 9.9.9; list its versions with" in ran.err


def test_a_freeze_is_in_the_list_of_all_prompts(two: House) -> None:
    two("rollback", "greeting", "--freeze")

    assert "agrees (1.0.0); frozen: 1.1.0" in two("status").out


def test_a_port_that_is_no_number_is_told(house: House) -> None:
    assert "'abc' is not a valid number." in house("simulate", "--port", "abc").err
