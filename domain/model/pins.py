"""The pin: what a conversation carries so that it keeps the version it began with, in any process.

A pin is `jf1.PAYLOAD.MAC`, both parts in URL-safe base64 without padding. The MAC is the first 16 bytes of
HMAC-SHA256 over everything before it. It is authenticated, not encrypted: it names a prompt and a version,
and the organization and the unit only as digests.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

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
_LAST: Final = 253_402_300_800
"""The year 10,000, which no calendar of ours has."""
_MALFORMED: Final = (ValueError, KeyError)


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


# Without slots a frozen value is made in two thirds of the time, and `choose` makes one for each call.
@frozen(kw_only=True, slots=False)
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
    signed = f"{_PREFIX}{_base64(said.encode('utf-8', 'surrogatepass'))}"
    text = f"{signed}.{_mac(signed.encode(), seal.current)}"
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
    signed, _, mac = text.rpartition(".")
    if not text.isascii() or not _believed(signed.encode(), mac.encode(), seal):
        return PinFault.FORGED
    try:
        tag, pin = _parsed(signed)
    except _MALFORMED:
        return PinFault.UNKNOWN_FORMAT
    if tag != seal.tag:
        return PinFault.FOREIGN_ORGANIZATION
    return pin if prompt in (None, pin.prompt) else PinFault.OTHER_PROMPT


def _believed(signed: bytes, mac: bytes, seal: Seal) -> bool:
    if hmac.compare_digest(_mac(signed, seal.current).encode(), mac):
        return True
    return any(hmac.compare_digest(_mac(signed, key).encode(), mac) for key in seal.retired)


def _parsed(signed: str) -> tuple[str, Pin]:
    """Read what was signed; a pin of a newer release that kept the prefix is a ValueError."""
    payload = signed.removeprefix(_PREFIX)
    said = urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode("utf-8", "surrogatepass")
    tag, prompt, version, since, rollout, arm, bucket, step, unit = said.split("\0")
    if not 0 <= int(since) < _LAST:
        raise ValueError
    return tag, Pin(
        prompt=prompt,
        version=version,
        since=int(since),
        rollout=rollout,
        arm=_ARMS[arm],
        bucket=_number(bucket),
        step=_number(step),
        unit=unit,
    )


def _mac(message: bytes, key: bytes) -> str:
    return _base64(hmac.digest(key, message, "sha256")[:_MAC_BYTES])


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _written(number: int | None) -> str:
    return "" if number is None else str(number)


def _number(text: str) -> int | None:
    return int(text) if text else None
