from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request
from jackfield.adapters.simulator import Article, Faults, Platform, SimulatorServer
from jackfield.adapters.simulator.control import Simulator, answer
from jackfield.adapters.simulator.knowledge import read
from jackfield.adapters.simulator.platform.knowledge import Library, Shelf
from jackfield.domain.model.errors import InvalidInput
from tests.unit.simulator.advising import PATH, saying, titles, told
from tests.unit.simulator.conftest import Ask, connected
from tests.unit.simulator.test_server import call

KNOWLEDGE: Final = "/_simulator/knowledge"
FRESH: Final = {"kb-billing": 7, "kb-security": 6, "kb-orders": 5, "kb-travel": 4}
PASSPORT: Final = Article(id="passport", title="Renewing a passport", content="At the office.")
ABSURD: Final[tuple[Any, ...]] = (1.7, -0.5, "high", None, True, [], {"value": 0.9})


def control(platform: Platform, method: str, document: object = None) -> tuple[int, Any]:
    body = None if document is None else orjson.dumps(document)
    response = answer(Simulator(platform, Faults()), Request(method=method, url=KNOWLEDGE, body=body))
    assert response is not None
    return response.status, orjson.loads(response.body)


def recommended(article: Article, said: str = "I need to renew my passport") -> dict[str, Any]:
    platform = Platform(clock=FrozenClock(), knowledge={"kb-ours": [article]})
    (item,) = told(connected(platform)("POST", PATH, saying(said, "kb-ours")))["items"]
    return dict(item)


@pytest.mark.parametrize(
    ("published", "date"),
    [
        (datetime(2024, 5, 1, 12, tzinfo=UTC), "2024-05-01T12:00:00.000Z"),
        (datetime.fromisoformat("2024-05-01T12:00:00+02:00"), "2024-05-01T10:00:00.000Z"),
        (timedelta(), "2026-01-01T00:00:00.000Z"),
        (timedelta(hours=2), "2025-12-31T22:00:00.000Z"),
        (timedelta(days=-400), "2027-02-05T00:00:00.000Z"),
    ],
)
def test_a_date_is_fixed_or_an_age(published: datetime | timedelta, date: str) -> None:
    article = Article(id="x", title="Passports", content="x", published=published)
    assert recommended(article)["publishedDate"] == date


@pytest.mark.parametrize(
    ("passed", "date"),
    [
        (timedelta(hours=23, minutes=59), "2025-12-30T00:00:00.000Z"),
        (timedelta(days=1), "2025-12-31T00:00:00.000Z"),
        (timedelta(days=30), "2026-01-29T00:00:00.000Z"),
    ],
)
def test_an_age_counts_from_the_last_midnight(passed: timedelta, date: str) -> None:
    clock = FrozenClock()
    article = Article(id="x", title="Passports", content="x", published=timedelta(days=2))
    ask = connected(Platform(clock=clock, token_lifetime=timedelta(days=99), knowledge={"kb": [article]}))
    clock.advance(passed)
    (item,) = told(ask("POST", PATH, saying("passport", "kb")))["items"]
    assert item["publishedDate"] == date


def test_the_id_of_a_recommendation_is_its_articles_own() -> None:
    first = recommended(PASSPORT)["id"]
    assert recommended(PASSPORT, "my passport is to be renewed at your office")["id"] == first
    assert recommended(Article(id="passport", title="Passports", content="New."))["id"] == first
    assert recommended(Article(id="other", title="Passports", content="New."))["id"] != first


@pytest.mark.parametrize("relevance", [0, 0.8, 1])
def test_a_relevance_holds_whatever_is_said(relevance: float) -> None:
    article = Article(id="x", title="Passports", content="x", relevance=relevance)
    assert recommended(article, "Hello there")["relevanceScore"] == relevance


@pytest.mark.parametrize("score", ABSURD)
def test_a_script_makes_absurd_scores(score: Any) -> None:
    article = Article(id="x", title="Passports", content="x", relevance=0.9, answer={"relevanceScore": score})
    assert recommended(article)["relevanceScore"] == score


@pytest.mark.parametrize(
    "answer",
    [
        {"publishedDate": "2026-01-01T00:00:00"},
        {"publishedDate": "9999-12-31T23:59:59Z"},
        {"content": None},
        {"content": "<script>alert(1)</script>"},
        {"id": 7, "title": ["x"], "sourceId": "kb-elsewhere"},
    ],
)
def test_a_script_is_put_over_the_fields(answer: dict[str, Any]) -> None:
    plain = recommended(PASSPORT)
    scripted = Article(id="passport", title="Renewing a passport", content="At the office.", answer=answer)
    assert recommended(scripted) == {**plain, **answer}


def test_a_script_leaves_fields_out() -> None:
    article = Article(id="x", title="Passports", content="x", lacks=["publishedDate", "content"])
    assert list(recommended(article)) == ["id", "title", "relevanceScore", "sourceId"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Article(id=" ", title="x", content="x"),
        lambda: Article(id="x", title="", content="x"),
        lambda: Article(id="x", title="x", content=7),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        lambda: Article(id="x", title="x", content="x", published=datetime(2026, 1, 1)),  # noqa: DTZ001  # refused
        lambda: Article(id="x", title="x", content="x", published=timedelta(days=40_000)),
        lambda: Article(id="x", title="x", content="x", relevance=1.7),
        lambda: Article(id="x", title="x", content="x", answer={"x": object()}),
        lambda: Shelf([PASSPORT, PASSPORT]),
        lambda: Library({"kb": [PASSPORT, PASSPORT]}),
    ],
)
def test_what_cannot_be_is_refused_at_once(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput):
        make()


def test_a_library_goes_back_to_what_it_was_given() -> None:
    library = Library({"kb-ours": [PASSPORT]})
    library.put("kb-ours", [])
    library.put("kb-billing", [PASSPORT])
    library.put("kb-more", [PASSPORT])
    assert sizes(library) == {**FRESH, "kb-billing": 1, "kb-ours": 0, "kb-more": 1}
    library.clear()
    assert sizes(library) == {**FRESH, "kb-ours": 1}


def test_a_library_that_was_ranked_ranks_nothing_again() -> None:
    library = Library({"kb-ours": [PASSPORT]})
    library.rank()
    shelf = library.get("kb-ours")
    assert shelf is not None
    before = shelf.ranked()
    assert [article.id for _, article in shelf.relevant("my passport")] == ["passport"]
    assert shelf.ranked() is before


def sizes(library: Library) -> dict[str, int]:
    return {base: len(shelf) for base in library if (shelf := library.get(base)) is not None}


def test_a_library_is_changed_by_many_at_once() -> None:
    library = Library()
    threads = [Thread(target=library.put, args=(f"kb-{n}", [PASSPORT])) for n in range(50)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(sizes(library)) == len(FRESH) + 50


def test_the_knowledge_is_shown_without_a_text_of_it(platform: Platform) -> None:
    assert control(platform, "GET") == (200, {"knowledge": FRESH})


def test_a_base_is_stocked_and_forgotten(platform: Platform, ask: Ask) -> None:
    article = {
        "id": "passport",
        "title": "Renewing a passport",
        "content": "At the office.",
        "age_days": 1.5,
        "phrases": ["passport expired"],
        "answer": {"more": 1},
        "lacks": ["content"],
    }
    status, shown = control(platform, "POST", {"base": "kb-ours", "articles": [article]})
    assert (status, shown["knowledge"]["kb-ours"]) == (200, 1)
    (item,) = told(ask("POST", PATH, saying("my passport has expired", "kb-ours")))["items"]
    assert item["relevanceScore"] >= 0.8
    assert (item["publishedDate"], item["more"], "content" in item) == ("2025-12-30T12:00:00.000Z", 1, False)
    assert control(platform, "DELETE") == (200, {"knowledge": FRESH})
    assert ask("POST", PATH, saying("passport", "kb-ours")).status == 404


def test_a_base_may_be_emptied(platform: Platform, ask: Ask) -> None:
    assert control(platform, "POST", {"base": "kb-billing"})[1]["knowledge"]["kb-billing"] == 0
    assert titles(ask("POST", PATH, saying("charged twice", "kb-billing"))) == []


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (None, "knowledge"),
        ([], "knowledge"),
        ({}, "base"),
        ({"base": " "}, "id"),
        ({"base": "kb", "articles": {}}, "articles"),
        ({"base": "kb", "articles": [{"id": "x"}]}, "articles[0].title"),
        (
            {"base": "kb", "articles": [{"id": "x", "title": "x", "content": "x", "more": 1}]},
            "articles[0].more",
        ),
        (
            {"base": "kb", "articles": [{"id": "x", "title": "x", "content": "x", "relevance": 2}]},
            "relevance",
        ),
        (
            {"base": "kb", "articles": [{"id": "x", "title": "x", "content": "x", "published": "soon"}]},
            "published",
        ),
        (
            {
                "base": "kb",
                "articles": [{"id": "x", "title": "x", "content": "x", "published": "2026-01-01"}],
            },
            "published",
        ),
        (
            {"base": "kb", "articles": [{"id": "x", "title": "x", "content": "x", "age_days": 1e300}]},
            "published",
        ),
        (
            {"base": "kb", "articles": [{"id": "x", "title": "x", "content": "x", "age_days": 40_000}]},
            "published",
        ),
        ({"base": "kb", "articles": [{"id": "x", "title": "x", "content": "x"}] * 2}, "articles"),
    ],
)
def test_a_stock_that_cannot_be_changes_nothing(document: Any, place: str, platform: Platform) -> None:
    status, refused = control(platform, "POST", document)
    assert (status, place in refused["message"]) == (400, True)
    assert control(platform, "GET")[1]["knowledge"] == FRESH


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
def test_a_stock_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(body)


@pytest.fixture
def server(platform: Platform) -> Iterator[SimulatorServer]:
    with SimulatorServer(platform) as running:
        yield running


def test_a_base_is_stocked_over_http(server: SimulatorServer, ask: Ask) -> None:
    article = {"id": "x", "title": "Renewing a passport", "content": "x", "published": "2025-06-01T00:00:00Z"}
    body = orjson.dumps({"base": "kb-ours", "articles": [article]})
    status, shown = call(server, "POST", KNOWLEDGE, body=body)
    assert (status, shown["knowledge"]["kb-ours"]) == (200, 1)
    assert titles(ask("POST", PATH, saying("renew my passport", "kb-ours"))) == ["Renewing a passport"]
    assert "kb-ours" not in call(server, "DELETE", KNOWLEDGE)[1]["knowledge"]
