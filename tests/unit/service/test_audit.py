"""The audit log over HTTP."""

from __future__ import annotations

from jackfield.entrypoints.core import Core
from tests.unit.service.assisted import START
from tests.unit.service.house import NAME, House, published


def test_pages_hold_every_entry_once(house: House, core: Core) -> None:
    published(core, "1.0.0", "1.1.0")
    seen, after = list[int](), "0"
    while after != "None":
        page = house.get(f"/v1/audit?limit=1&after={after}").json
        seen += [entry["position"] for entry in page["entries"]]
        after = str(page["next"])
    assert seen == [entry.position for entry in core.audit.entries()]


def test_entries_of_one_prompt_can_be_asked_for(house: House, core: Core) -> None:
    published(core)
    assert house.get("/v1/audit?prompt=other").json == {"entries": [], "next": None}
    assert {entry["name"] for entry in house.get(f"/v1/audit?prompt={NAME}").json["entries"]} == {NAME}


def test_entries_of_one_session_can_be_asked_for(house: House, core: Core) -> None:
    published(core)
    session = house.post("/v1/sessions", START).json["id"]
    house.post("/v1/sessions", START)
    found = house.get(f"/v1/audit?session={session}").json["entries"]
    assert {(each["kind"], each["name"]) for each in found} == {("session", session)}
    assert house.get(f"/v1/audit?session={session}&prompt={NAME}").status == 400


def test_the_chain_is_verified_against_a_head(house: House, core: Core) -> None:
    published(core)
    first = house.get("/v1/audit/verify").json
    again = house.get(f"/v1/audit/verify?head={first['head'].upper()}")
    assert (again.status, again.json) == (200, first)


def test_a_head_that_is_not_in_the_chain_tells_of_a_change(house: House, core: Core) -> None:
    published(core)
    found = house.get(f"/v1/audit/verify?head={'f' * 64}")
    assert (found.status, found.json["type"]) == (409, "urn:jackfield:problem:chain-broken")


def test_a_page_has_its_limits(house: House) -> None:
    found = house.get("/v1/audit?limit=501&after=-1&order=up")
    assert (found.status, {each["place"] for each in found.json["problems"]}) == (
        400,
        {"limit", "after", "order"},
    )
