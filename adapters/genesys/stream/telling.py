"""What the stream tells of itself: measurements, and debug lines without contents."""

from __future__ import annotations

from typing import Final

from attrs import frozen
from loguru import logger

from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.subjects import Organization
from jackfield.ports.telemetry import Measure, unheard

_NOBODY: Final = Organization("-")


@frozen(kw_only=True)
class Telling:
    """Counts `jackfield.stream.{connects,drops,resumes,frames}`, each by its outcome; never under a lock."""

    organization: Organization = _NOBODY
    measure: Measure = unheard

    def connected(self, outcome: str) -> None:
        """A socket was opened, or could not be, by the name of the error."""
        logger.bind(outcome=outcome).debug("stream connects")
        self._count("connects", outcome)

    def dropped(self, why: str) -> None:
        """The socket was lost: by a close code, or by silence."""
        logger.bind(why=why).debug("stream dropped")
        self._count("drops", why)

    def resumed(self, outcome: str) -> None:
        """An answer was asked for again: `resumed`, or `lost` if it cannot be."""
        self._count("resumes", outcome)

    def odd(self, kind: str) -> None:
        """A frame told nobody anything: `malformed`, `unknown`, or a `stray` one of no conversation here."""
        self._count("frames", kind)

    def _count(self, name: str, outcome: str) -> None:
        if self.measure is not unheard:
            self.measure(
                Measurement(
                    organization=self.organization,
                    name=f"jackfield.stream.{name}",
                    value=1,
                    unit=f"{{{name.removesuffix('s')}}}",
                    labels={"outcome": outcome},
                )
            )
