"""What was recommended, and what agents did with it, as plain data: the JSON form of every answer."""

from __future__ import annotations

from collections.abc import Iterator
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
SHEET: Final = (*RECOMMENDATION, "rejected", "detail")
"""The columns of a sheet: those of all that came, `rejected` and why, or empty."""
UNKNOWN: Final = "unknown"
"""The group of what nobody told of, for people and in sheets."""
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
    title = None if each.item is None else each.item.title
    return {"id": each.id, "title": title, "reason": each.reason.value, "detail": each.detail}


def sheet(found: Advised) -> Iterator[View]:
    """A row for each that came: those to show, then the others, with what is known of them."""
    for each in found.accepted:
        yield {**accepted_view(each), "rejected": None, "detail": None}
    for other in found.rejected:
        item = other.item
        yield {
            **dict.fromkeys(SHEET),
            "id": other.id,
            "title": None if item is None else item.title,
            "content": None if item is None else item.content,
            "relevance": None if item is None else item.relevance,
            "published": None if item is None else timestamp(item.published),
            "source": None if item is None else item.source,
            "rejected": other.reason.value,
            "detail": other.detail,
        }


def named(rejected: Rejected) -> str:
    """Name it by its id, as other programs do, and by its title, where there is one."""
    name = rejected.id or "one without an id"
    return name if rejected.item is None else f"{name} {rejected.item.title}"


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
        "known": told.known,
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
