"""What is asked of the simulator's traffic, as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import orjson
from attrs import field, frozen

from jackfield.adapters.simulator.platform.traffic import Behavior, Traffic
from jackfield.adapters.strict import decode
from jackfield.domain.model.errors import InvalidInput

_LONGEST_S: Final = 3.2e8


@frozen(kw_only=True)
class Script:
    """A number of conversations of a prompt over some seconds; `advance` moves the clock by them first."""

    prompt: str
    conversations: int
    seconds: float
    advance: bool = True
    seed: int = 0
    versions: Mapping[str, Behavior] = field(factory=dict[str, Behavior])
    otherwise: Behavior = field(factory=Behavior)

    @property
    def traffic(self) -> Traffic:
        """How they go."""
        return Traffic(seed=self.seed, versions=self.versions, otherwise=self.otherwise)


def read(body: bytes) -> Script:
    """Read a script; raise `InvalidInput` with every fault."""
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    script = decode(document, Script, place="traffic")
    if not math.isfinite(script.seconds) or not 0 < script.seconds <= _LONGEST_S:
        raise InvalidInput(
            f"they are more than 0 and at most {_LONGEST_S:.0f}", place="traffic.seconds", remedy="mend it"
        )
    return script
