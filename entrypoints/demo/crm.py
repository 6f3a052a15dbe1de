"""A CRM on a socket of this machine: away at first; of calls with one key it makes one case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from attrs import define, field

KEY: Final = "idempotency-key"


@define(eq=False)
class Crm:
    """What was asked of it, and its cases by the key of the call that made each."""

    tries: int = 0
    away: int = 1
    cases: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])

    def answer(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        """Return the status to answer with."""
        self.tries += 1
        if self.tries <= self.away:
            return HTTPStatus.SERVICE_UNAVAILABLE
        self.cases.setdefault(headers[KEY], json.loads(body))
        return HTTPStatus.CREATED
