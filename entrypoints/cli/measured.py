"""How prompts do, as plain data: the JSON form of metrics."""

from __future__ import annotations

from jackfield.domain.model.events import timestamp
from jackfield.domain.model.metrics import Summary
from jackfield.domain.services.metrics import PromptSummary, PromptTotals
from jackfield.entrypoints.cli.views import View


def summary_view(summary: Summary) -> View:
    """Some requests, summed up; null where there is none."""
    return {
        "requests": summary.requests,
        "success": summary.success,
        "latency_ms": summary.latency_ms,
        "latency_p50_ms": summary.latency_p50_ms,
        "latency_p95_ms": summary.latency_p95_ms,
        "tokens": summary.tokens,
        "tokens_mean": summary.tokens_mean,
    }


def metrics_view(found: PromptSummary) -> View:
    """How a prompt does."""
    summaries = found.summaries
    return {
        "name": found.name,
        "since": timestamp(found.since),
        "until": timestamp(found.until),
        "by": found.by,
        **summary_view(summaries.whole),
        "groups": [{"key": each.key, **summary_view(each.summary)} for each in summaries.groups],
        "skipped": [{"why": why.value, "count": count} for why, count in summaries.skipped.items()],
    }


def totals_view(found: PromptTotals) -> View:
    """The platform's own sums."""
    totals = found.totals
    return {
        "name": found.name,
        "since": timestamp(found.since),
        "until": timestamp(found.until),
        "requests": totals.requests,
        "success": totals.success,
        "latency_ms": totals.latency_ms,
        "latency_p95_ms": totals.latency_p95_ms,
        "tokens": totals.tokens,
    }
