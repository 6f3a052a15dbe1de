"""The key of an answer: everything that it depends on, and nothing else (C2)."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.advice.keys import key_of
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Sieve
from jackfield.domain.model.subjects import Organization, organization

NAMES = st.text(alphabet='ab,"[]\\ é', min_size=1, max_size=4).filter(lambda text: bool(text.strip()))
LISTS = st.lists(NAMES, max_size=3).map(tuple)
QUERIES = st.builds(AdviceQuery, NAMES, NAMES, NAMES, LISTS, LISTS, NAMES)
ORGANIZATIONS = st.sampled_from(["a", "b", "a,b"]).map(organization)
SIEVES = st.builds(
    Sieve,
    relevance=st.sampled_from([0.8, 0.5, 1]),
    age=st.sampled_from([timedelta(days=7), timedelta(days=1)]),
    wanted=st.sampled_from([5, 10]),
)


def meant(own: Organization, query: AdviceQuery, sieve: Sieve) -> tuple[object, ...]:
    """What an answer depends on."""
    same = evolve(query, skills=tuple(sorted(set(query.skills))), bases=tuple(sorted(set(query.bases))))
    return own, same, sieve


ASKED = st.tuples(ORGANIZATIONS, QUERIES, SIEVES)


@given(ASKED, ASKED)
def test_two_queries_share_a_key_only_if_they_are_one(
    one: tuple[Organization, AdviceQuery, Sieve], two: tuple[Organization, AdviceQuery, Sieve]
) -> None:
    assert (key_of(*one) == key_of(*two)) is (meant(*one) == meant(*two))


@given(ORGANIZATIONS, QUERIES, SIEVES)
def test_the_order_of_skills_and_bases_is_nothing(
    own: Organization, query: AdviceQuery, sieve: Sieve
) -> None:
    turned = evolve(query, skills=query.skills[::-1], bases=query.bases[::-1])
    assert key_of(own, turned, sieve) == key_of(own, query, sieve)
