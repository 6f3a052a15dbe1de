"""W2 and F1 for notices of ends: none is believed that we did not sign, and whatever comes is answered."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from attrs import evolve

from jackfield.domain.model.sessions.attributes import SESSION_KEY
from jackfield.domain.model.sessions.happenings import END, NOTICE
from jackfield.domain.model.signatures import signed
from jackfield.domain.services.sessions.asked.values import Accepted, Forged, Received
from jackfield.domain.services.sessions.ending.noticing import Noticing
from jackfield.domain.services.sessions.recorded.records import Loaded
from tests.proofs.mutations import HOSTILE_TEXTS, spoilt, spoilt_bytes
from tests.proofs.sizes import sized
from tests.proofs.test_forged_webhooks import NOW, SECRETS, WAYS
from tests.unit.services.sessions.enders import Ends, ends_in, notice
from tests.unit.services.sessions.starters import bot

MUTATIONS: Final = sized(2_000, full=20_000)
HOSTILE: Final = sized(1_000, full=20_000)
ANSWERS: Final = get_args(Received)
BODY: Final = {
    "id": "conversation-1",
    "type": "chat",
    "state": "closed",
    "to": [{"id": "retail-id", "name": "Retail"}],
    "from": {"id": "customer-1"},
    "startTime": "2026-11-21T09:00:00.000Z",
    "endTime": "2026-11-21T09:29:00.000Z",
    "resolutionStatus": "resolved",
    "attributes": {SESSION_KEY: "id-1", "tier": "gold"},
}


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path, bot(limit=None)) as found:
        found.house.clock.step(NOW - found.house.clock.now())
        yield found


@pytest.fixture
def loaded(ends: Ends) -> Loaded:
    return ends.house.start()


@pytest.fixture
def noticing(ends: Ends) -> Noticing:
    return evolve(ends.sessions.noticing, secrets=SECRETS)


def test_no_forged_notice_ends_a_session(
    ends: Ends, loaded: Loaded, noticing: Noticing, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, tried, answers = random.Random(11), 0, Counter[str]()
    body = notice("conversation-1", NOW, session=loaded.id)
    while tried < MUTATIONS:
        whole = signed(f"{tried:032x}", NOW, body, SECRETS), body
        way = chance.choice([*WAYS])
        mutated = WAYS[way](whole, chance)
        if mutated == whole:
            continue
        tried += 1
        answers[type(noticing.receive(*mutated)).__name__] += 1
    with capsys.disabled():
        print(f" W2: {tried} forged notices in {len(WAYS)} ways: {dict(answers)}")
    assert answers == {Forged.__name__: MUTATIONS}
    assert (ends.events(END), ends.events(NOTICE)) == ([], [])


def test_control_the_same_notice_untouched_ends_it(loaded: Loaded, noticing: Noticing) -> None:
    body = notice("conversation-1", NOW, session=loaded.id)
    assert noticing.receive(signed("msg", NOW, body, SECRETS), body) == Accepted(loaded.id)


def test_whatever_a_sender_signs_is_answered(
    ends: Ends, loaded: Loaded, noticing: Noticing, capsys: pytest.CaptureFixture[str]
) -> None:
    """It signs with our secret, as a platform that went mad would."""
    source, answers = random.Random(12), Counter[str]()
    for number in range(HOSTILE):
        body = _body(source)
        answer = noticing.receive(signed(f"{number:032x}", NOW, body, SECRETS), body)
        assert isinstance(answer, ANSWERS)
        answers[type(answer).__name__] += 1
    with capsys.disabled():
        print(f" F1: {HOSTILE} hostile notices: {dict(answers)}")
    assert len(ends.events(END)) <= 1
    assert answers[Forged.__name__]
    assert answers["Unknown"]
    assert loaded.id == "id-1"


def test_whatever_stands_in_the_headers_is_answered(noticing: Noticing) -> None:
    source, body = random.Random(13), json.dumps(BODY).encode()
    for _ in range(HOSTILE):
        headers: Any = signed("msg", NOW, body, SECRETS)
        for name in source.sample([*headers, "Webhook-Signature", "x"], 2):
            hostile = source.choice(HOSTILE_TEXTS)
            headers[name] = source.choice((hostile, hostile.encode(errors="surrogatepass"), None, 7))
        assert isinstance(noticing.receive(headers, body), ANSWERS)


def _body(source: random.Random) -> bytes:
    """A notice with something hostile in it: as JSON, or as bytes."""
    said = spoilt(spoilt(BODY, source), source) if source.random() < 0.7 else BODY
    body = json.dumps(said).encode(errors="surrogatepass")
    return spoilt_bytes(body, source) if source.random() < 0.5 or said is BODY else body
