"""`jackfield rollout`: start, step, hold, release and stop; and what they refuse."""

from __future__ import annotations

import pytest

from tests.e2e.command.conftest import House
from tests.e2e.command.rollouts.conftest import NAME, tell


def test_start_says_who_gets_it(two: House) -> None:
    ran = two("rollout", "start", NAME, "1.1.0")
    assert (ran.code, ran.out) == (0, "greeting 1.1.0: canary at 5%; start (the first 5% get it)\n")


def test_start_for_programs(two: House) -> None:
    hours = "mon-fri 09:00-17:00 Europe/Berlin"
    ran = two("rollout", "start", NAME, "1.1.0", "--hours", hours, "--format", "json")
    plan = ran.json["rollout"]
    assert (plan["shares"], plan["hours"]["zone"], plan["router"]) == (
        ["5%", "25%", "100%"],
        "Europe/Berlin",
        "local",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("9.9.9",), 3, "there is no version 9.9.9"),
        (("1.0.0",), 1, "VERSION: 1.0.0 is the version that is live"),
        (("1.1.0", "--shares", "5,25,100"), 1, "'5' is not a share"),
        (("1.1.0", "--shares", "25%,5%,100%"), 1, "shares rise from above 0% to 100%"),
        (("1.1.0", "--shares", "50%,120%"), 1, "--shares: 120% is more than all"),
        (("1.1.0", "--shares", "50%"), 1, "write them like 5%,25%,100%"),
        (("1.1.0", "--shares", ""), 1, "'' is not a share"),
        (("1.1.0", "--margin", "2"), 1, "--margin: it is a number above 0 and up to 1"),
        (("1.1.0", "--tolerance", "5"), 1, "--tolerance: it is a number from 0 to 1"),
        (("1.1.0", "--least", "400d"), 1, "--least: it is 0 s to a year (366 days)"),
        (("1.1.0", "--alpha", "nan"), 1, "--alpha"),
        (
            ("1.1.0", "--holdout", "95%"),
            1,
            "leave nobody to compare with; lower one of them: share and holdout must",
        ),
        (("1.1.0", "--least", "soon"), 2, "a period is such as 150ms, 90s"),
        (("1.1.0", "--hours", "always"), 2, "hours are such as"),
        (("1.1.0", "--hours", "mon-fri 17:00-09:00"), 2, "they close before they open; end at 24:00"),
        (("1.1.0", "--hours", "mon-fri 09:00-17:00 Mars/Base"), 2, "there is no such time zone"),
        (("1.1.0", "--hours", "fri-mon 09:00-17:00"), 2, "hours are such as"),
        (("1.1.0", "--hours", "mon-fri 12:99-17:00"), 2, "hours are such as"),
        (("1.1.0", "--hours", "mon-fri 09:00-24:01"), 2, "hours are such as"),
        (("1.1.0", "--stale", "0s"), 1, "it is a number of seconds from 1 to 31,622,400, a year"),
    ],
)
def test_start_refuses_what_does_not_fit(
    two: House, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = two("rollout", "start", NAME, *arguments)
    assert (ran.code, said in ran.err, "Traceback" in ran.err) == (code, True, False), ran.err


def test_a_second_rollout_names_the_way_out(begun: House) -> None:
    ran = begun("rollout", "start", NAME, "1.1.0")
    assert ran.code == 3
    assert "a rollout of 1.1.0 is running, at 50%; let it end, or end it with" in ran.err


def test_promote_and_rollback_name_the_way_out(begun: House) -> None:
    for command in (("promote", NAME, "1.1.0", "--force"), ("rollback", NAME, "--to", "1.1.0")):
        ran = begun(*command)
        assert (ran.code, "jackfield rollout stop greeting" in ran.err) == (3, True)


def test_plan_and_apply_show_it_as_held(begun: House) -> None:
    assert begun("plan", ".", "--promote").code == 3
    ran = begun("apply", ".", "--promote")
    assert (ran.code, "a rollout of 1.1.0 is running" in ran.err) == (3, True)


def test_step_goes_on_and_then_says_that_it_ended(begun: House) -> None:
    tell(well=True)
    ran = begun("rollout", "step", NAME, "--reason", "cron")
    assert (ran.code, ran.out.startswith("greeting 1.1.0: live; finish (harmless: ")) == (0, True)
    again = begun("rollout", "step", NAME)
    assert (again.code, again.out) == (0, "greeting 1.1.0: live; hold (it is live)\n")
    assert begun("status", NAME).out.count("1.1.0") > 0


def test_step_has_a_code_of_its_own_when_it_takes_it_back(begun: House) -> None:
    tell(well=False)
    ran = begun("rollout", "step", NAME)
    assert (ran.code, "rolled back; roll back (worse: e " in ran.out) == (6, True)
    assert begun("rollout", "step", NAME).code == 0


def test_step_for_programs(begun: House) -> None:
    said = begun("rollout", "step", NAME, "--format", "json").json
    assert (said["changed"], said["move"]["act"], said["move"]["holds"]) == (True, "hold", ["evidence"])


def test_hold_and_release(begun: House) -> None:
    tell(well=True)
    assert begun("rollout", "hold", NAME, "--reason", "campaign").code == 0
    assert "held by mina: campaign" in begun("rollout", "step", NAME).out
    assert begun("rollout", "hold", NAME, "--release").code == 0
    assert "live; finish" in begun("rollout", "step", NAME).out


def test_stop_ends_it(begun: House) -> None:
    ran = begun("rollout", "stop", NAME, "--reason", "INC-1")
    assert (ran.code, ran.out) == (0, "greeting 1.1.0: stopped; hold (INC-1)\n")
    again = begun("rollout", "stop", NAME)
    assert (again.code, "prompt greeting: the rollout is stopped already" in again.err) == (3, True)
    assert "'jackfield rollout stop greeting --roll-back' takes 1.1.0 also from" in again.err


def test_a_roll_back_can_be_made_up_for_after_a_stop(begun: House) -> None:
    units = [f"customer-{number}" for number in range(20)]
    pins = [begun("rollout", "explain", NAME, "--unit", unit, "--format", "json").json for unit in units]
    pin = next(each["pin"] for each in pins if each["version"] == "1.1.0")
    begun("rollout", "stop", NAME)
    kept = begun("rollout", "explain", NAME, "--unit", "x", "--pin", pin, "--format", "json").json
    ran = begun("rollout", "stop", NAME, "--roll-back", "--reason", "INC-1")
    assert (ran.code, ran.out) == (0, "greeting 1.1.0: rolled back; roll back (INC-1)\n")
    said = begun("rollout", "explain", NAME, "--unit", "x", "--pin", pin, "--format", "json").json
    assert (kept["version"], said["version"], said["ignored"]) == ("1.1.0", "1.0.0", "revoked version")
    again = begun("rollout", "stop", NAME, "--roll-back")
    assert (again.code, "prompt greeting: the rollout is rolled back already" in again.err) == (3, True)


def test_a_hold_behind_the_end_names_the_prompt(begun: House) -> None:
    begun("rollout", "stop", NAME)
    ran = begun("rollout", "hold", NAME)
    assert (ran.code, "prompt greeting: the rollout is stopped already" in ran.err) == (3, True)


def test_releasing_what_is_not_held_says_so(begun: House) -> None:
    ran = begun("rollout", "hold", NAME, "--release")
    assert (ran.code, ran.out) == (0, "greeting 1.1.0: canary at 50%; hold (it is not held)\n")


@pytest.mark.parametrize("group", ["rollout", "audit"])
def test_a_group_without_a_command_shows_its_help_once(two: House, group: str) -> None:
    ran = two(group)
    assert (ran.code, ran.all.count("Usage:"), "?" in ran.all) == (2, 1, False)
    assert f"\n  Example: jackfield {group} " in ran.all


def test_stop_can_take_it_from_everybody(begun: House) -> None:
    assert "rolled back" in begun("rollout", "stop", NAME, "--roll-back").out
    ran = begun("rollout", "start", NAME, "1.1.0")
    assert (ran.code, "1.1.0 was rolled back before" in ran.err) == (3, True)
    assert begun("rollout", "start", NAME, "1.1.0", "--again").code == 0


def test_rotate_key_tells_when_the_second_half_can_come(two: House) -> None:
    assert "run it again after" in two("rollout", "rotate-key").out
    ran = two("rollout", "rotate-key")
    assert (ran.code, "not every process believes the new key yet" in ran.err) == (3, True)


def test_a_short_key_in_the_environment_is_refused(two: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACKFIELD_PIN_KEY", "canary-too-short")
    ran = two("rollout", "explain", NAME, "--unit", "x")
    assert (ran.code, "JACKFIELD_PIN_KEY: " in ran.err, "canary" in ran.all) == (1, True, False)


def test_an_unknown_router_is_refused(two: House) -> None:
    two.settings('[targets.simulator]\nrouter = "coin"\n')
    ran = two("rollout", "status")
    assert (ran.code, "'coin' is none of local, platform" in ran.err) == (1, True)
