"""The pin: what a conversation carries so that it keeps the version it began with, in any process.

A pin is `jf1.PAYLOAD.MAC`, both parts in URL-safe base64 without padding. The MAC is the first 16 bytes of
HMAC-SHA256 over everything before it. It is authenticated, not encrypted: it names a prompt and a version,
and the organization and the unit only as digests.
"""

from __future__ import annotations

import hmac
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, TypeAlias

from attrs import Factory, field, frozen

from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.subjects import Organization

LONGEST: Final = 1_024
"""The most characters of a pin."""

_PREFIX: Final = "jf1."
_PARTS: Final = 9
_ARMS: Final[Mapping[str, Arm | None]] = {"": None, **{arm.value: arm for arm in Arm}}
_MAC_BYTES: Final = 16
_KEY_BYTES: Final = 32
_BLOCK_BYTES: Final = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_LAST: Final = 253_402_300_800
"""The year 10,000, which no calendar of ours has."""
_MALFORMED: Final = (ValueError, KeyError)

Sign: TypeAlias = Callable[[bytes], bytes]
"""From a message to its MAC, in base64."""


class PinFault(StrEnum):
    """Why a pin is ignored."""

    UNKNOWN_FORMAT = "unknown format"
    FORGED = "forged"
    FOREIGN_ORGANIZATION = "foreign organization"
    OTHER_PROMPT = "other prompt"
    REVOKED = "revoked version"
    NO_KEY = "no key at hand"


def _key(_instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, bytes) or len(value) < _KEY_BYTES:
        raise InvalidInput(
            f"a key of pins is at least {_KEY_BYTES} bytes",
            place=attribute.name,
            remedy="make one with secrets.token_bytes(32)",
        )


def _keys(instance: object, attribute: Any, values: Iterable[Any]) -> None:
    for value in values:
        _key(instance, attribute, value)


def _tag(seal: Seal) -> str:
    return sha256(seal.organization.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@frozen(kw_only=True)
class Seal:
    """What an organization's pins are signed with: the key, and retired ones that are still believed."""

    organization: Organization
    current: bytes = field(validator=_key, repr=False)
    retired: tuple[bytes, ...] = field(default=(), validator=_keys, repr=False)
    tag: str = field(init=False, eq=False, default=Factory(_tag, takes_self=True))

    @cached_property
    def signers(self) -> tuple[Sign, ...]:
        """What signs with each key, the current one first."""
        return tuple(map(signer, (self.current, *self.retired)))


# Without slots and names a frozen value is made in half the time, and `choose` makes one for each call.
@frozen(slots=False)
class Pin:
    """What one conversation began with.

    `rollout` is empty and `arm`, `bucket` and `step` are None if it was chosen outside a comparison. `unit`
    is the unit's key, `since` the time of the choice in whole seconds since 1970 (UTC).
    """

    prompt: str
    version: str
    since: int
    rollout: str = ""
    arm: Arm | None = None
    bucket: int | None = None
    step: int | None = None
    unit: str = ""


def write_pin(pin: Pin, seal: Seal) -> str:
    """Return the text of *pin*; raise `InvalidInput` for names with NUL, or over 1,024 characters in all."""
    said = "\0".join(
        (
            seal.tag,
            pin.prompt,
            pin.version,
            str(pin.since),
            pin.rollout,
            pin.arm or "",
            _written(pin.bucket),
            _written(pin.step),
            pin.unit,
        )
    )
    signed = _PREFIX.encode() + _base64(said.encode("utf-8", "surrogatepass"))
    text = (signed + b"." + seal.signers[0](signed)).decode()
    if len(text) > LONGEST or said.count("\0") != _PARTS - 1:
        raise InvalidInput(
            f"a pin holds no NUL and at most {LONGEST:,} characters",
            place="pin",
            remedy="use shorter, plain names",
        )
    return text


def read_pin(text: object, seal: Seal, *, prompt: str | None) -> Pin | PinFault:
    """Return what *text* carries, or why it is to be ignored; raises nothing, whatever *text* is.

    *prompt* is the prompt that it must be of; None takes a pin of any.
    """
    if not isinstance(text, str) or len(text) > LONGEST or not text.startswith(_PREFIX):
        return PinFault.UNKNOWN_FORMAT
    signed, _, mac = text.encode("utf-8", "replace").rpartition(b".")
    if not text.isascii() or not _is_believed(signed, mac, seal):
        return PinFault.FORGED
    try:
        tag, pin = _parsed(signed)
    except _MALFORMED:
        return PinFault.UNKNOWN_FORMAT
    if tag != seal.tag:
        return PinFault.FOREIGN_ORGANIZATION
    return pin if prompt is None or prompt == pin.prompt else PinFault.OTHER_PROMPT


def signer(key: bytes) -> Sign:
    """Return what signs with *key*: HMAC-SHA256 (RFC 2104), its first 16 bytes.

    Both pads are hashed once. The library's own HMAC sets up a context at each call, which costs more than
    all the rest of reading a pin.
    """
    padded = (key if len(key) <= _BLOCK_BYTES else sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (sha256(padded.translate(pad)) for pad in (_INNER, _OUTER))

    def sign(message: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(message)
        second.update(first.digest())
        return _base64(second.digest()[:_MAC_BYTES])

    return sign


def _is_believed(signed: bytes, mac: bytes, seal: Seal) -> bool:
    if hmac.compare_digest(seal.signers[0](signed), mac):
        return True
    return any(hmac.compare_digest(sign(signed), mac) for sign in seal.signers[1:])


def _parsed(signed: bytes) -> tuple[str, Pin]:
    """Read what was signed; a pin of a newer release that kept the prefix is a ValueError."""
    payload = signed[len(_PREFIX) :].translate(_FROM_URL) + b"=="
    said = a2b_base64(payload).decode("utf-8", "surrogatepass")
    tag, prompt, version, since, rollout, arm, bucket, step, unit = said.split("\0")
    began = int(since)
    if not 0 <= began < _LAST:
        raise ValueError
    place = int(bucket) if bucket else None
    return tag, Pin(prompt, version, began, rollout, _ARMS[arm], place, int(step) if step else None, unit)


def _base64(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False).rstrip(b"=").translate(_TO_URL)


def _written(number: int | None) -> str:
    return "" if number is None else str(number)
