"""`jackfield rollout status` and `explain`: evidence, bars, drift and what the platform measured."""

from __future__ import annotations

import pytest

import jackfield
from jackfield.ports.prompts import Split
from tests.e2e.command.conftest import House
from tests.e2e.command.rollouts.conftest import NAME, tell
from tests.e2e.command.terminals import drawn_on_a_terminal


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
    drawn = drawn_on_a_terminal(begun, "rollout", "status", NAME, columns=80)
    assert "control    |" in drawn
    assert "harmless   [###" in drawn


def test_a_pipe_gets_none(begun: House) -> None:
    tell(well=True)
    assert "###" not in begun("rollout", "status", NAME).out


@pytest.mark.parametrize("columns", [20, 40])
def test_bars_are_never_wider_than_the_terminal(begun: House, columns: int) -> None:
    tell(well=True)
    drawn = drawn_on_a_terminal(begun, "rollout", "status", NAME, columns=columns)
    bars = [line for line in drawn.splitlines() if line.endswith(("]", "|"))]
    assert all(len(line) <= columns for line in bars)


def test_an_end_is_shown_as_one(begun: House) -> None:
    begun("rollout", "stop", NAME, "--reason", "INC-1")
    assert "ended: INC-1" in begun("rollout", "status").out


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
