"""Whether the service lives and can work, and what it measured."""

from __future__ import annotations

from typing import Final

import orjson

from jackfield.entrypoints.service.metrics import CONTENT_TYPE, exposition
from jackfield.entrypoints.service.operations import JSON, Call, Operation, Text, View
from jackfield.entrypoints.service.readiness import readiness
from jackfield.entrypoints.service.shapes.health import Health, LiveShape, ReadyShape

_UNREADY: Final = 503


def get_health(_call: Call) -> View:
    """Say that it lives; nothing is asked."""
    return {"status": Health.OK.value}


def get_readiness(call: Call) -> Text:
    """Say whether it can work: 503 if something that it needs is failing."""
    found = readiness(call.serving)
    ready = found["status"] != Health.FAILING
    return Text(
        content_type=JSON,
        body=orjson.dumps(found),
        status=200 if ready else _UNREADY,
        headers={"Cache-Control": "no-store"} if ready else {"Cache-Control": "no-store", "Retry-After": "5"},
    )


def get_metrics(call: Call) -> Text:
    """Return everything that was measured, for Prometheus."""
    return Text(content_type=CONTENT_TYPE, body=exposition(call.serving))


_TAG: Final = "operation"

OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/healthz",
        answer=get_health,
        summary="Say that the service lives.",
        tag=_TAG,
        scope=None,
        gives=LiveShape,
        gated=False,
    ),
    Operation(
        method="GET",
        path="/readyz",
        answer=get_readiness,
        summary="Say whether platform, ledger and deliveries work.",
        tag=_TAG,
        scope=None,
        gives=ReadyShape,
        gated=False,
    ),
    Operation(
        method="GET",
        path="/metrics",
        answer=get_metrics,
        summary="Return what was measured, as Prometheus reads it.",
        tag=_TAG,
        content_types=("text/plain",),
        gated=False,
    ),
)
