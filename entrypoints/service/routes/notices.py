"""The platform's notices of ended conversations: believed by their signature, not by a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jackfield.domain.services.sessions.asked.values import Accepted, Forged, Received, Repeat
from jackfield.entrypoints.service.jobs.own import DELIVERIES
from jackfield.entrypoints.service.operations import JSON, Call, Operation, Text
from jackfield.entrypoints.service.problems import Refusal, written
from jackfield.entrypoints.service.shapes.lives import NoticeHeard, NoticeHeardShape

_REMEDIES: Final = {
    400: "send the conversation that ended, as the platform does",
    401: "sign it with the secret of [sessions.notices], and by a clock that is right",
    413: "send less",
}
_NAMES: Final = {400: "notice", 401: "notice-signature", 413: "body-too-large"}


def hear_notice(call: Call) -> Text:
    """Take a notice; what is not believed is refused, and the platform may send it again."""
    received = call.serving.core.sessions.receive(_headers(call.environ), call.said(bytes))
    if isinstance(received, Forged):
        raise Refusal(
            status=received.status,
            name=_NAMES[received.status],
            title="The notice is not believed",
            detail=received.why,
            remedy=_REMEDIES[received.status],
        )
    call.serving.wake(DELIVERIES)
    return Text(content_type=JSON, body=written(_view(received)), status=received.status)


def _view(received: Received) -> Mapping[str, Any]:
    if isinstance(received, Accepted):
        return {"heard": NoticeHeard.ACCEPTED, "session": received.session}
    if isinstance(received, Repeat):
        return {"heard": NoticeHeard.REPEAT, "session": received.session}
    return {"heard": NoticeHeard.UNKNOWN, "session": None}


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return those by which webhooks are signed, as HTTP spells them."""
    return {
        name.removeprefix("HTTP_").replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_WEBHOOK_")
    }


OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/sessions/notices",
        answer=hear_notice,
        summary="Hear of an ended conversation, from the platform; its signature authenticates it.",
        tag="sessions",
        scope=None,
        raw=True,
        takes=Mapping[str, Any],
        gives=NoticeHeardShape,
        refuses=(400, 401),
        also=(202,),
    ),
)
