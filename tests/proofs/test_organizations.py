"""M1 so far: organizations never mix, in subjects, chains and tokens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jackfield.adapters.caching import DiskCache, MemoryCache
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request
from jackfield.adapters.simulator import Platform
from jackfield.adapters.sqlite import SqliteLeases, SqliteLedger
from jackfield.adapters.testing.lines import Line
from jackfield.domain.model.events import START, Event, Outcome, verify
from jackfield.domain.model.freshness import Source
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.states import PromptState
from jackfield.domain.model.subjects import Kind, Organization, Subject, organization
from jackfield.domain.services.prompts.live.knowing import Known
from jackfield.domain.services.prompts.live.last_known import LastKnown
from jackfield.domain.services.prompts.values import LiveVersion
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.settings import Settings
from jackfield.ports.ledger import Change
from tests.proofs.sizes import sized

ALPHABET = "aAbB/@:|.-_%'\"\\;*?"


def names(rng: random.Random) -> tuple[str, str]:
    """Two keys that are easily taken for one another."""
    one = "".join(rng.choices(ALPHABET, k=rng.randint(1, 6)))
    other = rng.choice((one + rng.choice(ALPHABET), one.swapcase(), one[::-1], one[1:] or "z"))
    return one, other if other != one else one + "x"


def change(org: Organization, name: str, number: int) -> Change:
    subject = Subject(org, Kind.PROMPT, name)
    event = Event(
        id=str(number),
        time=datetime(2026, 1, 1, tzinfo=UTC),
        subject=subject,
        type="test",
        actor="proof",
        reason="m1",
        outcome=Outcome.SUCCEEDED,
        correlation_id="-",
    )
    return Change(subject=subject, expected=0, state=PromptState(remote_id=org), events=(event,))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger(tmp_path / "state" / "ledger.db") as ledger:
        yield ledger


def test_subjects_and_chains_of_two_organizations_never_mix(ledger: SqliteLedger) -> None:
    rng, pairs = random.Random(4), sized(500, full=5000)
    for number in range(pairs):
        one, other = names(rng)
        mine, theirs = organization(f"{number}{one}"), organization(f"{number}{other}")
        ledger.commit(change(mine, other, number))
        seen = ledger.read(Subject(theirs, Kind.PROMPT, other)), ledger.follow(theirs, START, 9)
        assert (seen[0].revision, list(seen[1]), list(ledger.subjects(theirs, Kind.PROMPT))) == (0, [], [])
        ledger.commit(change(theirs, other, number))
        assert ledger.read(Subject(mine, Kind.PROMPT, other)).state == PromptState(remote_id=mine)
        assert [verify(ledger.follow(org, START, 9)).entries for org in (mine, theirs)] == [1, 1]
    print(f"M1: {pairs} pairs of organizations, none mixed")


def test_what_is_kept_of_two_organizations_in_one_cache_never_mixes(tmp_path: Path) -> None:
    rng, pairs = random.Random(5), sized(300, full=5000)
    clock = FrozenClock()
    disk = DiskCache(tmp_path / "shared", clock)
    for cache, runs in ((disk, pairs), (MemoryCache(clock, most_entries=10 * pairs), pairs)):
        for number in range(runs):
            one, other = names(rng)
            mine, theirs = (LastKnown(organization(f"{number}{name}"), cache, clock) for name in (one, other))
            mine.put_now(known(other, "mine"))
            seen = theirs.get(other), theirs.names()
            theirs.put_now(known(other, "theirs"))
            kept = [each.get(other) for each in (mine, theirs)]
            assert (seen, kept) == ((None, ()), [known(other, "mine"), known(other, "theirs")])
    disk.close()
    print(f"M1: {pairs} pairs of organizations on one cache folder and in one memory, none mixed")


def known(name: str, text: str) -> Known:
    definition = PromptDefinition(name=name, version="1.0.0", model="m", max_tokens=9, template=text)
    version = LiveVersion(
        name=name,
        number="1.0.0",
        content_hash=definition.content_hash,
        definition=definition,
        since=None,
        actor=None,
        move=None,
        reason=None,
    )
    return Known(version=version, confirmed=datetime(2026, 1, 1, tzinfo=UTC), origin=Source.LEDGER)


def test_leases_of_two_organizations_never_mix(ledger: SqliteLedger) -> None:
    rng, pairs = random.Random(5), sized(200, full=5000)
    leases, minute = SqliteLeases(ledger.file, FrozenClock()), timedelta(minutes=1)
    for number in range(pairs):
        one, other = names(rng)
        mine, theirs = organization(f"{number}{one}"), organization(f"{number}{other}")
        lease = leases.acquire(mine, other, holder=one, lifetime=minute)
        assert list(leases.held(theirs, other)) == []
        twin = leases.acquire(theirs, other, holder=one, lifetime=minute)
        assert (lease, twin) == (*leases.held(mine, other), *leases.held(theirs, other))
    print(f"M1: leases of {pairs} pairs of organizations, none mixed")


def test_tokens_of_two_organizations_never_meet(tmp_path: Path) -> None:
    lines = {org: Line(Platform(clock=FrozenClock(), seed=seed).send) for seed, org in enumerate(("a", "b"))}
    for org, line in lines.items():
        settings = Settings(
            target=org, platform="simulator", organization=organization(org), folder=tmp_path / "shared"
        )
        with build(settings, Parts(clock=FrozenClock(), send=line)) as core:
            core.prompts.operations.gateway.find("escalation-routing")
            core.prompts.operations.gateway.find("other")
    used = [{_bearer(r) for r in line.requests} - {None} for line in lines.values()]
    assert (len(used[0]), len(used[1]), used[0] & used[1]) == (1, 1, set())


def _bearer(request: Request) -> str | None:
    value = request.headers.get("Authorization", "")
    return value if value.startswith("Bearer ") else None
