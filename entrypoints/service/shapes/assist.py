"""Advice as tutorial 004 spells it; the names are its own."""

from __future__ import annotations

from attrs import frozen

from jackfield.entrypoints.service.shapes.fields import number, text

_NAME = 500


@frozen(kw_only=True, eq=False, repr=False)
class InteractionContext:
    """What is being said, and where."""

    conversationId: str = text(least=1, most=_NAME)  # noqa: N815
    transcript: str = text(least=1, most=200_000)
    channel: str = text(most=_NAME, default="")


@frozen(kw_only=True, eq=False, repr=False)
class AgentProfile:
    """Who needs advice."""

    agentId: str = text(least=1, most=_NAME)  # noqa: N815
    skills: tuple[str, ...] | None = None


@frozen(kw_only=True, eq=False, repr=False)
class RecommendationQuery:
    """What an agent needs advice on; null stands for no list, as Go writes it."""

    interactionContext: InteractionContext  # noqa: N815
    agentProfile: AgentProfile  # noqa: N815
    knowledgeBaseIds: tuple[str, ...] | None = None  # noqa: N815


@frozen(kw_only=True, eq=False, repr=False)
class RecommendationShape:
    """One recommendation."""

    id: str
    title: str
    content: str
    relevanceScore: float  # noqa: N815
    publishedDate: str  # noqa: N815
    sourceId: str  # noqa: N815


@frozen(kw_only=True, eq=False, repr=False)
class RecommendationsShape:
    """A page of recommendations, as the platform gives it."""

    items: tuple[RecommendationShape, ...]


@frozen(kw_only=True, eq=False, repr=False)
class Simulating:
    """How long it takes, on the average where there is a seed: then by chance, the same each time."""

    latency_ms: int = number(most=10_000, default=150)
    seed: int | None = number(default=None)
