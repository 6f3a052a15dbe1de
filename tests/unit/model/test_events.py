"""The hash chain: its spelling is fixed for ever, and every change of it is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.canonical import canonical, digest
from jackfield.domain.model.errors import ChainBroken, InvalidInput
from jackfield.domain.model.events import (
    GENESIS,
    Entry,
    Event,
    Outcome,
    Position,
    Verified,
    head,
    timestamp,
    verify,
)
from jackfield.domain.model.subjects import Kind, Organization, Subject

ACME = Organization("acme")
PLAIN = Event(
    id="evt-1",
    time=datetime(2026, 11, 21, 9, 30, 15, 123456, tzinfo=UTC),
    subject=Subject(ACME, Kind.PROMPT, "escalation"),
    type="prompt.promote",
    actor="ci:build-812",
    reason="CHG-4471",
    outcome=Outcome.SUCCEEDED,
    correlation_id="c-1",
    payload={"version": "2.1.0", "shares": [0.05, 1], "ok": True, "note": None},
)
FOREIGN = Event(
    id="evt-2",
    time=datetime(2026, 11, 21, 10, 30, 16, tzinfo=timezone(timedelta(hours=1))),
    subject=Subject(ACME, Kind.VERSION, "escalation@2.1.0"),
    type="prompt.publish",
    actor='Zoë "Z" 😀',
    reason="línea 1\n2\N{LINE SEPARATOR}</x>",
    outcome=Outcome.FAILED,
    correlation_id="",
    payload={"é": "ß", "😀": [], "\N{LATIN SMALL LIGATURE FI}": {}, "a": -0.0, "b": 1e16, "c": 1e-7},
)
GOLDEN_PAYLOADS = (
    "c14524eca255a611db5069f70dc86dae8712bcd9a8b35a2730a7f074a5d9030a",
    "dbe42bae2c5c6adf5b34a1d7981f02654b10f96c3b6e3a2c091824af5cdd05a7",
)
GOLDEN_HEADS = (
    '{"actor":"ci:build-812","correlation_id":"c-1","id":"evt-1","kind":"prompt","name":"escalation",'
    '"organization":"acme","outcome":"succeeded",'
    '"payload_hash":"c14524eca255a611db5069f70dc86dae8712bcd9a8b35a2730a7f074a5d9030a","position":1,'
    '"previous":"0000000000000000000000000000000000000000000000000000000000000000",'
    '"reason":"CHG-4471","time":"2026-11-21T09:30:15.123456Z","type":"prompt.promote"}',
    '{"actor":"Zoë \\"Z\\" 😀","correlation_id":"","id":"evt-2","kind":"version","name":"escalation@2.1.0",'
    '"organization":"acme","outcome":"failed",'
    '"payload_hash":"dbe42bae2c5c6adf5b34a1d7981f02654b10f96c3b6e3a2c091824af5cdd05a7","position":2,'
    '"previous":"349dbe32ac33f51f2e34b00314bcbaae0a84e4609f0c88381ac56e0a169a0f3d",'
    '"reason":"línea 1\\n2\N{LINE SEPARATOR}</x>",'
    '"time":"2026-11-21T09:30:16.000000Z","type":"prompt.publish"}',
)
GOLDEN_HASHES = (
    "349dbe32ac33f51f2e34b00314bcbaae0a84e4609f0c88381ac56e0a169a0f3d",
    "20e55e57a2e72ecb0871d6651a2c46eb39c7037f1c0c2d4a39fcd51d3a788414",
)


def chained(*events: Event) -> list[Entry]:
    """Build a chain without the code under test."""
    entries = list[Entry]()
    for position, event in enumerate(events, start=1):
        previous = entries[-1].hash if entries else "0" * 64
        payload_hash = hashed(event.payload)
        fields = {
            "id": event.id,
            "time": event.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "organization": event.subject.organization,
            "kind": str(event.subject.kind),
            "name": event.subject.name,
            "type": event.type,
            "actor": event.actor,
            "reason": event.reason,
            "outcome": str(event.outcome),
            "correlation_id": event.correlation_id,
            "payload_hash": payload_hash,
            "position": position,
            "previous": previous,
        }
        entries.append(
            Entry(
                position=Position(position),
                previous=previous,
                hash=hashed(fields),
                payload_hash=payload_hash,
                event=event,
            )
        )
    return entries


def hashed(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def five() -> list[Entry]:
    return chained(PLAIN, FOREIGN, *(evolve(PLAIN, id=f"evt-{n}", payload={"n": n}) for n in (3, 4, 5)))


def edited(entries: list[Entry], place: int, **changes: Any) -> list[Entry]:
    entries[place - 1] = evolve(entries[place - 1], **changes)
    return entries


def with_event(entries: list[Entry], place: int, **changes: Any) -> list[Entry]:
    return edited(entries, place, event=evolve(entries[place - 1].event, **changes))


def broken_at(entries: list[Entry], anchor: str | None = None) -> int:
    with pytest.raises(ChainBroken) as caught:
        verify(entries, anchor=anchor)
    return caught.value.position


@pytest.mark.parametrize(("event", "expected"), [*zip((PLAIN, FOREIGN), GOLDEN_PAYLOADS, strict=True)])
def test_a_payload_hash_is_fixed_for_ever(event: Event, expected: str) -> None:
    assert digest(canonical(event.payload)) == expected


@pytest.mark.parametrize("n", [0, 1])
def test_a_head_is_spelled_in_one_way_for_ever(n: int) -> None:
    previous = (GENESIS, GOLDEN_HASHES[0])[n]
    text = head(
        (PLAIN, FOREIGN)[n], payload_hash=GOLDEN_PAYLOADS[n], position=Position(n + 1), previous=previous
    )
    assert text == GOLDEN_HEADS[n]


def test_entry_hashes_are_fixed_for_ever() -> None:
    assert tuple(digest(text) for text in GOLDEN_HEADS) == GOLDEN_HASHES


def test_an_independent_computation_comes_to_the_same_hashes() -> None:
    assert tuple(entry.hash for entry in chained(PLAIN, FOREIGN)) == GOLDEN_HASHES


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000000Z"),
        (
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(-timedelta(hours=23))),
            "2026-01-03T02:04:05.000006Z",
        ),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_a_time_is_written_in_utc_with_microseconds(time: datetime, text: str) -> None:
    assert timestamp(time) == text


def test_an_event_has_a_time_that_is_the_same_on_every_machine() -> None:
    with pytest.raises(InvalidInput, match="without a zone"):
        evolve(PLAIN, time=datetime(2026, 1, 1))  # noqa: DTZ001  # naive on purpose


def test_a_good_chain_is_accepted() -> None:
    entries = five()
    assert verify(entries) == Verified(entries=5, head=entries[-1].hash, detached=0)


def test_a_chain_may_be_read_once() -> None:
    assert verify(iter(five())).entries == 5


def test_an_empty_chain_is_whole() -> None:
    assert verify([]) == Verified(entries=0, head=GENESIS, detached=0)


def test_detached_payloads_are_counted_and_do_not_break_the_chain() -> None:
    assert verify(with_event(with_event(five(), 2, payload=None), 5, payload=None)).detached == 2


@pytest.mark.parametrize(
    "change",
    [
        {"id": "evt-x"},
        {"time": FOREIGN.time + timedelta(microseconds=1)},
        {"time": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
        {"subject": Subject(Organization("other"), Kind.VERSION, "escalation@2.1.0")},
        {"subject": Subject(ACME, Kind.PROMPT, "escalation@2.1.0")},
        {"subject": Subject(ACME, Kind.VERSION, "escalation@2.1.1")},
        {"type": "prompt.promote"},
        {"actor": "zoë"},
        {"reason": ""},
        {"reason": "\ud800"},
        {"outcome": Outcome.SUCCEEDED},
        {"correlation_id": "c-2"},
        {"payload": {}},
        {"payload": {**(FOREIGN.payload or {}), "b": 10**16}},
        {"payload": {"a": float("nan")}},
        {"payload": {"a": "\ud800"}},
        {"payload": {"a": b"bytes"}},
    ],
    ids=str,
)
def test_an_edited_event_is_found_at_its_entry(change: dict[str, Any]) -> None:
    assert broken_at(with_event(five(), 2, **change)) == 2


def test_the_same_instant_in_another_zone_is_no_change() -> None:
    assert verify(with_event(five(), 2, time=FOREIGN.time.astimezone(UTC))).entries == 5


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "0" * 64},
        {"hash": GOLDEN_HASHES[1].upper()},
        {"hash": ""},
        {"payload_hash": "0" * 64},
        {"previous": "0" * 64},
        {"position": Position(3)},
    ],
    ids=str,
)
def test_an_edited_entry_is_found_there(change: dict[str, Any]) -> None:
    assert broken_at(edited(five(), 2, **change)) == 2


def test_a_swapped_payload_hash_of_a_detached_payload_is_found() -> None:
    assert broken_at(edited(with_event(five(), 2, payload=None), 2, payload_hash=GOLDEN_PAYLOADS[0])) == 2


REARRANGED: dict[str, tuple[int, Callable[[list[Entry]], list[Entry]]]] = {
    "first deleted": (1, lambda e: e[1:]),
    "deleted": (2, lambda e: [e[0], *e[2:]]),
    "doubled": (3, lambda e: [*e[:2], e[1], *e[2:]]),
    "swapped": (2, lambda e: [e[0], e[2], e[1], *e[3:]]),
    "from another chain": (3, lambda e: [*e[:2], *chained(PLAIN, PLAIN, PLAIN)[2:], *e[3:]]),
    "renumbered": (2, lambda e: [e[0], *(evolve(x, position=Position(x.position - 1)) for x in e[2:])]),
    "started over": (6, lambda e: [*e, e[0]]),
}


@pytest.mark.parametrize("kind", REARRANGED)
def test_rearranged_entries_are_found(kind: str) -> None:
    position, rearranged = REARRANGED[kind]
    assert broken_at(rearranged(five())) == position


def test_an_anchor_in_the_chain_is_found_again() -> None:
    assert [verify(five(), anchor=entry.hash).entries for entry in five()] == [5] * 5


@pytest.mark.parametrize("anchor", [None, GENESIS])
def test_the_head_of_an_empty_log_is_in_every_chain(anchor: str | None) -> None:
    assert (verify([], anchor=anchor).entries, verify(five(), anchor=anchor).entries) == (0, 5)


@pytest.mark.parametrize("anchor", ["", "x", GOLDEN_HASHES[1].upper()])
def test_an_anchor_that_is_not_in_the_chain_breaks_it(anchor: str) -> None:
    assert broken_at(five(), anchor) == 5


def test_a_cut_end_shows_by_an_anchor_only() -> None:
    whole = five()
    assert (verify(whole[:3]).entries, broken_at(whole[:3], whole[4].hash)) == (3, 3)


def test_a_full_rewrite_shows_by_an_anchor_only() -> None:
    rewritten = chained(evolve(PLAIN, actor="nobody"), FOREIGN)
    assert (verify(rewritten).entries, broken_at(rewritten, GOLDEN_HASHES[1])) == (2, 2)


def test_a_log_that_was_emptied_shows_by_an_anchor() -> None:
    assert broken_at([], GOLDEN_HASHES[0]) == 0


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=-30))])))
def test_a_time_is_spelled_as_rfc_3339_has_it(time: datetime) -> None:
    try:
        expected = time.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError:
        return
    assert timestamp(time) == expected.replace("+00:00", "Z")
