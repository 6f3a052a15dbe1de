"""`jackfield rollout`, as its users see it: start, status, step, hold, stop, watch, explain, rotate-key."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

import jackfield
from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.evidence.observations import Observation
from jackfield.domain.services.rollouts.folding import Outcome
from jackfield.ports.prompts import Split
from tests.e2e.command.conftest import COMMAND, House, Ran
from tests.e2e.command.test_terminal import on_a_terminal

NAME = "greeting"


@pytest.fixture
def two(house: House) -> House:
    """1.0.0 is live, 1.1.0 is published."""
    house.publish("1.0.0", "1.1.0")
    return house


@pytest.fixture
def begun(two: House) -> House:
    """1.1.0 is at 50 %, and may go on at once."""
    arguments = ("--shares", "50%,100%", "--least", "0s", "--margin", "0.9")
    assert two("rollout", "start", NAME, "1.1.0", *arguments).code == 0
    return two


def tell(*, well: bool, units: int = 100) -> None:
    """Tell of conversations, half of each arm; the treatment's fail unless it goes well."""
    with jackfield.open() as core:
        rollout, now = core.rollouts.status(NAME).rollout, core.audit.clock.now()
        for number in range(units):
            arm = Arm.TREATMENT if number % 2 else Arm.CONTROL
            seen = Observation(
                unit=f"{number}",
                arm=arm,
                step=rollout.step,
                exposed=now,
                at=now,
                success=well or arm is Arm.CONTROL,
            )
            core.rollouts.buffer.put(Outcome(prompt=NAME, rollout=rollout.id, observation=seen))


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
        (("1.1.0", "--least", "soon"), 2, "a period is such as 90s"),
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


def test_status_shows_the_evidence_and_the_next_move(begun: House) -> None:
    tell(well=True)
    out = begun("rollout", "status", NAME).out
    assert "state      canary at 50% ([50%] > 100%)" in out
    assert "treatment  50 units, 50 outcomes, 0 failed, 100.0 % succeed" in out
    assert "next       finish: harmless: e " in out


def test_status_without_a_name_shows_every_rollout(begun: House) -> None:
    out = begun("rollout", "status").out
    assert all(word in out for word in ("greeting", "1.1.0", "canary", "50%", "hold: inconclusive"))


def test_status_before_any_rollout_says_how_to_begin(two: House) -> None:
    assert "no prompt ever had a rollout" in two("rollout", "status").out
    ran = two("rollout", "status", NAME)
    assert (ran.code, "it never had a rollout" in ran.err) == (3, True)


def test_the_status_of_prompts_names_the_rollout(begun: House) -> None:
    assert "rollout: 1.1.0 at 50%" in begun("status").out
    assert begun("status", "--format", "json").json["prompts"][0]["rollout"]["share"] == "50%"


def test_a_terminal_gets_bars(begun: House) -> None:
    tell(well=True)
    drawn = on_a_terminal(begun, "rollout", "status", NAME, columns=80)
    assert "control    |" in drawn
    assert "harmless   [###" in drawn


def test_a_pipe_gets_none(begun: House) -> None:
    tell(well=True)
    assert "###" not in begun("rollout", "status", NAME).out


@pytest.mark.parametrize("columns", [20, 40])
def test_bars_are_never_wider_than_the_terminal(begun: House, columns: int) -> None:
    tell(well=True)
    drawn = on_a_terminal(begun, "rollout", "status", NAME, columns=columns)
    bars = [line for line in drawn.splitlines() if line.endswith(("]", "|"))]
    assert all(len(line) <= columns for line in bars)


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


def test_an_end_is_shown_as_one(begun: House) -> None:
    begun("rollout", "stop", NAME, "--reason", "INC-1")
    assert "ended: INC-1" in begun("rollout", "status").out


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


def test_explain_says_why(begun: House) -> None:
    ran = begun("rollout", "explain", NAME, "--unit", "customer-1")
    assert "in rollout" in ran.out
    assert "(50%)" in ran.out
    forged = begun("rollout", "explain", NAME, "--unit", "customer-1", "--pin", "jf1.x.y").out
    assert "the pin was ignored: forged" in forged


def test_explain_for_programs_gives_a_pin_that_holds(begun: House) -> None:
    said = begun("rollout", "explain", NAME, "--unit", "x", "--format", "json").json
    again = begun("rollout", "explain", NAME, "--unit", "x", "--pin", said["pin"], "--format", "json").json
    assert (again["version"], again["reason"]) == (said["version"], "pinned")


def test_a_unit_that_is_empty_is_refused(begun: House) -> None:
    ran = begun("rollout", "explain", NAME, "--unit", "")
    assert (ran.code, "unit: " in ran.err) == (1, True)


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


def test_where_the_platform_routes_the_split_is_shown_and_its_drift(two: House) -> None:
    two.settings('[targets.simulator]\nrouter = "platform"\n')
    assert two("rollout", "start", NAME, "1.1.0").code == 0
    assert "sent by the platform" in two("rollout", "status", NAME).out
    with jackfield.open() as core:
        operations = core.prompts.operations
        found = operations.gateway.find(NAME)
        assert found is not None
        operations.gateway.split(found.id, None, version="1.1.0")
    said = "it routes nothing, not 5% to 1.1.0 (rollout-"
    assert said in two("rollout", "status", NAME).out
    assert said in two("status", NAME).out
    assert said in two("plan", ".").all
    assert said in two("doctor").all


def test_status_reads_what_the_platform_measured(two: House) -> None:
    two.settings('[targets.simulator]\nrouter = "platform"\n')
    assert two("rollout", "start", NAME, "1.1.0").code == 0
    said = two("rollout", "status", NAME)
    assert "records    read at 2" in said.out
    assert "; none so far" in said.out
    view = two("rollout", "status", "--format", "json").json["rollouts"][0]
    assert (view["read"], view["unread"], view["ahead"]) == (None, None, 0)


def test_a_machine_whose_router_differs_says_so(begun: House) -> None:
    assert "note:" not in begun("rollout", "status", NAME).err
    begun.settings('[targets.simulator]\nrouter = "platform"\n')
    note = "note: this machine's router is platform, the rollout's is local: set router = \"local\""
    for command in ("status", "step"):
        assert note in begun("rollout", command, NAME).err
    begun("rollout", "stop", NAME)
    assert "note:" not in begun("rollout", "status", NAME).err


def test_where_the_platform_routes_a_split_that_no_rollout_left_is_shown(two: House) -> None:
    two.settings('[targets.simulator]\nrouter = "platform"\n')
    assert "no rollout runs" not in two("doctor").all
    with jackfield.open() as core:
        operations = core.prompts.operations
        found = operations.gateway.find(NAME)
        assert found is not None
        left = Split(version="1.1.0", share=500, variant="rollout-0123456789ab")
        operations.gateway.split(found.id, left, version="1.1.0")
    said = "it routes 5% to 1.1.0 (rollout-0123456789ab), and no rollout runs"
    assert said in two("status", NAME).out
    assert said in two("plan", ".").all
    examined = two("doctor").all
    assert said in examined
    assert f"jackfield promote {NAME} VERSION --force" in examined
    assert two("promote", NAME, "1.0.0", "--force").code == 0
    assert said not in two("doctor").all


def watched(house: House, *arguments: str, by: signal.Signals | None = None) -> Ran:
    """Run `watch`; once it has said something, send it a signal."""
    with subprocess.Popen(
        [COMMAND, "rollout", "watch", NAME, "--every", "1s", *arguments],
        cwd=house.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            if by is not None:
                process.send_signal(by)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()  # else a watch that does not end keeps the whole run
    return Ran(process.returncode, first + out, err)


def test_watch_ends_when_it_is_live(begun: House) -> None:
    tell(well=True)
    ran = watched(begun)
    assert (ran.code, "live; finish" in ran.out) == (0, True)


def test_watch_has_a_code_of_its_own_when_it_was_taken_back(begun: House) -> None:
    tell(well=False)
    assert watched(begun).code == 6


@pytest.mark.parametrize(("by", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_watch_ends_behind_its_step_at_a_signal(begun: House, by: signal.Signals, code: int) -> None:
    ran = watched(begun, by=by)
    assert (ran.code, "another watch goes on with it" in ran.err, "Traceback" in ran.err) == (
        code,
        True,
        False,
    )


def test_another_watch_goes_on_after_a_kill(begun: House) -> None:
    assert watched(begun, by=signal.SIGKILL).code == -signal.SIGKILL
    tell(well=True)
    assert watched(begun).code == 0


def test_watch_for_programs_writes_an_object_a_line(begun: House) -> None:
    tell(well=True)
    lines = watched(begun, "--format", "json").out.splitlines()
    assert [json.loads(line)["move"]["act"] for line in lines] == ["finish"]


def test_the_log_verifies_after_a_whole_life(begun: House) -> None:
    tell(well=True)
    begun("rollout", "step", NAME)
    ran = begun("audit", "verify")
    assert (ran.code, "no change found" in ran.out) == (0, True)


def test_watch_ends_when_nobody_reads(begun: House) -> None:
    with subprocess.Popen(
        [COMMAND, "rollout", "watch", NAME, "--every", "1s"],
        cwd=begun.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.wait(timeout=60) == 141
        finally:
            process.kill()


def test_watch_that_begins_without_its_ledger_waits_for_it(two: House) -> None:
    pytest.importorskip("psycopg")
    two.settings(
        '[targets.simulator]\norganization = "acme"\nledger = "postgresql://nobody@127.0.0.1:1/none"\n'
    )
    with subprocess.Popen(
        [COMMAND, "rollout", "watch", NAME, "--every", "1s"],
        cwd=two.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, said.startswith("waiting: "), "Traceback" in rest) == (130, True, False), said


def test_watch_fails_at_once_for_settings_that_are_wrong(two: House) -> None:
    two.settings('[targets.simulator]\nrouter = "coin"\n')
    assert two("rollout", "watch", NAME).code == 1
