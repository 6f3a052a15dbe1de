"""Rollouts over HTTP."""

from __future__ import annotations

from jackfield.entrypoints.core import Core
from tests.unit.service.house import NAME, House, published


def _begun(core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    core.acting_as("user:mina", reason="CHG-4").rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))


def test_a_rollout_is_shown_with_its_next_move(house: House, core: Core) -> None:
    _begun(core)
    found = house.get(f"/v1/rollouts/{NAME}").json
    assert (found["rollout"]["version"], found["rollout"]["share"], found["next"]["act"]) == (
        "1.1.0",
        "50%",
        "hold",
    )


def test_every_rollout_is_listed(house: House, core: Core) -> None:
    _begun(core)
    assert [each["name"] for each in house.get("/v1/rollouts").json["rollouts"]] == [NAME]


def test_a_prompt_without_a_rollout_has_none_to_show(house: House, core: Core) -> None:
    published(core)
    assert house.get(f"/v1/rollouts/{NAME}").status == 404


def test_a_step_says_why_nothing_moved(house: House, core: Core) -> None:
    _begun(core)
    house.post(f"/v1/rollouts/{NAME}/step")
    found = house.post(f"/v1/rollouts/{NAME}/step")
    assert (found.status, found.json["changed"], bool(found.json["move"]["why"])) == (200, False, True)


def test_an_outcome_is_told_by_its_pin(house: House, core: Core) -> None:
    _begun(core)
    pin = house.post(f"/v1/prompts/{NAME}/choose", {"unit": "customer-1"}).json["pin"]
    found = house.post("/v1/observe", {"pin": pin, "success": True, "latency_s": 1.5, "tokens": 120})
    core.rollouts.flush()
    assert (found.json, core.rollouts.status(NAME).evidence.newest is not None) == (
        {"heard": "buffered"},
        True,
    )


def test_a_forged_pin_counts_nothing(house: House, core: Core) -> None:
    _begun(core)
    assert house.post("/v1/observe", {"pin": "made-up"}).json == {"heard": "forged"}
