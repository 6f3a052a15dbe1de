from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request
from jackfield.adapters.simulator import Faults, FaultySend, Platform
from tests.unit.simulator.advising import BODY, PATH, refusal, saying, shelf, titles, told
from tests.unit.simulator.conftest import Ask, connected


def test_a_recommendation_has_the_fields_of_the_wire(ask: Ask) -> None:
    first = told(ask("POST", PATH, BODY))["items"][0]
    assert list(first) == ["id", "title", "content", "relevanceScore", "publishedDate", "sourceId"]
    assert (first["title"], first["publishedDate"], first["sourceId"]) == (
        "Resolving a disputed charge",
        "2025-12-31T22:00:00.000Z",
        "kb-billing",
    )
    assert first["relevanceScore"] >= 0.8


@pytest.mark.parametrize(
    ("transcript", "title"),
    [
        ("I forgot my password and cannot log in", "Resetting a forgotten password"),
        ("customer: where is my order?", "Finding out where an order is"),
        ("My SUITCASE did not arrive in Lisbon!", "When baggage does not arrive"),
        ("the jeans are the wrong size, can I send them back?", "Returning or exchanging an item"),
        ("my card was stolen on the train", "Blocking a lost or stolen card"),
    ],
)
def test_what_is_said_finds_its_article(transcript: str, title: str, ask: Ask) -> None:
    first, *others = told(ask("POST", PATH, saying(transcript)))["items"]
    assert (first["title"], first["relevanceScore"] >= 0.8) == (title, True)
    assert all(each["relevanceScore"] < first["relevanceScore"] for each in others)


@pytest.mark.parametrize("transcript", ["What a lovely day!", "I like football.", "?", "\u4f60\u597d"])
def test_what_is_of_something_else_finds_nothing(transcript: str, ask: Ask) -> None:
    assert told(ask("POST", PATH, saying(transcript))) == {"items": []}


def test_a_fresh_platform_meets_and_misses_both_thresholds(ask: Ask) -> None:
    said = "I was charged twice, cannot pay the bill at once and want a payment plan."
    oldest = datetime(2025, 12, 25, tzinfo=UTC)
    found = {
        (each["relevanceScore"] >= 0.8, datetime.fromisoformat(each["publishedDate"]) >= oldest)
        for each in told(ask("POST", PATH, saying(said)))["items"]
    }
    assert found >= {(True, True), (True, False), (False, True)}


def test_looks_in_the_bases_that_are_named(ask: Ask) -> None:
    said = "charged twice, and I forgot my password"
    assert {each["sourceId"] for each in told(ask("POST", PATH, saying(said)))["items"]} >= {
        "kb-billing",
        "kb-security",
    }
    named = told(ask("POST", PATH, saying(said, "kb-security", "kb-security")))["items"]
    assert [(each["sourceId"], each["title"]) for each in named] == [
        ("kb-security", "Resetting a forgotten password")
    ]


def test_an_unknown_base_is_not_found(ask: Ask, platform: Platform) -> None:
    body = saying("renew my passport", "kb-billing", "kb-ours")
    expected = (404, "not.found", [("knowledge.base.unknown", "knowledgeBaseIds[1]")])
    assert refusal(ask("POST", PATH, body)) == expected
    platform.knowledge("kb-ours", shelf(1))
    assert titles(ask("POST", PATH, body)) == ["Renewing a passport"]


def test_equally_relevant_ones_come_by_their_ids(platform: Platform, ask: Ask) -> None:
    platform.knowledge("kb-ours", shelf(5)[::-1])
    items = told(ask("POST", PATH, saying("renewing a passport", "kb-ours")))["items"]
    platform.knowledge("kb-ours", shelf(5))
    assert told(ask("POST", PATH, saying("renewing a passport", "kb-ours")))["items"] == items


def test_the_same_query_gets_the_same_answer(platform: Platform, ask: Ask) -> None:
    platform.knowledge("kb-ours", shelf(7))
    body = saying("renewing a passport", "kb-ours")
    other = Platform(clock=FrozenClock(), seed=9, knowledge={"kb-ours": shelf(7)})
    assert (
        ask("POST", PATH, body).body
        == ask("POST", PATH, body).body
        == connected(other)("POST", PATH, body).body
    )


def test_advice_needs_its_scope(connect: Callable[..., Ask], platform: Platform) -> None:
    refused = connect(platform, scope="agentassist:write")("POST", PATH, BODY)
    assert (refused.status, orjson.loads(refused.body)["messageParams"]) == (
        403,
        {"scope": "agentassist:view"},
    )
    for scope in ("agentassist:view", "agentassist:view agentassist:write", ""):
        assert connect(platform, scope=scope)("POST", PATH, BODY).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_advice_is_posted_for(method: str, ask: Ask) -> None:
    assert ask(method, PATH, BODY).status == 405


def test_nothing_that_was_said_is_kept(ask: Ask, platform: Platform) -> None:
    before = platform.snapshot()
    ask("POST", PATH, saying("my secret word is xyzzy"))
    assert platform.snapshot() == before


def test_advice_comes_late_by_a_fault(clock: FrozenClock, platform: Platform) -> None:
    faults = Faults()
    faults.randomly("slow", 1, seconds=0.15, on=f"POST {PATH}")
    send = FaultySend(platform.send, faults, clock)
    headers = {"Content-Type": "application/json"}
    send(Request(method="POST", url=f"https://host{PATH}", headers=headers, body=orjson.dumps(BODY)))
    assert clock.monotonic() == pytest.approx(0.15)


ASK: Final = connected(Platform(clock=FrozenClock()))


@given(st.text(min_size=1, max_size=300).filter(str.strip))
def test_relevances_are_within_their_range_and_the_same_again(text: str) -> None:
    first, second = (told(ASK("POST", PATH, saying(text)))["items"] for _ in range(2))
    relevances = [each["relevanceScore"] for each in first]
    assert relevances == sorted(relevances, reverse=True)
    assert all(0 <= each <= 1 for each in relevances)
    assert first == second
