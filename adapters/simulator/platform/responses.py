"""An answer as it leaves the platform: its headers and its body."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Final

import orjson

from jackfield.adapters.http import Response
from jackfield.adapters.simulator.platform.answers import Answer
from jackfield.adapters.simulator.platform.limits import Reading

_NO_CONTENT: Final = 204


def respond(answer: Answer, correlation_id: str, reading: Reading, now: datetime) -> Response:
    """Return the response of the platform at *now*, which is in UTC."""
    headers = {
        "content-type": "application/json",
        "date": format_datetime(now, usegmt=True),
        "inin-correlation-id": correlation_id,
        **reading.headers(),
        **answer.headers,
    }
    body = b"" if answer.status == _NO_CONTENT else orjson.dumps(answer.document)
    return Response(status=answer.status, headers=headers, body=body)
