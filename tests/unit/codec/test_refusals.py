"""What no codec writes or reads: broken states, entries and payloads; and no value is repeated."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest
from attrs import evolve

from jackfield.adapters.codec import Row, decode_entry, decode_state, encode_event, encode_state
from jackfield.adapters.testing.changes import ORGANIZATION, TIME, event
from jackfield.domain.model.canonical import canonical
from jackfield.domain.model.errors import ChainBroken, InvalidInput
from jackfield.domain.model.kept import State
from jackfield.domain.model.prompts import (
    ContextRule,
    PromptDefinition,
)
from jackfield.domain.model.states import VersionState
from jackfield.domain.model.subjects import Organization, Subject
from jackfield.domain.model.variables import Variable
from tests.proofs.sizes import sized
from tests.unit.codec.stored import PENDING, PROMPT, PROMPT_STATE, VERSION, stored

INPUTS: Final = 20_000
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
        encode_event(evolve(event(PROMPT), payload={"value": value}))
