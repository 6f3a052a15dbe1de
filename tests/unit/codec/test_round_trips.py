"""Every state and event comes back from its JSON as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.codec import STATES, decode_entry, decode_state, encode_event, encode_state
from jackfield.adapters.testing.changes import ORGANIZATION, event, prompt
from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.canonical import canonical, digest
from jackfield.domain.model.events import Event, Outcome, head
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.histograms import Histogram
from jackfield.domain.model.evidence.measured import Window
from jackfield.domain.model.evidence.observations import Fate, Seen
from jackfield.domain.model.evidence.states import EvidenceState
from jackfield.domain.model.evidence.tallies import Evidence, Skipped, StepTally, Sums, Tally
from jackfield.domain.model.fields import SAFE_INTEGER
from jackfield.domain.model.history import Activation, History, Move
from jackfield.domain.model.hours import Hours
from jackfield.domain.model.kept import State
from jackfield.domain.model.prompts import (
    ContextRule,
    ContextSource,
    InjectionPoint,
    Limits,
    PromptDefinition,
    Rendering,
)
from jackfield.domain.model.rollouts import Pause, Phase, Plan, Rollout
from jackfield.domain.model.routers import Router
from jackfield.domain.model.states import AuditState, KeysState, Operation, PromptState, Verb, VersionState
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.domain.model.variables import Variable, VariableType
from tests.unit.codec.stored import PROMPT, PROMPT_STATE, VERSION, stored

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)
whole = st.integers(-(2**63), 2**64 - 1)
numbers = st.integers(-SAFE_INTEGER, SAFE_INTEGER)  # what a definition may hold
scalars = st.one_of(texts, st.booleans(), whole, st.floats(allow_nan=False, allow_infinity=False))
payloads = st.dictionaries(
    texts,
    st.recursive(
        st.none() | scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8
    ),
    max_size=4,
)


def plans(router: Router, holdouts: st.SearchStrategy[int]) -> st.SearchStrategy[Plan]:
    return st.builds(
        Plan,
        shares=st.sampled_from([(500, 10_000), (1, 2_500, 10_000)]),
        guard=st.builds(
            Guard,
            success_margin=st.floats(0.001, 1.0),
            latency_ratio=st.none() | st.floats(0.1, 10.0),
            stale_seconds=st.integers(1, 10_000),
        ),
        holdout=holdouts,
        hours=st.none() | st.builds(Hours, opens=st.integers(0, 500), closes=st.integers(501, 1_440)),
        router=st.just(router),
    )


rollouts = st.builds(
    Rollout,
    id=texts,
    salt=texts,
    baseline=st.just("1.0.0"),
    candidate=st.just("1.1.0"),
    plan=plans(Router.LOCAL, st.integers(0, 1_000)) | plans(Router.PLATFORM, st.just(0)),
    since=times,
    phase=st.sampled_from([phase for phase in Phase if phase is not Phase.RAMP]),
    why=st.lists(texts, max_size=3).map(tuple),
    holding=st.lists(st.sampled_from(Pause), max_size=3).map(tuple),
    held_by=texts,
    windows=st.lists(
        st.builds(Window, step=st.integers(0, 49), opened=times, closed=st.none() | times), max_size=3
    ).map(tuple),
)
operations = st.builds(
    Operation,
    id=texts,
    verb=st.sampled_from(Verb),
    version=texts,
    owner=texts,
    actor=texts,
    reason=texts,
    started=times,
    expires=times,
    content_hash=st.none() | texts,
    restores=st.none() | whole,
    rollout=st.none() | rollouts,
)
tallies = st.builds(
    Tally,
    units=whole,
    outcomes=whole,
    failures=whole,
    latency=st.builds(
        Histogram, st.lists(st.tuples(st.integers(0, 400), st.integers(1, 10**9)), max_size=5).map(tuple)
    ),
    tokens=st.builds(Sums, count=whole, total=whole, squares=whole),
)
evidence = st.builds(
    EvidenceState,
    prompt=texts,
    evidence=st.builds(
        Evidence,
        steps=st.lists(st.builds(StepTally, control=tallies, treatment=tallies), max_size=3).map(tuple),
        skipped=st.builds(Skipped, repeated=whole, bad_numbers=whole),
        newest=st.none() | times,
    ),
    lost=whole,
    read=st.none() | times,
    sure=st.none() | times,
)
units = st.builds(
    Seen,
    arm=st.none() | st.sampled_from(Arm),
    step=st.integers(0, 49),
    last=times,
    fate=st.sampled_from(Fate),
    success=st.none() | st.booleans(),
    latency_ms=st.none() | st.floats(0, 1e9),
    tokens=st.none() | st.integers(0, 10**6),
)
keys = st.builds(KeysState, current=texts, since=times, retired=st.none() | texts, coming=st.none() | texts)
activations = st.builds(
    Activation,
    version=texts,
    move=st.sampled_from(Move),
    time=times,
    actor=texts,
    reason=texts,
    restores=st.none() | whole,
)
variables = st.builds(
    Variable,
    name=texts,
    type=st.sampled_from(VariableType),
    default=st.none() | scalars | st.lists(scalars, max_size=3),
    required=st.booleans(),
    max_length=st.none() | numbers,
    description=texts,
)
rules = st.builds(
    ContextRule,
    source=st.sampled_from(ContextSource),
    max_tokens=numbers,
    injection_point=st.sampled_from(InjectionPoint),
)
definitions = st.builds(
    PromptDefinition,
    name=texts,
    version=texts,
    model=texts,
    max_tokens=numbers,
    template=texts,
    user_template=st.none() | texts,
    variables=st.lists(variables, max_size=3),
    context_rules=st.lists(rules, max_size=2),
    metadata=st.dictionaries(texts, texts, max_size=3),
    limits=st.builds(Limits, characters=st.none() | numbers, tokens=st.none() | numbers),
    renderer=st.sampled_from(Rendering),
)
prompt_states = st.builds(
    PromptState,
    remote_id=st.none() | texts,
    versions=st.dictionaries(texts, texts, max_size=3),
    history=st.builds(History, st.lists(activations, max_size=3).map(tuple)),
    frozen=st.lists(texts, max_size=2).map(tuple),
    pending=st.none() | operations,
    rollout=st.none() | rollouts,
    revoked=st.lists(texts, max_size=2).map(tuple),
)
version_states = st.builds(
    VersionState, definition=definitions, content_hash=texts, pending=st.none() | operations
)
subjects = st.builds(Subject, texts.map(Organization), st.sampled_from(Kind), texts)
events = st.builds(
    Event,
    id=texts,
    time=times,
    subject=subjects,
    type=texts,
    actor=texts,
    reason=texts,
    outcome=st.sampled_from(Outcome),
    correlation_id=texts,
    payload=payloads,
)


def test_every_kind_of_subject_has_a_codec() -> None:
    assert set(STATES) == set(Kind)


@given(prompt_states)
def test_prompt_states_come_back(state: PromptState) -> None:
    assert decode_state(PROMPT, encode_state(PROMPT, state).encode()) == state


@given(version_states)
def test_version_states_come_back(state: VersionState) -> None:
    assert decode_state(VERSION, encode_state(VERSION, state).encode()) == state


@pytest.mark.parametrize(
    ("kind", "states"), [(Kind.EVIDENCE, evidence), (Kind.UNIT, units), (Kind.KEYS, keys)]
)
@given(data=st.data())
def test_states_of_rollouts_come_back(
    kind: Kind, states: st.SearchStrategy[State], data: st.DataObject
) -> None:
    subject, state = Subject(ORGANIZATION, kind, "x"), data.draw(states)
    assert decode_state(subject, encode_state(subject, state).encode()) == state


def test_a_prompt_without_rollouts_is_written_as_before_there_were_any() -> None:
    text = encode_state(PROMPT, PROMPT_STATE)
    assert not {"rollout", "revoked"} & {*json.loads(text), *json.loads(text)["pending"]}


@given(st.builds(AuditState, erasures=whole, payloads=whole))
def test_states_of_the_audit_log_come_back(state: AuditState) -> None:
    subject = Subject(ORGANIZATION, Kind.AUDIT, "payloads")
    assert decode_state(subject, encode_state(subject, state).encode()) == state


@given(events, st.integers(1, 2**40), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_entries_come_back(written: Event, position: int, previous: str) -> None:
    entry, row = stored(written, position, previous)
    assert decode_entry(written.subject.organization, row) == entry


@given(events, st.integers(1, 2**40))
def test_a_draft_is_placed_where_the_head_has_its_place(written: Event, position: int) -> None:
    draft = encode_event(written)
    payload_hash = digest(canonical(written.payload))
    expected = head(written, payload_hash=payload_hash, position=position, previous="f" * 64)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a new type of int
    assert draft.placed(position, "f" * 64) == expected


@given(payloads)
def test_every_payload_is_spelled_canonically(payload: Any) -> None:
    spelled: list[Any] = [
        payload,
        MappingProxyType(payload),
        {"inner": MappingProxyType(payload), "of": (1, [])},
    ]
    for each in spelled:
        assert encode_event(evolve(event(prompt("x")), payload=each)).payload == canonical(each)
