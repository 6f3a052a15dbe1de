"""`jackfield ask`: the values of a prompt's variables, and what the user says."""

from __future__ import annotations

import pytest

from tests.e2e.command.asking.conftest import Asking, sent
from tests.e2e.command.conftest import COMMAND, House
from tests.e2e.command.speaking import ASSISTANT, Speaking


def test_values_have_the_types_of_their_variables(ask: Asking, platform: Speaking) -> None:
    ask("--set", "tier=7", "--set", "orders=3", "--set", "vip=true", "--set", 'tags=["a", 1]')
    assert sent(platform)[0] == ("system", 'You help 7 customers with 3 orders, vip true, ["a",1].')


def test_values_that_are_not_of_their_type_are_all_told(ask: Asking, platform: Speaking) -> None:
    ran = ask("--set", "orders=three", "--set", "vip=yes", "--set", "tags=a")
    assert (ran.code, platform.questions) == (1, [])
    assert [word in ran.err for word in ("'orders' is not a finite", "'vip' is not true", "'tags' is not an")]


@pytest.mark.parametrize("given", ["tier", "=gold", ""])
def test_a_value_without_a_name_is_wrong_usage(ask: Asking, given: str) -> None:
    ran = ask("--set", given)
    assert (ran.code, "a value is given as NAME=VALUE" in ran.err) == (2, True)


def test_a_value_that_is_set_twice_is_wrong_usage(ask: Asking) -> None:
    assert ask("--set", "tier=a", "--set", "tier=b").code == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.json", '{"tier": "gold", "orders": 2}'),
        ("v.yaml", "tier: gold\norders: 2\n"),
        ("v.toml", 'tier = "gold"\norders = 2\n'),
    ],
)
def test_values_come_from_a_file_and_those_set_win(
    ask: Asking, platform: Speaking, name: str, text: str
) -> None:
    (ask.house.folder / name).write_text(text, encoding="utf-8")
    ask("--var-file", name, "--set", "orders=5")
    assert sent(platform)[0][1].startswith("You help gold customers with 5 orders")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("v.json", '{"tier": NaN}', "NaN is no JSON number"),
        ("v.json", '{"tier": "a", "tier": "b"}', "it has a key twice"),
        ("v.json", '{"tier": "\\ud800"}', "half of a surrogate pair"),
        ("v.json", "[" * 100_000, "nested too deeply"),
        ("v.json", '["gold"]', "it is no mapping"),
        ("v.yaml", "tier: &a gold", "an anchor is not allowed"),
        ("v.toml", "tier = gold", "this is not TOML"),
        ("v.txt", "tier", "its name does not tell what it is"),
        ("v.json", "", "it is empty"),
    ],
)
def test_a_file_that_holds_no_values_is_told(ask: Asking, name: str, text: str, message: str) -> None:
    (ask.house.folder / name).write_text(text, encoding="utf-8")
    ran = ask("--var-file", name)
    assert (ran.code, message in ran.err, "Traceback" in ran.err) == (1, True, False)


def test_a_prompts_own_user_text_needs_no_other(house: House, platform: Speaking) -> None:
    ran = house("ask", ASSISTANT, "own.prompt", "--set", "tier=gold")
    assert (ran.code, sent(platform)[1]) == (0, ("user", "The gold customer asks for a refund."))


def test_the_user_is_read_from_standard_input(house: House, platform: Speaking) -> None:
    ran = house.apart_by_shell(
        f"printf 'Wo ist\\nes? \\xc3\\xa4\\n' | {COMMAND} ask {ASSISTANT} refund.prompt"
    )
    assert (ran.code, sent(platform)[1]) == (0, ("user", "Wo ist\nes? ä"))


@pytest.mark.parametrize(
    ("before", "message"),
    [("printf ''", "user: it is empty"), (r"printf '\377'", "standard input: it is not UTF-8: byte 1")],
)
def test_a_standard_input_that_says_nothing_is_told(
    house: House, platform: Speaking, before: str, message: str
) -> None:
    ran = house.apart_by_shell(f"{before} | {COMMAND} ask {ASSISTANT} refund.prompt --user -")
    assert (ran.code, message in ran.err, ran.out) == (1, True, "")


def test_a_value_with_a_control_character_is_named(ask: Asking) -> None:
    ran = ask("--set", "tier=a\x01")
    assert (ran.code, ran.err.startswith("error: value 'tier': it holds a control character")) == (1, True)
