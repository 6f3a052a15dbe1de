"""Which units a rollout takes in and which arm each falls into: two hashes, whole numbers, no state.

A unit's point is u = the first 8 bytes of SHA-256 of `DOMAIN NUL ROLLOUT NUL SALT NUL UNIT`, as a fraction
of 2**64. Domain `include` says whether the unit takes part at all, domain `arm` in which arm: with one hash
for both, a rollout to 30 % would send everybody it takes in to the same arm.

The points are never divided: u < share/10,000 is asked as point * 10,000 // 2**64 < share, which is the same
question without rounding. (As a float the largest points are 1.0, and would be left out of 100 %.)
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from attrs import Factory, field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.shares import WHOLE, checked_share

_LONGEST: Final = 1_000


class Arm(StrEnum):
    """The two sides of a comparison."""

    CONTROL = "control"
    TREATMENT = "treatment"


@frozen
class Seat:
    """Where a unit falls: `arm` is None for a unit that is held out.

    `bucket` is the basis point of the share at which the unit joins the treatment: it is in the treatment if
    `bucket` < share. `key` names the unit without telling it (24 hexadecimal digits, salted by the rollout).
    """

    arm: Arm | None
    bucket: int
    key: str


def _share(_instance: object, attribute: Any, value: Any) -> None:
    checked_share(value, place=attribute.name)


def _of(domain: str) -> Any:
    def made(split: Split) -> bytes:
        return prefix(domain, split.rollout, split.salt)

    return Factory(made, takes_self=True)


@frozen(kw_only=True)
class Split:
    """How a rollout divides its units, in basis points of all units.

    The treatment gets `share`, `holdout` takes no part and keeps what it had, control is the rest. A greater
    share keeps everybody who is in the treatment there, as long as id, salt and holdout stay.
    """

    rollout: str
    salt: str
    share: int = field(validator=_share)
    holdout: int = field(default=0, validator=_share)
    _include: bytes = field(init=False, repr=False, eq=False, default=_of("include"))
    _arm: bytes = field(init=False, repr=False, eq=False, default=_of("arm"))

    def __attrs_post_init__(self) -> None:
        if self.share + self.holdout > WHOLE:
            raise InvalidInput(
                f"a share of {self.share} and a holdout of {self.holdout} basis points are more than all",
                place="share",
                remedy="lower one; the last step, to everybody, ends the holdout and needs no split",
            )

    @property
    def odds(self) -> float:
        """The probability, 0 to 1, that a unit that takes part is in the treatment."""
        return odds(self.share, self.holdout)

    def seat(self, unit: str) -> Seat:
        """Return where *unit* falls; raise `InvalidInput` for a unit that cannot be told from others."""
        name = encoded(unit, place="unit")
        digest = sha256(self._arm + name).digest()
        bucket = int.from_bytes(digest[:8]) * (WHOLE - self.holdout) >> 64
        arm = Arm.TREATMENT if bucket < self.share else Arm.CONTROL
        if self.holdout and basis_point(sha256(self._include + name).digest()) < self.holdout:
            return Seat(None, bucket, digest[8:20].hex())
        return Seat(arm, bucket, digest[8:20].hex())


def odds(share: int, holdout: int = 0) -> float:
    """Return the treatment's part, 0 to 1, of the units that take part; 1.0 if none is left for control."""
    return share / (WHOLE - holdout) if share + holdout < WHOLE else 1.0


def basis_point(digest: bytes) -> int:
    """Return 0 to 9,999: the basis point in which a digest's point lies."""
    return int.from_bytes(digest[:8]) * WHOLE >> 64


def prefix(domain: str, rollout: str, salt: str) -> bytes:
    """Return what stands before the unit in the text that is hashed."""
    parts = (domain.encode(), encoded(rollout, place="rollout"), encoded(salt, place="salt"), b"")
    return b"\0".join(parts)


def encoded(text: object, *, place: str) -> bytes:
    """Return *text* as UTF-8; raise `InvalidInput` if it is empty, too long or cannot be hashed safely.

    A NUL would make two texts one, since it separates them. Texts are compared as they are: no case is
    folded, no blank is cut, nothing is normalized.
    """
    if isinstance(text, str) and 0 < len(text) <= _LONGEST and "\0" not in text:
        try:
            return text.encode()
        except UnicodeEncodeError:
            pass
    raise InvalidInput(
        f"it is a text of 1 to {_LONGEST:,} characters that UTF-8 can carry, without NUL",
        place=place,
        remedy="name the customer or the conversation by its id",
    )
