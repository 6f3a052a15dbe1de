"""What is measured of advice: tutorial 004's two metrics, and what the cache saves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import define, field

from jackfield.domain.model.advice.feedback import MOST_GROUPS, OTHER
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.subjects import Organization
from jackfield.ports.telemetry import Measure, unheard

LATENCY: Final = "agentassist_recommendation_latency"
CLICKS: Final = "agentassist_recommendation_clicks"


class Status(StrEnum):
    """How a query ended, as tutorial 004 counts it."""

    SUCCESS = "success"
    EMPTY = "empty"
    ERROR = "error"
    STALE = "stale"


class Tier(StrEnum):
    """Where what answered a query was: `waited` is the answer that another query brought.

    `none` is where nothing answered, `refused` where the platform knows no such knowledge base.
    """

    MEMORY = "memory"
    SHARED = "shared"
    PLATFORM = "platform"
    WAITED = "waited"
    STALE = "stale"
    NONE = "none"
    REFUSED = "refused"


@define(eq=False)
class Measures:
    """Measures by name; sources and agents are labels, so at most 1,000 pairs of them are told apart.

    Without `agents` no agent is named.
    """

    organization: Organization
    measure: Measure = unheard
    agents: bool = True
    _pairs: set[tuple[str, str]] = field(factory=set[tuple[str, str]], init=False)
    _queries: Mapping[Tier, Measurement] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._queries = {
            tier: self._one("jackfield.advice.queries", 1, "{query}", {"from": tier.value}) for tier in Tier
        }

    def answered(self, status: Status, tier: Tier, seconds: float) -> None:
        """Measure a query that has ended."""
        self._say(LATENCY, seconds, "s", {"status": status.value})
        self.measure(self._queries[tier])

    def refused(self) -> None:
        """Count a query that asks for what there is not; it has no latency, for nobody failed at it."""
        self.measure(self._queries[Tier.REFUSED])

    def clicked(self, source: str | None, agent: str) -> None:
        """Count a click."""
        pair = source or "", agent if self.agents else ""
        if pair not in self._pairs and len(self._pairs) >= MOST_GROUPS:
            pair = OTHER, OTHER if self.agents else ""
        else:
            self._pairs.add(pair)
        self._say(CLICKS, 1, "{click}", {"source_id": pair[0], "agent_id": pair[1]})

    def asked(self, outcome: str, pages: int) -> None:
        """Count a call upstream, and the pages that it gave."""
        self._say("jackfield.advice.upstream", 1, "{call}", {"outcome": outcome})
        self._say("jackfield.advice.pages", pages, "{page}", {})

    def lost(self, number: int) -> None:
        """Count what did not get into the log."""
        self._say("jackfield.advice.lost", number, "{event}", {})

    def _say(self, name: str, value: float, unit: str, labels: Mapping[str, str]) -> None:
        self.measure(self._one(name, value, unit, labels))

    def _one(self, name: str, value: float, unit: str, labels: Mapping[str, str]) -> Measurement:
        return Measurement(organization=self.organization, name=name, value=value, unit=unit, labels=labels)
