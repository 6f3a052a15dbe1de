"""How simulated conversations go: success, latency and tokens by version, and how these drift."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from attrs import Attribute, field, frozen

from jackfield.domain.model.errors import InvalidInput

_DIGEST_BYTES: Final = 64
_FRACTION_BITS: Final = 53
_LONGEST_MS: Final = 3_600_000
_MOST_TOKENS: Final = 1_000_000
_TOKEN_SPREAD: Final = 0.25
_LARGEST_DRIFT: Final = 1_000.0


def _between(low: float, high: float) -> Any:
    def check(_: object, attribute: Attribute[Any], value: Any) -> None:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not low <= value <= high:
            raise InvalidInput(f"it is a number {low:g} to {high:g}", place=attribute.name, remedy="mend it")

    return check


@frozen(kw_only=True)
class Behavior:
    """How a version's conversations go.

    `success` is the part of them that succeed, `latency_ms` the median, `latency_spread` the standard
    deviation of its logarithm, `tokens` the mean. An hour after the version's first conversation
    `success_drift` has been added to the success, and the latency is 1 + `latency_drift` times as long.
    """

    success: float = field(default=0.95, validator=_between(0, 1))
    latency_ms: float = field(default=800.0, validator=_between(1, _LONGEST_MS))
    latency_spread: float = field(default=0.4, validator=_between(0, 2))
    tokens: float = field(default=350.0, validator=_between(1, _MOST_TOKENS))
    success_drift: float = field(default=0.0, validator=_between(-1, 1))
    latency_drift: float = field(default=0.0, validator=_between(-1, _LARGEST_DRIFT))


_USUAL: Final = Behavior()


@frozen(kw_only=True)
class Traffic:
    """The conversations of a prompt: how each version's go, and the seed that they come from.

    The n-th conversation of a prompt depends on the seed, the prompt's id and n alone, and on what is live
    and split when it is made.
    """

    seed: int = 0
    versions: Mapping[str, Behavior] = field(factory=dict[str, Behavior])
    otherwise: Behavior = _USUAL

    def of(self, version: str) -> Behavior:
        """Return how *version*'s conversations go."""
        return self.versions.get(version, self.otherwise)


@frozen
class Chances:
    """What is left to chance in one conversation: numbers of [0, 1), and two of a normal distribution."""

    moment: float
    route: float
    luck: float
    latency: float
    tokens: float

    @classmethod
    def of(cls, seed: int, prompt_id: str, number: int) -> Chances:
        """Draw those of the prompt's conversation *number*."""
        source = f"traffic\0{seed}\0{prompt_id}\0{number}".encode(errors="replace")
        drawn = struct.unpack(">8Q", blake2b(source, digest_size=_DIGEST_BYTES).digest())
        moment, route, luck, one, two, *_ = (each / 2**64 * (1 - 2**-_FRACTION_BITS) for each in drawn)
        radius, angle = math.sqrt(-2 * math.log(1 - one)), 2 * math.pi * two
        return cls(moment, route, luck, radius * math.cos(angle), radius * math.sin(angle))


def outcome(behavior: Behavior, chances: Chances, hours: float) -> tuple[float, int, int]:
    """Return latency (ms), tokens, and 1 or 0 for success, *hours* after the version's first conversation."""
    longer = max(0.0, 1 + behavior.latency_drift * hours)
    latency = behavior.latency_ms * longer * math.exp(behavior.latency_spread * chances.latency)
    tokens = behavior.tokens * math.exp(_TOKEN_SPREAD * chances.tokens - _TOKEN_SPREAD**2 / 2)
    success = min(1.0, max(0.0, behavior.success + behavior.success_drift * hours))
    latency = round(min(max(latency, 0.001), _LONGEST_MS), 3)
    return latency, max(1, min(round(tokens), _MOST_TOKENS)), int(chances.luck < success)
