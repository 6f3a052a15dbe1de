"""A knowledge base that was changed: what was kept of it is given no more, however it is asked for."""

from __future__ import annotations

from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.app import Given
from jackfield.entrypoints.service.tokens import new_token
from jackfield.entrypoints.settings.service import OwnToken, Scope, ServiceRules
from tests.unit.service.assisted import ADVICE, QUERY
from tests.unit.service.house import House


def _origins(house: House) -> tuple[str, str]:
    return (
        house.post("/query", QUERY).headers["x-advice-origin"],
        house.post("/v1/advice/query", {**ADVICE, "conversation": "conv-2"}).json["origin"],
    )


def test_what_was_kept_of_it_is_asked_for_anew(house: House) -> None:
    before = (_origins(house), _origins(house))
    found = house.post("/v1/advice/forget", {"base": "kb-billing"})
    assert (found.status, found.json) == (200, {"base": "kb-billing"})
    assert (*before, _origins(house)) == (("fresh", "fresh"), ("cached", "cached"), ("fresh", "fresh"))


def test_what_was_kept_of_others_stays(house: House) -> None:
    _origins(house)
    assert house.post("/v1/advice/forget", {"base": "kb-security"}).status == 200
    assert _origins(house) == ("cached", "cached")


def test_a_base_without_a_name_is_refused(house: House) -> None:
    statuses = [house.post("/v1/advice/forget", body).status for body in ({}, {"base": ""}, {"base": "  "})]
    assert statuses == [400, 400, 400]


def test_who_may_only_read_may_not(core: Core) -> None:
    reader = new_token()
    token = OwnToken(name="dashboard", scopes=(Scope.READ,), hash=reader[1])
    house = House(core, given=Given(rules=ServiceRules(require=True, tokens=(token,))))
    found = house.post("/v1/advice/forget", {"base": "kb"}, authorization=f"Bearer {reader[0]}")
    assert (found.status, found.json["type"]) == (403, "urn:jackfield:problem:scope")
