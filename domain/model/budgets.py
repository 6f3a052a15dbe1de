"""How much a prompt may hold: limits with their sources, and measurements against them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from attrs import frozen

from jackfield.domain.model.problems import Problem


@frozen
class Limit:
    """A number that must not be passed, and where it comes from."""

    value: int
    source: str


@frozen
class TokenCount:
    """A number of tokens, and whether a model would count exactly this."""

    tokens: int
    exact: bool


@frozen(kw_only=True)
class Policy:
    """The limits that hold for every prompt; a prompt's own `limits` may only lower them."""

    characters: Limit
    tokens: Limit


PLATFORM: Final = Policy(
    characters=Limit(4096, "the platform's limit of a prompt's characters"),
    tokens=Limit(3800, "the safe part of the platform's context window"),
)


Unit: TypeAlias = Literal["characters", "tokens"]


@frozen(kw_only=True)
class Measure:
    """What was counted against a limit.

    `exact` is False for an estimate. `at_least` names variables without `max_length`: the count has
    only their defaults, so a value may take more.
    """

    what: str
    unit: Unit
    used: int
    limit: Limit
    exact: bool
    at_least: tuple[str, ...] = ()

    @property
    def exceeded(self) -> bool:
        """Whether more is used than allowed."""
        return self.used > self.limit.value

    @property
    def certainty(self) -> str:
        """`exact`, or `estimate`, or that more may come: "estimate, at least: tone has no max_length"."""
        word = "exact" if self.exact else "estimate"
        if not self.at_least:
            return word
        least = f"at least: {', '.join(self.at_least)} without max_length"
        return least if self.exact else f"{word}, {least}"

    def problem(self) -> Problem:
        """Return the finding for an exceeded limit."""
        return Problem(
            code=f"over-{self.unit}",
            message=f"{self}, {self.limit.source}; shorten it",
        )

    def __str__(self) -> str:
        return f"{self.what}: {self.used} of {self.limit.value} {self.unit} ({self.certainty})"


def exceeded(measures: tuple[Measure, ...]) -> Iterator[Problem]:
    """List the limits that are passed."""
    return (m.problem() for m in measures if m.exceeded)
