"""Rollouts as plain data: the JSON form of what `jackfield rollout` answers."""

from __future__ import annotations

import attrs

from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.events import timestamp
from jackfield.domain.model.evidence.tallies import Evidence
from jackfield.domain.model.rollouts import Move, Rollout
from jackfield.domain.model.shares import share_text
from jackfield.domain.services.rollouts import RolloutStatus, Stepped, figures
from jackfield.entrypoints.cli.views import View, finding_view


def rollout_view(rollout: Rollout) -> View:
    """One rollout: its plan, and where it is."""
    plan = rollout.plan
    return {
        "id": rollout.id,
        "version": rollout.candidate,
        "baseline": rollout.baseline,
        "phase": rollout.phase.value,
        "step": rollout.step + 1,
        "share": share_text(rollout.share),
        "shares": [share_text(share) for share in plan.shares],
        "holdout": share_text(plan.holdout),
        "router": plan.router.value,
        "since": timestamp(rollout.since),
        "why": list(rollout.why),
        "held_by": rollout.held_by or None,
        "guard": attrs.asdict(plan.guard),
        "least_s": plan.least_seconds,
        "hours": None if plan.hours is None else attrs.asdict(plan.hours),
    }


def move_view(move: Move) -> View:
    """One move, and why; `until` is when it can be made, if that is known."""
    return {
        "act": move.act.value,
        "share": share_text(move.share),
        "why": list(move.why),
        "holds": [hold.pause.value for hold in move.holds],
        "until": None if move.until is None else timestamp(move.until),
    }


def stepped_view(stepped: Stepped) -> View:
    """What a step did."""
    return {
        "name": stepped.prompt,
        "changed": stepped.changed,
        "move": move_view(stepped.move),
        "rollout": rollout_view(stepped.rollout),
        "findings": [finding_view(finding) for finding in stepped.findings],
    }


def status_view(status: RolloutStatus) -> View:
    """One rollout at a glance, with its evidence."""
    return {
        "name": status.prompt,
        "rollout": rollout_view(status.rollout),
        "lasted_s": round(status.lasted.total_seconds(), 3),
        "next": move_view(status.next),
        "evidence": figures.told(status.verdict),
        "newest": None if status.evidence.newest is None else timestamp(status.evidence.newest),
        "skipped": skipped(status.evidence),
        "lost": status.lost,
        "read": None if status.read is None else timestamp(status.read),
        "unread": status.unread,
        "ahead": status.ahead,
        "split": status.split,
        "pending": status.pending,
    }


def skipped(evidence: Evidence) -> dict[str, int]:
    """Return what was not counted, by reason."""
    counts: dict[str, int] = attrs.asdict(evidence.skipped)
    return counts


def choice_view(choice: Choice) -> View:
    """One choice, and what it was made by."""
    return {
        "name": choice.prompt,
        "version": choice.version,
        "reason": choice.reason.value,
        "arm": None if choice.arm is None else choice.arm.value,
        "bucket": choice.bucket,
        "share": None if choice.share is None else share_text(choice.share),
        "step": None if choice.step is None else choice.step + 1,
        "rollout": choice.rollout or None,
        "unit": choice.unit or None,
        "since": timestamp(choice.since),
        "source": choice.source.value,
        "freshness": choice.freshness.value,
        "age_s": round(choice.age.total_seconds(), 3),
        "ignored": None if choice.ignored is None else choice.ignored.value,
        "pin": choice.pin or None,
        "explained": choice.explain(),
    }
