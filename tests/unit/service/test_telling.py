"""Feedback over HTTP: told once, placed where it was displayed, and of names that a line can show."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.service.assisted import ADVICE, QUERY
from tests.unit.service.house import Answered, House

CONVERSATION = {"agent": "agent-204", "conversation": "conv-1"}


def tell(house: House, action: str, *ids: str, **more: Any) -> Answered:
    """Tell it of recommendations by their ids alone."""
    body = {"recommendations": [{"id": each} for each in ids], "action": action, **CONVERSATION, **more}
    return house.post("/v1/advice/feedback", body)


@pytest.fixture
def ids(house: House) -> list[str]:
    """What was recommended in the conversation."""
    found = house.post("/v1/advice/query", ADVICE).json
    return [each["id"] for each in found["accepted"]]


def lines(house: House, name: str) -> list[str]:
    """What is measured under a name, once everything is; nothing is asked of the service after it."""
    house.core.close()
    told = house.get("/metrics").body.decode().splitlines()
    return [each for each in told if each.startswith(name)]


def test_a_request_that_is_sent_again_counts_once(house: House, ids: list[str]) -> None:
    tell(house, "displayed", *ids, once="seen-1")
    answers = [tell(house, "clicked", ids[0], once="click-1") for _ in range(2)]
    assert [each.status for each in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    told = house.core.audit.last(50)
    assert [each.event.type for each in told].count("advice.feedback") == 1
    assert [line.rpartition(" ")[2] for line in lines(house, "agentassist_recommendation_clicks_total")] == [
        "1.0"
    ]


def test_a_request_under_a_name_that_was_given_is_refused(house: House, ids: list[str]) -> None:
    tell(house, "clicked", ids[0], once="click-1")
    other = tell(house, "wrong", ids[0], once="click-1")
    nowhere = tell(house, "clicked", ids[0], once="click-2", conversation=None)
    assert (other.status, nowhere.status) == (400, 400)


def test_a_click_without_a_place_counts_where_it_was_displayed(house: House, ids: list[str]) -> None:
    tell(house, "displayed", *ids)
    (told,) = tell(house, "clicked", ids[0]).json["told"]
    assert (told["source"], told["position"], told["known"]) == ("kb-billing", 1, True)
    found = house.get("/v1/advice/report?by=source").json
    assert [(each["key"], each["clicked"], each["unseen"]) for each in found["groups"]] == [
        ("kb-billing", 1, 0)
    ]
    (line,) = lines(house, "agentassist_recommendation_clicks_total")
    assert 'source_id="kb-billing"' in line


def test_what_nobody_recommended_is_told_to_be_unknown(house: House, ids: list[str]) -> None:
    told = tell(house, "helpful", "made-up", ids[0]).json["told"]
    assert [each["known"] for each in told] == [False, True]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/advice/query", {**ADVICE, "conversation": "a\nb"}),
        ("/v1/advice/query", {**ADVICE, "agent": "a\x00"}),
        ("/query", {**QUERY, "agentProfile": {"agentId": "a\nb", "skills": []}}),
        (
            "/v1/advice/feedback",
            {**CONVERSATION, "recommendations": [{"id": "r"}], "action": "helpful", "agent": "a\nb"},
        ),
    ],
)
def test_names_that_a_line_cannot_show_are_refused(house: House, path: str, body: Any) -> None:
    assert house.post(path, body).status == 400


def test_an_unknown_knowledge_base_is_no_error_of_the_platform(house: House) -> None:
    house.post("/v1/advice/query", {**ADVICE, "bases": ["kb-nowhere"]})
    assert not any('status="error"' in each for each in lines(house, "agentassist_recommendation_latency"))
    (line,) = lines(house, "jackfield_advice_queries_total")
    assert 'from="refused"' in line


def test_what_is_counted_is_described_in_words(house: House, ids: list[str]) -> None:
    tell(house, "clicked", ids[0])
    described = lines(house, "# HELP ")
    assert [each for each in described if "{" in each] == []
    assert any(each.endswith("clicks, one for each click") for each in described)
