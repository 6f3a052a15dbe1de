"""States and events come back as they were written, and nothing else is taken for one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.codec import STATES, Row, decode_entry, decode_state, encode_event, encode_state
from jackfield.adapters.testing.changes import ORGANIZATION, TIME, event, prompt
from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.canonical import canonical, digest
from jackfield.domain.model.errors import ChainBroken, InvalidInput
from jackfield.domain.model.events import GENESIS, Entry, Event, Outcome, head
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
from jackfield.domain.model.rollouts import Pause, Phase, Plan, Rollout, Router
from jackfield.domain.model.states import AuditState, KeysState, Operation, PromptState, Verb, VersionState
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.domain.model.variables import Variable, VariableType
from tests.proofs.sizes import sized

INPUTS: Final = 20_000

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

PROMPT: Final = prompt()
VERSION: Final = Subject(ORGANIZATION, Kind.VERSION, "escalation@2.1.0")
PENDING: Final = Operation(
    id="1",
    verb=Verb.PROMOTE,
    version="2.1.0",
    owner="a",
    actor="b",
    reason="c",
    started=TIME,
    expires=TIME,
)
PROMPT_STATE: Final = PromptState(
    remote_id="abc",
    versions={"2.1.0": "0" * 64},
    history=History(
        (Activation(version="2.1.0", move=Move.PROMOTED, time=TIME, actor="ci", reason="CHG", restores=None),)
    ),
    pending=PENDING,
)
VERSION_STATE: Final = VersionState(
    definition=PromptDefinition(
        name="escalation",
        version="2.1.0",
        model="gpt-small",
        max_tokens=100,
        template="Be {{tone}}.",
        variables=[Variable(name="tone", default=["a", 1, 2.5, True])],
        context_rules=[ContextRule(source="knowledge_base", max_tokens=10)],
        metadata={"team": "retail"},
    ),
    content_hash="0" * 64,
)


def stored(written: Event, position: int = 1, previous: str = GENESIS) -> tuple[Entry, Row]:
    """Return *written* as an entry, and as a ledger stores it."""
    draft = encode_event(written)
    text = draft.placed(position, previous)
    subject = written.subject
    row = Row(
        position,
        digest(text).encode(),
        subject.kind.encode(),
        subject.name.encode(),
        text.encode(),
        draft.payload.encode(),
    )
    entry = Entry(
        position=position,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a new type of int
        previous=previous,
        hash=digest(text),
        payload_hash=digest(draft.payload),
        event=written,
    )
    return entry, row


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


def test_a_detached_payload_is_none() -> None:
    entry, row = stored(event(PROMPT))
    assert decode_entry(ORGANIZATION, evolve(row, payload=None)) == evolve(
        entry, event=evolve(entry.event, payload=None)
    )


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {"n": float("nan")},
        {"n": float("inf")},
        {"n": 2**64},
        {"n": "\ud800"},
        {"n": {1, 2}},
        {"n": TIME},
        {1: "n"},
        {"n": b""},
    ],
)
def test_a_payload_that_json_cannot_carry_is_refused(payload: Any) -> None:
    with pytest.raises(InvalidInput):
        encode_event(evolve(event(PROMPT), payload=payload))


def test_a_payload_that_is_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"n": deep}
    with pytest.raises(InvalidInput):
        encode_event(evolve(event(PROMPT), payload=deep))


def test_a_time_without_a_zone_is_refused() -> None:
    naive = TIME.replace(tzinfo=None)
    spoilt = evolve(PROMPT_STATE, pending=evolve(PENDING, started=naive))
    with pytest.raises(InvalidInput, match="times with a zone"):
        encode_state(PROMPT, spoilt)


def test_a_state_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidInput, match="a version has no state of this type"):
        encode_state(VERSION, PROMPT_STATE)
    with pytest.raises(InvalidInput, match="not written as its state"):
        decode_state(VERSION, encode_state(PROMPT, PROMPT_STATE).encode())


def test_a_kind_without_a_codec_is_refused() -> None:
    subject = evolve(PROMPT)
    object.__setattr__(subject, "kind", "unheard-of")
    with pytest.raises(InvalidInput, match="no codec"):
        encode_state(subject, PROMPT_STATE)
    with pytest.raises(InvalidInput):
        decode_state(subject, b"{}")


@pytest.mark.parametrize(("subject", "state"), [(PROMPT, PROMPT_STATE), (VERSION, VERSION_STATE)])
def test_a_state_with_one_field_more_or_less_is_refused(subject: Subject, state: State) -> None:
    fields = json.loads(encode_state(subject, state))
    others = [{k: v for k, v in fields.items() if k != name} for name in fields]
    for other in (*others, {**fields, "extra": None}):
        with pytest.raises(InvalidInput):
            decode_state(subject, canonical(other).encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"max_tokens":100', b'"max_tokens":"100"'),
        (b'"max_tokens":100', b'"max_tokens":100.0'),
        (b'"max_tokens":100', b'"max_tokens":true'),
        (b'"max_tokens":100', b'"max_tokens": 100'),
        (b'"max_tokens":100', b'"max_tokens":1,"max_tokens":100'),
        (b'"required":false', b'"required":"false"'),
        (b'"required":false', b'"required":0'),
        (b'"name":"escalation"', b'"name":null'),
        (b'"name":"escalation"', b'"name":["escalation"]'),
        (b'"renderer":"platform"', b'"renderer":"nobody"'),
        (b'["a",1,2.5,true]', b'{"a":1}'),
        (b'["a",1,2.5,true]', b'[["a"]]'),
        (b'["a",1,2.5,true]', b"[NaN]"),
        (b'{"team":"retail"}', b'{"team":1}'),
        (b'{"team":"retail"}', b'[["team","retail"]]'),
    ],
)
def test_nothing_is_coerced(before: bytes, after: bytes) -> None:
    text = encode_state(VERSION, VERSION_STATE).encode()
    assert before in text
    with pytest.raises(InvalidInput):
        decode_state(VERSION, text.replace(before, after))


SPOILS: Final[tuple[Callable[[Row], Row], ...]] = (
    lambda row: evolve(row, position=2),
    lambda row: evolve(row, kind=b"version"),
    lambda row: evolve(row, kind=b"unheard-of"),
    lambda row: evolve(row, name=b"other"),
    lambda row: evolve(row, name=b"\xff"),
    lambda row: evolve(row, hash=b"\xff"),
    lambda row: evolve(row, head=row.head + b" "),
    lambda row: evolve(row, head=row.head.replace(b'"actor"', b'"aktor"')),
    lambda row: evolve(row, head=row.head.replace(b"{", b'{"a":1,', 1)),
    lambda row: evolve(row, head=row.head.replace(b"123456Z", b"123456+00:00")),
    lambda row: evolve(row, head=row.head.replace(b'"prompt"', b'"unheard-of"')),
    lambda row: evolve(row, payload=b"[]"),
    lambda row: evolve(row, payload=b"null"),
    lambda row: evolve(row, payload=b'{"a": 1}'),
    lambda row: evolve(row, payload=b'{"a":1,"a":1}'),
)


@pytest.mark.parametrize("spoil", SPOILS)
def test_an_entry_that_does_not_agree_with_itself_is_broken(spoil: Callable[[Row], Row]) -> None:
    _, row = stored(event(PROMPT))
    with pytest.raises(ChainBroken) as caught:
        decode_entry(ORGANIZATION, spoil(row))
    assert caught.value.position == spoil(row).position


def test_an_entry_of_another_organization_is_broken() -> None:
    with pytest.raises(ChainBroken, match="audit entry 1: what is stored was not written as an entry"):
        decode_entry(Organization("globex"), stored(event(PROMPT))[1])


def test_generated_inputs_raise_only_our_errors_and_repeat_no_value() -> None:
    inputs = sized(INPUTS // 4, full=5 * INPUTS)
    source = random.Random(20_261_121)
    refused = sum(refuses(source) for _ in range(inputs))
    print(f"\n{inputs} mutated inputs, {refused} refused with our error, 0 foreign errors")
    assert refused > inputs * 0.9


def refuses(source: random.Random) -> bool:
    """Mutate something that was written; whatever is taken then must be exactly what it says."""
    subject, state = source.choice(((PROMPT, PROMPT_STATE), (VERSION, VERSION_STATE)))
    text = mutated(encode_state(subject, state).encode(), source)
    _, row = stored(event(PROMPT, "canary"))
    if source.random() < 0.5:
        row = evolve(row, head=mutated(row.head, source))
    else:
        row = evolve(row, payload=mutated(row.payload or b"", source))
    return refuses_state(subject, text) + refuses_entry(row) > 0


def refuses_state(subject: Subject, text: bytes) -> bool:
    try:
        state = decode_state(subject, text)
    except InvalidInput as error:
        message = str(error)
    else:
        message = ""
        assert encode_state(subject, state).encode() == text
    assert "retail" not in message
    return message != ""


def refuses_entry(row: Row) -> bool:
    try:
        entry = decode_entry(ORGANIZATION, row)
    except ChainBroken as error:
        message = str(error)
    else:
        message = ""
        assert canonical(entry.event.payload).encode() == row.payload
    assert "canary" not in message
    return message != ""


JUNK: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    1.5,
    1e308,
    2**70,
    "",
    "canary",
    "\x00",
    [],
    [[]],
    {},
    {"a": None},
    "9999-99-99",
)


def mutated(text: bytes, source: random.Random) -> bytes:
    kind = source.randrange(4)
    if kind == 0:
        return json.dumps(with_junk(json.loads(text), source), sort_keys=True, separators=(",", ":")).encode()
    at, to = sorted(source.randrange(len(text)) for _ in range(2))
    if kind == 1:
        return text[:at] + bytes([text[at] ^ (1 << source.randrange(8))]) + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[to:]
    return (
        text[:at] + source.choice((b"NaN", b"1e999", b"[" * 3_000, b'"\\ud800"', b"\xff", b",")) + text[at:]
    )


def with_junk(value: Any, source: random.Random) -> Any:
    """Return *value* with one thing in it, at any depth, replaced."""
    inner = next((f for kind, f in INNER.items() if isinstance(value, kind)), None)
    return (
        source.choice(JUNK) if inner is None or not value or source.random() < 0.2 else inner(value, source)
    )


def with_junk_in_list(items: list[Any], source: random.Random) -> list[Any]:
    at = source.randrange(len(items))
    return [with_junk(v, source) if i == at else v for i, v in enumerate(items)]


def with_junk_in_fields(fields: dict[str, Any], source: random.Random) -> dict[str, Any]:
    key = source.choice(list(fields))
    return {k: with_junk(v, source) if k == key else v for k, v in fields.items()}


INNER: Final[dict[type, Callable[[Any, random.Random], Any]]] = {
    list: with_junk_in_list,
    dict: with_junk_in_fields,
}


@pytest.mark.parametrize(
    "value", [TIME, {"at": TIME}, [{"at": TIME}], UUID(int=7), float("nan"), [float("inf")], {1: 2}, b"x"]
)
def test_what_only_one_library_takes_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        encode_event(evolve(event(prompt("x")), payload={"value": value}))


@given(payloads)
def test_every_payload_is_spelled_canonically(payload: Any) -> None:
    spelled: list[Any] = [
        payload,
        MappingProxyType(payload),
        {"inner": MappingProxyType(payload), "of": (1, [])},
    ]
    for each in spelled:
        assert encode_event(evolve(event(prompt("x")), payload=each)).payload == canonical(each)
