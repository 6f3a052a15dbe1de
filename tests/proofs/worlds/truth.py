"""What is really so: on a platform, whose state is looked at behind its door, and in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jackfield.adapters.simulator import Platform
from jackfield.adapters.simulator.platform.catalog import PROMPTS
from jackfield.domain.model.events import START, Entry, Position
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.ledger import Ledger


def prompts(platform: Platform) -> list[Mapping[str, Any]]:
    """Return the platform's prompts: what is live of each, and its versions."""
    with platform._store.transaction() as state:
        return list(state.page(PROMPTS, offset=0, limit=state.count(PROMPTS)))


def conversations(platform: Platform) -> list[Mapping[str, Any]]:
    """Return all conversations with bots."""
    with platform._registry() as registry:
        return [held for _, held in registry.read()]


def sessions(ledger: Ledger, organization: Organization) -> dict[str, SessionState]:
    """Return the state of every session, by its id."""
    subjects = ledger.subjects(organization, Kind.SESSION)
    states = ledger.read_all(subjects)
    return {
        subject.name: read.state
        for subject, read in zip(subjects, states, strict=True)
        if isinstance(read.state, SessionState)
    }


def entries(ledger: Ledger, organization: Organization, after: Position = START) -> list[Entry]:
    """Return the log behind a place."""
    found = list[Entry]()
    while page := ledger.follow(organization, after, 1_000):
        found += page
        after = page[-1].position
    return found


def state(ledger: Ledger, organization: Organization, kind: Kind, name: str) -> Any:
    """Return a state, or None."""
    return ledger.read(Subject(organization, kind, name)).state
