"""What a token is told of itself, §4.2 of the platform's facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from jackfield.adapters.simulator.platform.answers import Answer
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.oauth import bearer
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import ALL, ANY

_ORGANIZATION: Final = {"id": "5f3c1b1a-0d8e-4c3b-9a51-6e2f1f6c7d10", "name": "simulated"}


def show(call: Call) -> Answer:
    """Return whose token it is, its scopes, and when it ends."""
    held = bearer(call)
    document = {
        "organization": _ORGANIZATION,
        "homeOrganization": _ORGANIZATION,
        "authorizedScope": list(ALL if held.scopes is None else held.scopes),
        "OAuthClient": {"id": held.client, "name": held.client, "organization": _ORGANIZATION},
        "dateTokenIdles": _timestamp(held.expires),
    }
    return Answer(200, document)


def _timestamp(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat(timespec='milliseconds')[:23]}Z"


ROUTES: Final = (Route("/api/v2/tokens/me", {"GET": show}, ANY),)
