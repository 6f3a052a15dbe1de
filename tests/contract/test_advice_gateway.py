"""The contract of advice on Genesys Cloud's adapter over the simulator and its server, and on the fake."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import evolve

from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.genesys.advice import GenesysAdvice
from jackfield.adapters.genesys.auth import Credentials, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Send
from jackfield.adapters.simulator import Article, Faults, Platform, SimulatorServer
from jackfield.adapters.testing.advice import FakeAdviceGateway
from jackfield.adapters.testing.advice_gateway import AdviceGatewayContract
from jackfield.domain.model.advice.items import Item
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.errors import RateLimited, Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.ports.advice import AdviceGateway, Unusable
from jackfield.ports.clock import Clock
from tests.contract.places import Place, in_process, over_its_server

ENDS: Final = 600.0
CREDENTIALS: Final = Credentials("client", Secret("secret"))
BASES: Final = ("kb-one", "kb-two")
QUERY: Final = AdviceQuery(
    conversation="conv-1", transcript="customer: Where is my refund?", agent="agent-1", bases=BASES
)
ITEMS: Final = tuple(
    Item(
        id=f"rec-{number}",
        title="Refunds",
        content="How a refund is made.",
        relevance=0.95 - number / 100,
        published=datetime(2026, 1, 1, tzinfo=UTC),
        source=BASES[number % 2],
    )
    for number in range(12)
)


def platform(clock: Clock) -> Platform:
    made = Platform(clock=clock)
    for base in BASES:
        articles = [
            Article(id=f"{n}", title="Where a refund is", content="Look at the bank. " * (n + 1))
            for n in range(6)
        ]
        made.knowledge(base, articles)
    return made


class _Contract(AdviceGatewayContract):
    @pytest.fixture
    def advice(self, place: Place) -> AdviceGateway:
        return GenesysAdvice(place.client)

    @pytest.fixture
    def clock(self, place: Place) -> Clock:
        return place.clock

    @pytest.fixture
    def query(self) -> AdviceQuery:
        return QUERY


class TestInProcess(_Contract):
    @pytest.fixture
    def place(self) -> Place:
        clock = FrozenClock()
        return in_process(platform(clock), clock)


@pytest.fixture(scope="module")
def served() -> Iterator[Place]:
    clock = SystemClock()
    with over_its_server(platform(clock), clock) as place:
        yield place


class TestOverItsServer(_Contract):
    @pytest.fixture
    def place(self, served: Place) -> Place:
        return served


class TestTheFake(AdviceGatewayContract):
    @pytest.fixture
    def advice(self, clock: Clock) -> AdviceGateway:
        return FakeAdviceGateway(clock=clock, items=ITEMS, bases=BASES)

    @pytest.fixture
    def clock(self) -> Clock:
        return FrozenClock()

    @pytest.fixture
    def query(self) -> AdviceQuery:
        return QUERY


ABSURD: Final[dict[str, dict[str, Any]]] = {
    "relevanceScore": {"relevanceScore": 1.7},
    "relevanceScore again": {"relevanceScore": "high"},
    "publishedDate": {"publishedDate": None},
    "publishedDate again": {"publishedDate": "2026-01-01T00:00:00"},
    "content": {"content": None},
    "sourceId": {"sourceId": "kb-of-others"},
}


def test_what_the_platform_gets_wrong_spoils_nothing_else() -> None:
    clock = FrozenClock()
    articles = [
        Article(id=name, title="Passports", content="x", relevance=0.9, answer=answer)
        for name, answer in ABSURD.items()
    ]
    articles += [
        Article(id="html", title="<b>Passports</b>", content="<script>", relevance=0.9),
        Article(id="ahead", title="Passports", content="x", relevance=0.9, published=timedelta(days=-30_000)),
    ]
    place = in_process(Platform(clock=clock, knowledge={"kb-odd": articles}), clock)
    query = evolve(QUERY, bases=["kb-odd"])
    found = [
        each for page in GenesysAdvice(place.client).recommend(query, wanted=5, ends=ENDS) for each in page
    ]
    wrong = sorted(each.why.split()[1] for each in found if isinstance(each, Unusable))
    usable = [each for each in found if isinstance(each, Item)]
    assert wrong == sorted(name.split()[0] for name in ABSURD)
    assert {each.content for each in usable} == {"<script>", "x"}
    assert max(each.published.year for each in usable) == 2108


@pytest.mark.parametrize("kind", ["garbage", "truncated", "bomb", "500", "drop"])
def test_a_platform_that_talks_garbage_is_unavailable(kind: str, served: Place) -> None:
    faults = Faults()
    send = RequestsSend()
    with SimulatorServer(served.platform, faults=faults) as server:
        advice = GenesysAdvice(client(send, server.url, served.clock, CallRules(retries=0)))
        assert list(advice.recommend(QUERY, wanted=5, ends=served.clock.monotonic() + ENDS))
        faults.next("POST", "/api/v2/agentassist/recommendations/query", kind)
        with pytest.raises(Unavailable) as caught:
            list(advice.recommend(QUERY, wanted=5, ends=served.clock.monotonic() + ENDS))
    send.close()
    assert QUERY.transcript not in f"{caught.value}{caught.value.attempts}"


def client(send: Send, url: str, clock: Clock, rules: CallRules) -> Client:
    where, policy = hosts(base_url=url), Policy(send, clock, rules=rules)
    return Client(policy, [policy.lane(Tokens(policy.login(), where, CREDENTIALS, clock))], where)


def test_the_fake_gives_a_query_what_was_written_for_it() -> None:
    fake = FakeAdviceGateway(items=ITEMS, answers={QUERY: [Unusable(id="rec-x", why="its score is 1.7")]})
    other = AdviceQuery(conversation="conv-2", transcript="Hello", agent="agent-1")
    assert list(fake.recommend(QUERY, wanted=5, ends=ENDS)) == [
        (Unusable(id="rec-x", why="its score is 1.7"),)
    ]
    assert sum(len(page) for page in fake.recommend(other, wanted=5, ends=ENDS)) == len(ITEMS)
    assert (fake.asked, fake.pages) == ([QUERY, other], 4)


def test_the_fake_fails_on_the_page_that_it_is_told_to() -> None:
    fake = FakeAdviceGateway(items=ITEMS, next=[None, Unavailable("the line is cut")])
    pages = fake.recommend(QUERY, wanted=5, ends=ENDS)
    assert next(pages) == ITEMS[:5]
    with pytest.raises(Unavailable):
        next(pages)
    assert (len(list(fake.recommend(QUERY, wanted=5, ends=ENDS))), fake.pages) == (3, 4)


def test_the_fake_fails_while_there_is_a_failure() -> None:
    fake = FakeAdviceGateway(failure=RateLimited("too many"))
    for _ in range(2):
        with pytest.raises(RateLimited):
            list(fake.recommend(QUERY, wanted=5, ends=ENDS))
    fake.failure = None
    assert list(fake.recommend(QUERY, wanted=5, ends=ENDS)) == [()]


def test_the_fake_is_held_until_it_is_let_go() -> None:
    fake = FakeAdviceGateway(items=ITEMS)
    fake.hold()
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(lambda: next(fake.recommend(QUERY, wanted=5, ends=ENDS))) for _ in range(2)]
        fake.wait_until_asked(2)
        assert (fake.pages, [each.done() for each in waiting]) == (0, [False, False])
        fake.let_go()
        assert [each.result(10) for each in waiting] == [ITEMS[:5]] * 2
