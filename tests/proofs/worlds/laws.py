"""What is always so in a world, whatever happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.events import START, Entry, Outcome, verify
from jackfield.domain.model.sessions.attributes import SESSION_KEY
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.states import PromptState
from jackfield.domain.model.subjects import Kind
from tests.proofs.worlds import makings, truth
from tests.proofs.worlds.world import House, World
from tests.unit.services.conftest import NAME


def hold(world: World) -> None:
    """Look at what is so after every step."""
    world.canaries.settle()
    assert world.receiver.complaints == []
    for house in world.houses:
        one_version_is_live(world, house)
        conversations_are_ours_once(house)
        the_bot_has_no_more_than_its_limit(house)
        what_is_new_in_the_log_tells_no_secret(world, house)


def hold_at_length(world: World) -> None:
    """Look at what is so after a process ended, and at the end."""
    for house in world.houses:
        the_chain_has_all_that_was_acknowledged(world, house)
        one_hand_off_is_one_message(world, house)
    nothing_acknowledged_is_older(world)


def one_version_is_live(world: World, house: House) -> None:
    """The platform has the prompt once, each version once; and is where the record is, unless it is moved."""
    held = [each for each in truth.prompts(house.platform) if each["live"]["name"] == NAME]
    assert len(held) <= 1, "a prompt was made twice"
    state = truth.state(world.witness, house.organization, Kind.PROMPT, NAME)
    if not held:
        assert state is None or state.history.live is None or state.pending is not None
        return
    numbers = Counter[str](held[0]["versions"])
    assert max(numbers.values(), default=1) == 1, "a version was made twice"
    assert state is not None, "a prompt is on the platform that nobody recorded"
    assert held[0]["live"]["version"] in may_be_live(state), (
        f"{held[0]['live']['version']} is live on the platform, and {may_be_live(state)} in the record"
    )


def may_be_live(state: PromptState) -> set[str]:
    """Return what may be live by the record: one version, unless something is under way."""
    live = set[str]() if state.history.live is None else {state.history.live.version}
    return live if state.pending is None else live | set(state.versions) | {state.pending.version}


def conversations_are_ours_once(house: House) -> None:
    """No session has two conversations on the platform."""
    named = Counter(_session(held) for held in truth.conversations(house.platform))
    doubled = [session for session, times in named.items() if times > 1]
    assert not doubled, f"session {doubled[0]} has two conversations"


def _session(held: Mapping[str, Any]) -> str:
    return str(held["attributes"][SESSION_KEY])


def the_bot_has_no_more_than_its_limit(house: House) -> None:
    """The platform itself has no limit here: it is ours that holds."""
    with_bot = [
        held
        for held in truth.conversations(house.platform)
        if held["ended"] is None and held["queue"] is None
    ]
    assert len(with_bot) <= makings.LIMIT, f"the bot has {len(with_bot)} conversations"


def what_is_new_in_the_log_tells_no_secret(world: World, house: House) -> None:
    """Look at every payload once."""
    new = truth.entries(world.witness, house.organization, house.book.heard)
    for entry in new:
        world.canaries.look(_shown(entry), f"the payload of {entry.event.type}")
    if new:
        house.book.heard = new[-1].position


def _shown(entry: Entry) -> str:
    event = entry.event
    payload = None if event.payload is None else canonical(dict(event.payload))
    return f"{event.type} {event.subject} {event.actor} {event.reason} {payload}"


def the_chain_has_all_that_was_acknowledged(world: World, house: House) -> None:
    """The log verifies from its first entry, and holds each that a commit returned."""
    chain = truth.entries(world.witness, house.organization)
    verify(chain)
    hashes = {entry.position: entry.hash for entry in chain}
    for position, head in world.acknowledged.entries.get(house.organization, {}).items():
        assert hashes.get(position) == head, f"entry {position} was acknowledged, and is lost"


def nothing_acknowledged_is_older(world: World) -> None:
    """No subject is older than what a commit of it returned."""
    for subject, revision in world.acknowledged.revisions.items():
        assert world.witness.read(subject).revision >= revision, f"{subject} lost what was acknowledged"


def one_hand_off_is_one_message(world: World, house: House) -> None:
    """What customers were told is what was handed over; each intended once."""
    sessions = truth.sessions(world.witness, house.organization)
    for session in house.book.started:
        assert session in sessions, "a session was started, and is lost"
    for session, told in house.book.told.items():
        assert set(told) <= set(sessions[session].session.handoffs), "a hand-off was told, and is lost"
    ids = Counter(
        str((entry.event.payload or {})["handoff"])
        for entry in truth.entries(world.witness, house.organization, START)
        if entry.event.type == "session.hand_off" and entry.event.outcome is Outcome.INTENDED
    )
    assert all(times == 1 for times in ids.values()), "a hand-off was intended twice"


def they_agree(world: World, house: House) -> None:
    """Once all is settled: nothing is under way, and who has a session is the same here and there."""
    state = truth.state(world.witness, house.organization, Kind.PROMPT, NAME)
    if state is not None:
        assert state.pending is None, "a change of a prompt was never settled"
    held = {_session(each): each for each in truth.conversations(house.platform)}
    for name, session in truth.sessions(world.witness, house.organization).items():
        assert session.pending is None, f"session {name} was never settled"
        _agrees(name, session, held.get(name))


def _agrees(name: str, state: SessionState, there: Mapping[str, Any] | None) -> None:
    standing = state.session.standing
    assert standing not in (Standing.RESERVED, Standing.CLOSING), f"session {name} stays {standing}"
    if standing is Standing.RELEASED:
        assert there is None or there["ended"] is not None, f"session {name} is released, and goes on there"
        return
    if there is None:
        assert standing is Standing.CLOSED, f"session {name} is {standing}, and unknown there"
        return
    if standing is Standing.CLOSED:
        assert there["ended"] is not None, f"session {name} is closed here, and goes on there"
    elif standing is Standing.ACTIVE:
        assert there["queue"] is None, f"session {name} is active here, and with people there"
    else:
        assert there["queue"] is not None, f"session {name} is {standing} here, and with the bot there"
