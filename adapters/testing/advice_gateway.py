"""What every `AdviceGateway` promises, as tests."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from attrs import evolve

from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import LONGEST_TRANSCRIPT, AdviceQuery
from jackfield.domain.model.errors import InvalidInput, NotFound, Unavailable
from jackfield.ports.advice import AdviceGateway, Recommended
from jackfield.ports.clock import Clock

_NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
_SAYINGS: Final = (
    "?",
    "Grüße, 你好, \u2028 and 👩‍🚀",
    "\u0001 \\ \" ' <b>&amp;</b> {{name}}",
    "agent: Hello\ncustomer: Hello\r\n" * 100,
    "why " * (LONGEST_TRANSCRIPT // 4),
)


class AdviceGatewayContract:
    """Provide the fixtures `advice`, `clock` (its own) and `query`, and inherit the tests.

    The query names two knowledge bases, of both of which so much is recommended that it takes two pages.
    """

    @pytest.fixture
    def ends(self, clock: Clock) -> float:
        """A deadline that is far away."""
        return clock.monotonic() + 600

    def test_gives_more_than_one_page(self, advice: AdviceGateway, query: AdviceQuery, ends: float) -> None:
        pages = list(advice.recommend(query, wanted=5, ends=ends))
        assert len(pages) > 1
        assert {each.source for each in _items(pages)} == {*query.bases}

    def test_gives_each_once_the_best_first(
        self, advice: AdviceGateway, query: AdviceQuery, ends: float
    ) -> None:
        items = _items(advice.recommend(query, wanted=5, ends=ends))
        relevances = [each.relevance for each in items]
        assert relevances == sorted(relevances, reverse=True)
        assert len({each.id for each in items}) == len(items)

    def test_gives_the_same_again(self, advice: AdviceGateway, query: AdviceQuery, ends: float) -> None:
        once, again = (_items(advice.recommend(query, wanted=5, ends=ends)) for _ in range(2))
        assert once == again

    @pytest.mark.parametrize("wanted", [1, 5, 100])
    def test_gives_the_same_however_many_are_wanted(
        self, advice: AdviceGateway, query: AdviceQuery, ends: float, wanted: int
    ) -> None:
        usual = _items(advice.recommend(query, wanted=5, ends=ends))
        assert _items(advice.recommend(query, wanted=wanted, ends=ends)) == usual

    def test_whoever_has_enough_stops(self, advice: AdviceGateway, query: AdviceQuery, ends: float) -> None:
        whole = list(advice.recommend(query, wanted=1, ends=ends))
        assert next(iter(advice.recommend(query, wanted=1, ends=ends))) == whole[0]

    def test_looks_only_where_it_is_told_to(
        self, advice: AdviceGateway, query: AdviceQuery, ends: float
    ) -> None:
        for base in query.bases:
            found = _items(advice.recommend(evolve(query, bases=[base]), wanted=5, ends=ends))
            assert {each.source for each in found} == {base}

    def test_looks_everywhere_unless_it_is_told_where(
        self, advice: AdviceGateway, query: AdviceQuery, ends: float
    ) -> None:
        some = {each.id for each in _items(advice.recommend(query, wanted=5, ends=ends))}
        everywhere = advice.recommend(evolve(query, bases=()), wanted=5, ends=ends)
        assert {each.id for each in _items(everywhere)} >= some

    def test_the_order_of_bases_and_skills_is_nothing(
        self, advice: AdviceGateway, query: AdviceQuery, ends: float
    ) -> None:
        one = evolve(query, skills=["billing", "french"])
        other = evolve(query, skills=["french", "billing"], bases=query.bases[::-1])
        found = [_items(advice.recommend(each, wanted=5, ends=ends)) for each in (one, other)]
        assert found[0] == found[1]

    @pytest.mark.parametrize("transcript", _SAYINGS, ids=range(len(_SAYINGS)))
    def test_takes_any_transcript(
        self, advice: AdviceGateway, query: AdviceQuery, ends: float, transcript: str
    ) -> None:
        items = _items(advice.recommend(evolve(query, transcript=transcript), wanted=5, ends=ends))
        assert {each.source for each in items} <= {*query.bases}

    def test_refuses_a_transcript_that_cannot_be_sent(
        self, advice: AdviceGateway, query: AdviceQuery, ends: float
    ) -> None:
        with pytest.raises(InvalidInput):
            list(advice.recommend(evolve(query, transcript="half \ud83d"), wanted=5, ends=ends))

    def test_knows_no_base_that_is_not_there(
        self, advice: AdviceGateway, query: AdviceQuery, ends: float
    ) -> None:
        asked = evolve(query, bases=(*query.bases, _NOWHERE), transcript="canary")
        with pytest.raises(NotFound) as caught:
            list(advice.recommend(asked, wanted=5, ends=ends))
        assert _NOWHERE in str(caught.value)
        assert "canary" not in f"{caught.value}{caught.value.attempts}"

    def test_may_be_asked_by_many_at_once(
        self, advice: AdviceGateway, query: AdviceQuery, ends: float
    ) -> None:
        usual = _items(advice.recommend(query, wanted=5, ends=ends))

        def ask(_: int) -> bool:
            return _items(advice.recommend(query, wanted=5, ends=ends)) == usual

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, range(24)))

    def test_asks_nothing_behind_the_deadline(
        self, advice: AdviceGateway, query: AdviceQuery, clock: Clock
    ) -> None:
        with pytest.raises(Unavailable):
            list(advice.recommend(query, wanted=5, ends=clock.monotonic() - 1))


def _items(pages: Iterable[tuple[Recommended, ...]]) -> list[Item]:
    """Return what the pages recommend; all of it can be used."""
    found = [each for page in pages for each in page]
    assert all(isinstance(each, Item) for each in found)
    return [each for each in found if isinstance(each, Item)]
