"""Under which key an answer is kept: everything that it depends on, the organization first.

Source: `conversations.md`, "Advice cache".
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Sieve
from jackfield.domain.model.canonical import canonical, digest
from jackfield.domain.model.subjects import Organization

_MOST_SIEVES: Final = 64


def key_of(organization: Organization, query: AdviceQuery, sieve: Sieve) -> str:
    """Return the SHA-256 of all that an answer depends on; equal for queries that differ in order alone."""
    return digest(
        canonical(
            (
                organization,
                query.conversation,
                query.channel,
                query.agent,
                sorted(set(query.skills)),
                sorted(set(query.bases)),
                query.transcript,
                _spelled(sieve),
            )
        )
    )


@lru_cache(_MOST_SIEVES)
def _spelled(sieve: Sieve) -> tuple[str, str, str, int]:
    """Return what of a key is the same for nearly every query."""
    return repr(float(sieve.relevance)), str(sieve.age), str(sieve.skew), sieve.wanted
