"""Shell completion: a real bash asks, and whatever is wrong, nothing is said to somebody who types."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.e2e.command.conftest import COMMAND, House


@cache
def _script() -> str:
    """What bash evaluates; it is the same each time."""
    return subprocess.run([COMMAND, "completion", "bash"], capture_output=True, text=True, check=True).stdout


def offered(house: House, *words: str, **environ: str) -> list[str]:
    """What bash offers for the last of the words."""
    line = " ".join(f"'{word}'" for word in ("jackfield", *words))
    ran = house.apart_by_shell(
        f"export PATH={Path(COMMAND).parent}:$PATH; "
        + "".join(f"export {name}='{value}'; " for name, value in environ.items())
        + f"{_script()}\n"
        + f"COMP_WORDS=({line}); COMP_CWORD={len(words)}; _jackfield_completion jackfield; "
        + 'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert (ran.code, ran.err) == (0, "")
    return ran.out.split()


@pytest.fixture
def two(house: House) -> House:
    house.publish("1.0.0", "1.1.0")
    assert house("publish", house.write("2.0.0", "loudly", "refund")).code == 0
    return house


def test_subcommands_are_offered(house: House) -> None:
    assert {"promote", "publish"} <= {*offered(house, "p")}


def test_options_are_offered(house: House) -> None:
    assert "--freeze" in offered(house, "rollback", "--")


@pytest.mark.parametrize("verb", ["promote", "rollback", "unfreeze", "status", "log", "diff"])
def test_prompts_are_offered(two: House, verb: str) -> None:
    assert offered(two, verb, "g") == ["greeting"]


def test_all_prompts_are_offered_for_an_empty_word(two: House) -> None:
    assert offered(two, "log", "") == ["greeting", "refund"]


@pytest.mark.parametrize(
    "words",
    [("promote", "greeting", ""), ("diff", "greeting", "1.0.0", ""), ("rollback", "greeting", "--to", "")],
)
def test_versions_of_the_prompt_are_offered(two: House, words: tuple[str, ...]) -> None:
    assert offered(two, *words) == ["1.0.0", "1.1.0"]


def test_targets_are_offered(house: House) -> None:
    house.settings('[targets.staging]\n[targets.prod]\nplatform = "genesys"\n')

    assert offered(house, "status", "--target", "") == ["prod", "simulator", "staging"]


def test_prompts_of_the_named_target_are_offered(two: House) -> None:
    two.settings('default = "other"\n[targets.other]\n')

    assert (offered(two, "log", ""), offered(two, "--target", "simulator", "log", "g")) == ([], ["greeting"])


def test_a_target_whose_platform_is_away_is_completed_all_the_same(two: House) -> None:
    own = 'platform = "genesys"\norganization = "simulator"\n'
    two.settings(f'[targets.simulator]\nbase_url = "http://127.0.0.1:9"\n{own}')

    assert offered(two, "log", "g") == ["greeting"]


@pytest.mark.parametrize("text", ["[", '[targets.prod]\nplatform = "genesys"\n', 'default = "nowhere"\n'])
def test_settings_that_are_wrong_offer_nothing_and_say_nothing(two: House, text: str) -> None:
    two.settings(text)

    assert offered(two, "log", "") == []


@pytest.mark.parametrize("spoil", ["text", "cut", "gone", "folder"])
def test_a_ledger_that_is_spoilt_offers_nothing_and_says_nothing(two: House, spoil: str) -> None:
    ledger = two.folder / "state" / "simulator" / "ledger.db"
    content = ledger.read_bytes()
    ledger.unlink()
    if spoil == "folder":
        ledger.mkdir()
    elif spoil != "gone":
        ledger.write_bytes(b"mine " * 100 if spoil == "text" else content[:3000])

    assert offered(two, "log", "") == []


def test_asking_makes_nothing(house: House) -> None:
    offered(house, "log", "")

    assert list(house.folder.iterdir()) == []


def test_a_name_that_would_move_the_cursor_is_not_offered(house: House) -> None:
    assert offered(house, "log", "\x1b") == []


@pytest.mark.parametrize(("shell", "said"), [("zsh", "#compdef jackfield"), ("fish", "complete --no-files")])
def test_the_script_of_another_shell_is_printed(house: House, shell: str, said: str) -> None:
    ran = house("completion", shell)

    assert (ran.code, ran.err, said in ran.out, "_JACKFIELD_COMPLETE" in ran.out) == (0, "", True, True)


def test_an_unknown_shell_is_wrong_usage(house: House) -> None:
    ran = house("completion", "tcsh")

    assert (ran.code, ran.out, "'bash', 'zsh', 'fish'" in ran.err) == (2, "", True)
