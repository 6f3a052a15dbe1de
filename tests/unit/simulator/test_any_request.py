"""Whatever is sent, the platform answers, with its envelope where it says no."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import quote

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.adapters.sockets import Handshake
from tests.proofs.sizes import sized

N = sized(500, full=20_000)
ENVELOPE = {
    "message",
    "code",
    "status",
    "messageWithParams",
    "messageParams",
    "contextId",
    "details",
    "errors",
}
OAUTH = {"error", "description", "error_description"}
TEMPLATE = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
FIELDS = (
    *("name", "version", "template", "variables", "contextRules", "modelId", "maxTokens"),
    *("templateId", "content", "rollbackDirective", "abTestingTrigger", "metadata"),
    *(
        "type",
        "required",
        "defaultValue",
        "source",
        "injectionPoint",
        "enabled",
        "trafficPercent",
        "variantId",
    ),
    *("to", "from", "id", "attributes", "routing", "queueId", "state", "resolutionStatus", "text", "botId"),
    *("url", "events", "secret", "dateFrom", "dateTo", "filter", "dimension", "operator", "value", "select"),
    *("interactionContext", "agentProfile", "knowledgeBaseIds", "transcript", "agentId", "skills", "channel"),
    *("assistantId", "messages", "role", "content", "settings", "maxTokens", "temperature", "safetyPolicy"),
)
TEXTS = (
    "bot-id-123",
    "human-support-queue",
    "closed",
    "resolved",
    "conversation:ended",
    "botId",
    "equals",
    "2026-01-01T00:00:00Z",
    "https://crm.example.com/x",
    "whsec_x",
    "1.0.0",
    "2.0.0",
    "string",
    "number",
    "system",
    "external_api",
    "{{x}}",
    "{{",
    "greeting",
    TEMPLATE,
)
PATHS = (
    "/api/v2/ai/llm/prompts",
    f"/api/v2/ai/llm/prompts/{TEMPLATE}",
    f"/api/v2/ai/prompt-templates/{TEMPLATE}/versions",
    f"/api/v2/ai/prompt-templates/{TEMPLATE}/versions/1.0.0",
    f"/api/v2/ai/assistants/{TEMPLATE}/conversations",
    "/api/v2/conversations",
    f"/api/v2/conversations/{TEMPLATE}",
    "/api/v2/conversations/message/evaluate",
    "/api/v2/integrations/webhooks",
    "/api/v2/analytics/conversations/details/query",
    "/api/v2/agentassist/recommendations/query",
    "/oauth/token",
)


def dumped(document: object) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:
        return b"{"


texts = st.sampled_from(TEXTS) | st.text(max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | texts
names = st.sampled_from(FIELDS) | st.text(max_size=5)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=8),
    max_leaves=25,
)
bodies = (
    st.none()
    | st.binary(max_size=60)
    | st.dictionaries(st.sampled_from(FIELDS), documents, max_size=12).map(dumped)
    | documents.map(dumped)
    | st.text(max_size=60).map(lambda text: f"grant_type=client_credentials&{text}".encode(errors="replace"))
)
anything = st.text(st.characters(exclude_categories=()), max_size=30)
paths = (
    st.sampled_from(PATHS)
    | st.tuples(st.sampled_from(PATHS), anything).map("".join)
    | st.tuples(st.sampled_from(PATHS), st.text(max_size=9)).map(lambda p: f"{p[0]}/{quote(p[1])}")
    | anything
)
queries = st.just("") | anything.map(lambda text: f"?{text}") | st.just("?pageNumber=999999999&pageSize=100")
media_types = (
    st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain"]) | anything
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": media_types,
        "Upgrade": st.sampled_from(["websocket", "WebSocket", "h2c"]),
        "X-Genesys-AB-Test": st.sampled_from(["variant=b,traffic=20"]) | anything,
        "authorization": st.just("Basic YTpi") | anything.map(lambda text: f"Basic {text}") | anything,
    },
)
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "get", "OPTIONS"]) | anything


def _token(platform: Platform) -> str:
    url = "https://login/oauth/token?grant_type=client_credentials"
    granted = platform.send(Request(method="POST", url=url, headers={"authorization": "Basic YTpi"}))
    return str(orjson.loads(granted.body)["access_token"])


def _is_answered(response: Response) -> bool:
    document: dict[str, Any] = orjson.loads(response.body)
    correlation_id = response.headers["inin-correlation-id"]
    if response.status < 400:
        return True
    if document.keys() == OAUTH:
        return response.status == 400
    return document.keys() == ENVELOPE and document["contextId"] == correlation_id


PLATFORM = Platform(clock=FrozenClock())
TOKEN = _token(PLATFORM)


@settings(max_examples=N, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=methods,
    path=paths,
    query=queries,
    sent=headers,
    body=bodies,
    authorized=st.booleans() | st.just(value=True),
)
def test_every_request_is_answered(
    method: str, path: str, query: str, sent: dict[str, str], body: bytes | None, *, authorized: bool
) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"} if authorized else {}
    request = Request(method=method, url=f"https://api{path}{query}", headers={**sent, **bearer}, body=body)
    assert _is_answered(PLATFORM.send(request))


frames = anything | st.fixed_dictionaries(
    {
        "type": st.sampled_from(["subscribe", "unsubscribe"]) | scalars,
        "data": st.fixed_dictionaries({}, optional={"conversationId": scalars, "afterSequence": scalars})
        | documents,
    }
).map(lambda frame: dumped(frame).decode(errors="replace"))


@settings(max_examples=200, deadline=None)
@given(frames)
def test_every_frame_is_answered_or_passed_over(frame: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    socket = PLATFORM.dial(Handshake(url="ws://api/api/v2/conversations", headers=headers))
    socket.send(frame)
    with suppress(TimeoutError):
        assert orjson.loads(socket.receive(0))["type"] == "error"
    socket.close()
