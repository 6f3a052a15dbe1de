"""An answer as it leaves the platform: its headers and its body."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

import orjson

from jackfield.adapters.http import Response
from jackfield.adapters.simulator.platform.answers import Answer
from jackfield.adapters.simulator.platform.limits import Reading


def respond(answer: Answer, correlation_id: str, reading: Reading, now: datetime) -> Response:
    """Return the response of the platform at *now*, which is in UTC."""
    headers = {
        "content-type": "application/json",
        "date": format_datetime(now, usegmt=True),
        "inin-correlation-id": correlation_id,
        **reading.headers(),
        **answer.headers,
    }
    return Response(status=answer.status, headers=headers, body=orjson.dumps(answer.document))
