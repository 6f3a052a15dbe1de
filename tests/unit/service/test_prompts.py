"""Prompts over HTTP."""

from __future__ import annotations

from jackfield.entrypoints.core import Core
from tests.unit.service.house import NAME, House, published


def test_a_prompt_is_shown_as_the_command_shows_it(house: House, core: Core) -> None:
    published(core)
    found = house.get(f"/v1/prompts/{NAME}")
    assert (found.status, found.json["live"], found.json["by"], found.json["platform"]["drift"]) == (
        200,
        "1.0.0",
        "user:mina",
        False,
    )


def test_every_prompt_is_listed(house: House, core: Core) -> None:
    published(core)
    found = house.get("/v1/prompts").json
    assert (found["target"], [each["name"] for each in found["prompts"]]) == ("test", [NAME])


def test_a_prompt_that_is_not_there_is_not_found(house: House) -> None:
    found = house.get("/v1/prompts/nothing")
    assert (found.status, found.json["type"]) == (404, "urn:jackfield:problem:not-found")


def test_a_choice_can_be_kept_by_its_pin(house: House, core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    first = house.post(f"/v1/prompts/{NAME}/choose", {"unit": "customer-1"}).json
    house.post(f"/v1/prompts/{NAME}/promote", {"version": "1.1.0"})
    again = house.post(f"/v1/prompts/{NAME}/choose", {"unit": "customer-1", "pin": first["pin"]}).json
    assert (first["version"], again["version"], again["reason"]) == ("1.0.0", "1.0.0", "pinned")


def test_a_promotion_is_done_by_the_caller_for_the_reason_given(house: House, core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    moved = house.post(
        f"/v1/prompts/{NAME}/promote",
        {"version": "1.1.0", "expecting": "1.0.0"},
        x_actor="user:mina",
        x_reason="CHG-2",
    )
    status = core.prompts.status(NAME).live
    assert status is not None
    assert (moved.json["before"], moved.json["live"], moved.json["changed"]) == ("1.0.0", "1.1.0", True)
    assert (status.actor, status.reason) == ("service:loopback for user:mina", "CHG-2")


def test_a_promotion_that_expects_something_else_is_a_conflict(house: House, core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    found = house.post(f"/v1/prompts/{NAME}/promote", {"version": "1.0.0", "expecting": "1.1.0"})
    assert (found.status, found.json["title"]) == (409, "Somebody else moved it")


def test_a_rollback_needs_no_body(house: House, core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    house.post(f"/v1/prompts/{NAME}/promote", {"version": "1.1.0"})
    back = house.post(f"/v1/prompts/{NAME}/roll-back")
    assert (back.status, back.json["live"]) == (200, "1.0.0")


def test_without_a_reason_the_log_has_the_operation(house: House, core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    house.post(f"/v1/prompts/{NAME}/promote", {"version": "1.1.0"})
    assert core.audit.last(1)[0].event.reason == "POST /v1/prompts/{name}/promote"
