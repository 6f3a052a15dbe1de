"""The last known good as bytes: exactly what was written, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.canonical import digest
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.history import Move
from jackfield.domain.model.prompts import Limits, PromptDefinition, Rendering
from jackfield.domain.model.subjects import organization
from jackfield.domain.model.variables import Variable
from jackfield.domain.services.prompts.live.knowing import Known, decode, encode
from jackfield.domain.services.prompts.values import LiveVersion
from tests.proofs.sizes import sized
from tests.unit.services.conftest import FIRST, NAME

ORG = organization("acme")
TIME = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)
RICH = evolve(
    FIRST,
    template="Größe {{ issue }} in a {{tone}}\r\nvoice. 🚀",
    user_template="{{many}}",
    variables=[
        Variable(name="issue", max_length=200, description="what is wrong"),
        Variable(name="tone", default="calm"),
        Variable(name="many", type="array", default=[1, 2.5, "x", True]),
    ],
    limits=Limits(characters=100),
    renderer=Rendering.LOCAL,
)


def known(definition: PromptDefinition = FIRST) -> Known:
    return Known(
        version=LiveVersion(
            name=definition.name,
            number=definition.version,
            content_hash=definition.content_hash,
            definition=definition,
            since=TIME,
            actor="mina",
            move=Move.ROLLED_BACK,
            reason="CHG-1",
        ),
        confirmed=TIME + timedelta(hours=1),
        origin=Source.LEDGER,
    )


@pytest.mark.parametrize("definition", [FIRST, RICH], ids=["plain", "rich"])
def test_what_was_written_is_read(definition: PromptDefinition) -> None:
    assert decode(ORG, NAME, encode(ORG, known(definition))) == known(definition)


def test_what_the_platform_gave_is_read_too() -> None:
    given_ = known()
    bare = evolve(
        given_,
        version=evolve(given_.version, since=None, actor=None, move=None, reason=None),
        origin=Source.PLATFORM,
    )
    assert decode(ORG, NAME, encode(ORG, bare)) == bare


def test_an_entry_of_another_organization_is_nothing() -> None:
    assert decode(organization("globex"), NAME, encode(ORG, known())) is None


def test_an_entry_of_another_prompt_is_nothing() -> None:
    assert decode(ORG, "other", encode(ORG, known())) is None


def test_other_content_under_the_recorded_hash_is_nothing() -> None:
    text = encode(ORG, known()).decode().partition("\n")[2].replace("Help with", "Harm with")
    assert decode(ORG, NAME, f"{digest(text)}\n{text}".encode()) is None


@pytest.mark.parametrize("entry", [b"", b"\n", b"{}", b"[" * 100_000, b"\xff\xfe", b"x\nnull", b"x\nNaN"])
def test_other_bytes_are_nothing(entry: bytes) -> None:
    assert decode(ORG, NAME, entry) is None


def test_a_clock_that_stepped_back_makes_it_young() -> None:
    clock = FrozenClock(start=TIME - timedelta(days=300))
    found = known().taken(clock, source=Source.DISK, freshness=Freshness.LAST_KNOWN_GOOD)
    assert found.age == timedelta()


ENTRY = encode(ORG, known(RICH))


@given(position=st.integers(0, len(ENTRY) - 1), byte=st.integers(0, 255), cut=st.booleans())
@settings(max_examples=sized(300, full=20_000), deadline=None)
def test_a_changed_or_cut_entry_is_nothing(position: int, byte: int, cut: bool) -> None:
    changed = ENTRY[:position] + (b"" if cut else bytes([byte]) + ENTRY[position + 1 :])
    assert changed == ENTRY or decode(ORG, NAME, changed) is None
