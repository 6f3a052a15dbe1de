"""W2: no forged, replayed or malformed webhook is accepted, and only our own error is raised."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import ID, SIGNATURE, TIMESTAMP, signed, verify
from tests.proofs.sizes import sized

MUTATIONS: Final = sized(3_000, full=20_000)
NOW: Final = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SECRETS: Final = (Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Secret("another text"))
FOREIGN: Final = Secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
JUNK: Final = (
    "",
    " ",
    "\x00",
    "v1",
    "v1,",
    ",",
    "v1,%%%",
    "🚀",
    "\ud800",
    "1e999",
    "NaN",
    "-1",
    "٣",
    "x" * 20_000,
)

Webhook: TypeAlias = tuple[dict[str, str], bytes]
Mutate: TypeAlias = Callable[[Webhook, random.Random], Webhook]


def _whole(number: int) -> Webhook:
    body = b'{"type":"prompt.promote","data":{"position":%d}}' % number
    return signed(f"{number:032x}", NOW, body, SECRETS), body


def _header(name: str, change: Callable[[str, random.Random], str]) -> Mutate:
    return lambda webhook, chance: ({**webhook[0], name: change(webhook[0][name], chance)}, webhook[1])


def _flip(text: str, chance: random.Random) -> str:
    """Alter one character of every signature, or of the text."""
    parts = text.split(" ")
    return " ".join(_altered(part, chance) for part in parts)


def _altered(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice([c for c in "Aa0,+/= v\n" if c != text[at]]) + text[at + 1 :]


def _cut(text: str, chance: random.Random) -> str:
    return " ".join(part[: chance.randrange(len(part))] for part in text.split(" "))


def _junk(_: str, chance: random.Random) -> str:
    return chance.choice(JUNK)


def _shifted(text: str, chance: random.Random) -> str:
    return str(int(text) + chance.choice([-1, 1]) * chance.randrange(1, 10**9))


def _respelled(text: str, chance: random.Random) -> str:
    return chance.choice(
        [f" {text}", f"{text} ", f"0{text}", f"+{text}", f"{text}.0", f"{text}e0", hex(int(text))]
    )


def _version(text: str, chance: random.Random) -> str:
    return text.replace("v1,", chance.choice(["v2,", "v1a,", "V1,", "v1;", "v1:", "", "v1,v1,"]))


def _removed(webhook: Webhook, chance: random.Random) -> Webhook:
    gone = chance.choice([ID, TIMESTAMP, SIGNATURE])
    return {name: value for name, value in webhook[0].items() if name != gone}, webhook[1]


def _swapped(webhook: Webhook, chance: random.Random) -> Webhook:
    one, other = chance.sample([ID, TIMESTAMP, SIGNATURE], 2)
    return {**webhook[0], one: webhook[0][other], other: webhook[0][one]}, webhook[1]


def _body(webhook: Webhook, chance: random.Random) -> Webhook:
    body = bytearray(webhook[1])
    match chance.randrange(4):
        case 0:
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        case 1:
            del body[chance.randrange(len(body)) :]
        case 2:
            body += chance.choice([b" ", b"\n", b"\x00", b"{}", b"\xff"])
        case _:
            body.insert(0, chance.randrange(256))
    return webhook[0], bytes(body)


def _replayed(webhook: Webhook, chance: random.Random) -> Webhook:
    """Whole and signed by us, long ago or long from now."""
    away = timedelta(seconds=chance.choice([-1, 1]) * chance.randrange(301, 10**8))
    return signed(webhook[0][ID], NOW + away, webhook[1], SECRETS), webhook[1]


def _foreign(webhook: Webhook, chance: random.Random) -> Webhook:
    return signed(webhook[0][ID], NOW, webhook[1], [FOREIGN] * chance.randrange(1, 4)), webhook[1]


def _of_another(webhook: Webhook, chance: random.Random) -> Webhook:
    """The signature of another webhook of ours."""
    other = _whole(chance.randrange(10**6, 10**7))
    return {**webhook[0], SIGNATURE: other[0][SIGNATURE]}, webhook[1]


WAYS: Final[dict[str, Mutate]] = {
    **{
        f"{name}: {way.__name__}": _header(name, way)
        for name in (ID, SIGNATURE)
        for way in (_flip, _cut, _junk)
    },
    **{f"{TIMESTAMP}: {way.__name__}": _header(TIMESTAMP, way) for way in (_shifted, _respelled, _junk)},
    f"{SIGNATURE}: version": _header(SIGNATURE, _version),
    "removed": _removed,
    "swapped": _swapped,
    "body": _body,
    "replayed": _replayed,
    "foreign": _foreign,
    "of another": _of_another,
}


def test_none_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    chance, accepted, tried = random.Random(11), list[str](), 0
    while tried < MUTATIONS:
        way = chance.choice([*WAYS])
        whole = _whole(tried)
        mutated = WAYS[way](whole, chance)
        if mutated == whole:
            continue
        tried += 1
        try:
            verify(*mutated, SECRETS, NOW)
        except InvalidInput:
            continue
        accepted.append(way)
    with capsys.disabled():
        print(f" W2: {tried} mutations in {len(WAYS)} ways, {len(accepted)} accepted")
    assert accepted == []


@pytest.mark.parametrize("number", range(100))
def test_control_what_was_not_touched_is_accepted(number: int) -> None:
    headers, body = _whole(number)
    assert verify(headers, body, SECRETS, NOW) == f"{number:032x}"


def test_control_without_a_look_at_the_time_a_replay_is_accepted() -> None:
    headers, body = _replayed(_whole(1), random.Random(11))
    then = datetime.fromtimestamp(int(headers[TIMESTAMP]), UTC)
    assert verify(headers, body, SECRETS, then) == headers[ID]
