"""C2 and M1 for advice: different questions, and different organizations, never share an entry."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from attrs import evolve

from jackfield.adapters.caching import DiskCache, MemoryCache
from jackfield.adapters.clock import SystemClock
from jackfield.adapters.sqlite import SqliteLedger
from jackfield.domain.model.advice.keys import key_of
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.records import advice_subject
from jackfield.domain.model.advice.sifting import Sieve
from jackfield.domain.model.advice.states import AdviceState
from jackfield.domain.model.events import START, verify
from jackfield.domain.model.subjects import Organization, organization
from jackfield.domain.services.advice import Advice, Making, Origin
from jackfield.ports.cache import Cache
from tests.proofs.advisers import Echo, article
from tests.proofs.sizes import sized

PAIRS = sized(500, full=5_000)
ALPHABET = "aAbB/@:|.-_%'\"\\;*?, []\0\u00e9\u0301"
SIEVE = Sieve(age=timedelta(days=7))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger(tmp_path / "state" / "ledger.db") as ledger:
        yield ledger


def advice(ledger: SqliteLedger, cache: Cache | None, org: Organization) -> Advice:
    numbers = iter(range(10**9))
    return Making(
        organization=org,
        gateway=Echo(takes=timedelta()),
        ledger=ledger,
        clock=SystemClock(),
        new_id=lambda: f"{next(numbers):032x}",
        holder="proof",
        cache=cache,
    ).advice()


def text(rng: random.Random, most: int = 6) -> str:
    """A text that is easily taken for another."""
    return "x" + "".join(rng.choices(ALPHABET, k=rng.randint(0, most)))


def name(rng: random.Random) -> str:
    """Such a name; none holds what cannot be printed."""
    return text(rng).replace("\0", "\u00b7")


def twins(rng: random.Random) -> tuple[tuple[AdviceQuery, Sieve], tuple[AdviceQuery, Sieve]]:
    """Two questions that differ in one thing, or only in where one thing ends and the next begins."""
    one = AdviceQuery(
        name(rng),
        text(rng, 40),
        name(rng),
        [text(rng) for _ in range(2)],
        [text(rng) for _ in range(2)],
        name(rng),
    )
    other, sieve = rng.choice(_CHANGES)(one, rng)
    return (one, SIEVE), (other, sieve)


_Change: TypeAlias = Callable[[AdviceQuery, random.Random], tuple[AdviceQuery, Sieve]]
_CHANGES: Final[tuple[_Change, ...]] = (
    lambda q, r: (evolve(q, transcript=q.transcript + text(r)), SIEVE),
    lambda q, r: (evolve(q, transcript=q.transcript.swapcase() + "y"), SIEVE),
    lambda q, r: (evolve(q, conversation=q.conversation + name(r)), SIEVE),
    lambda q, r: (evolve(q, agent=q.agent + name(r)), SIEVE),
    lambda q, r: (evolve(q, channel=q.channel + name(r)), SIEVE),
    lambda q, r: (evolve(q, conversation=q.conversation + q.agent, agent="x"), SIEVE),
    lambda q, r: (evolve(q, skills=q.skills + q.bases, bases=()), SIEVE),
    lambda q, r: (evolve(q, skills=(",".join(q.skills) + ",",)), SIEVE),
    lambda q, r: (evolve(q, bases=(*q.bases[:1], q.bases[0] + text(r))), evolve(SIEVE, wanted=6)),
    lambda q, r: (q, evolve(SIEVE, relevance=0.8 + 2.0**-40)),
    lambda q, r: (q, evolve(SIEVE, age=SIEVE.age + timedelta(microseconds=1))),
    lambda q, r: (q, evolve(SIEVE, skew=timedelta(minutes=r.randint(6, 9)))),
    lambda q, r: (q, evolve(SIEVE, wanted=r.randint(6, 99))),
)


def test_two_different_queries_never_share_an_entry(ledger: SqliteLedger, tmp_path: Path) -> None:
    rng, mixed = random.Random(7), 0
    own = advice(ledger, DiskCache(tmp_path / "cache", SystemClock(), size_limit=2**28), organization("acme"))
    for number in range(PAIRS):
        (one, sieve), (other, others) = twins(rng)
        one, other = (evolve(each, conversation=f"{number}{each.conversation}") for each in (one, other))
        first = own.query(one, sieve=sieve)
        second = own.query(other, sieve=others)
        again = own.query(one, sieve=sieve)
        assert (first.origin, second.origin, again.origin) == (Origin.FRESH, Origin.FRESH, Origin.CACHED)
        mixed += second.accepted[0].item.content != article(other).content
        mixed += again.accepted[0].item.content != article(one).content
    own.close()
    print(f"C2: {PAIRS} pairs of queries, {mixed} mixed")
    assert mixed == 0


def test_the_control_with_tutorial_4s_key_mixes_them() -> None:
    rng = random.Random(7)
    pairs = [twins(rng) for _ in range(PAIRS)]
    ours = sum(_key(*one) == _key(*other) for one, other in pairs)
    theirs = sum(_tutorial_key(*one) == _tutorial_key(*other) for one, other in pairs)
    print(f"C2, control: of {PAIRS} pairs tutorial 4's key mixes {theirs}, ours {ours}")
    assert ours == 0
    assert theirs > PAIRS // 3


def _key(query: AdviceQuery, sieve: Sieve) -> str:
    return key_of(Organization("acme"), query, sieve)


def _tutorial_key(query: AdviceQuery, _: Sieve) -> str:
    return f"{query.conversation}-{query.agent}"


def test_the_answers_of_two_organizations_never_mix(ledger: SqliteLedger, tmp_path: Path) -> None:
    rng, pairs, clock = random.Random(8), sized(100, full=2_500), SystemClock()
    disk = DiskCache(tmp_path / "shared", clock)
    for cache, runs in ((disk, pairs), (MemoryCache(clock, most_entries=100 * pairs), pairs)):
        for number in range(runs):
            orgs = [organization(f"{type(cache).__name__}{number}{name}") for name in _names(rng)]
            one, other = (advice(ledger, cache, org) for org in orgs)
            _live(one, other)
            states = [ledger.read(advice_subject(org, "c-1")).state for org in orgs]
            assert states == [AdviceState(delivered=1, displayed=1, told=2), AdviceState(delivered=2)]
            assert [each.report().whole.displayed for each in (one, other)] == [1, 0]
            for org, each in zip(orgs, (one, other), strict=True):
                assert verify(ledger.follow(org, START, 99)).entries >= 1
                each.querying.crew.close()
                each.hearing.buffer.close()
    disk.close()
    print(f"M1: advice of {2 * pairs} pairs of organizations on one cache and ledger, none mixed")


def _live(one: Advice, other: Advice) -> None:
    """Ask the same of both; what the one shows, clicks and drops is nothing to the other."""
    asked = AdviceQuery("c-1", "the same words", "a-1")
    found = one.query(asked)
    one.displayed(found)
    one.feedback(found.accepted[0], agent="a-1", action="clicked")
    first = other.query(asked)
    one.feedback(found.accepted[0], agent="a-1", action="wrong")
    again = other.query(asked)
    one.flush()
    other.flush()
    assert (first.origin, first.accepted[0].shown, again.origin) == (Origin.FRESH, False, Origin.CACHED)
    assert first.key != found.key


def _names(rng: random.Random) -> tuple[str, str]:
    """Two keys that are easily taken for one another."""
    letters = "aAbB/@:|.-_%'\"\\;*?"
    one = "".join(rng.choices(letters, k=rng.randint(1, 6)))
    other = rng.choice((one + rng.choice(letters), one.swapcase(), one[::-1], one[1:] or "z"))
    return one, other if other != one else one + "x"
