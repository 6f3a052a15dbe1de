"""Under which key an answer is kept: everything that it depends on, the organization first.

Source: `conversations.md`, "Advice cache".
"""

from __future__ import annotations

from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Sieve
from jackfield.domain.model.canonical import canonical, digest
from jackfield.domain.model.subjects import Organization


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
                (repr(float(sieve.relevance)), str(sieve.age), str(sieve.skew), sieve.wanted),
            )
        )
    )
