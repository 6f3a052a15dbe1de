"""What was recommended, and what agents did with it, as plain data: the JSON form of every answer."""

from __future__ import annotations

from typing import Final

from jackfield.domain.model.advice.feedback import ClickThrough, Feedback, Report
from jackfield.domain.model.advice.sifting import Accepted, Rejected
from jackfield.domain.model.events import timestamp
from jackfield.domain.services.advice import Advised
from jackfield.entrypoints.cli.views import View

RECOMMENDATION: Final = (
    *("position", "id", "title", "content", "relevance", "published", "source", "like", "shown"),
)
"""What is said of one that is shown, in its order."""
FIGURES: Final = ("displayed", "clicked", "unseen", "rate", "low", "high")


def advised_view(found: Advised) -> View:
    """One answer."""
    return {
        "id": found.id,
        "conversation": found.conversation,
        "agent": found.agent,
        "origin": found.origin.value,
        "asked": timestamp(found.asked),
        "age_ms": round(found.age.total_seconds() * 1_000),
        "until": None if found.until is None else timestamp(found.until),
        "whole": found.whole,
        "key": found.key,
        "accepted": [accepted_view(each) for each in found.accepted],
        "rejected": [_rejected(each) for each in found.rejected],
    }


def accepted_view(each: Accepted) -> View:
    """One recommendation to show."""
    item = each.item
    return {
        "position": each.position,
        "id": item.id,
        "title": item.title,
        "content": item.content,
        "relevance": item.relevance,
        "published": timestamp(item.published),
        "source": item.source,
        "like": each.like,
        "shown": each.shown,
    }


def _rejected(each: Rejected) -> View:
    return {"id": each.id, "reason": each.reason.value, "detail": each.detail}


def feedback_view(told: Feedback) -> View:
    """What an agent did."""
    return {
        "recommendation": told.recommendation,
        "agent": told.agent,
        "action": told.action.value,
        "conversation": told.conversation or None,
        "source": told.source,
        "position": told.position,
        "time": timestamp(told.time),
    }


def report_view(report: Report, by: str | None) -> View:
    """The click-through of all, and of each group."""
    return {
        "by": by,
        **figures_view(report.whole),
        "groups": [{"key": group.key, **figures_view(group.figures)} for group in report.groups],
    }


def figures_view(figures: ClickThrough) -> View:
    """The numbers of one group."""
    return {
        **{name: getattr(figures, name) for name in FIGURES},
        "actions": {action.value: count for action, count in figures.actions.items()},
    }
