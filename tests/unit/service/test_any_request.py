"""Whatever is sent, the service answers in its own words, and never with a fault of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, cast
from urllib.parse import unquote_to_bytes

import pytest
import requests
import schemathesis
from attrs import define
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.simulator import Platform
from jackfield.domain.services.sessions.acting import ActingSessions
from jackfield.entrypoints.bootstrap import Parts
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.app import Given
from jackfield.entrypoints.service.openapi.document import document
from jackfield.entrypoints.service.routes import OPERATIONS
from tests.proofs.sizes import FULL
from tests.unit.service.assisted import BOT, START
from tests.unit.service.house import ASSISTANT, NAME, Answered, House, opened, published

EXAMPLES: Final = 1_000 if FULL else 30
_THERE: Final[dict[str, Any]] = {
    "prompt": NAME,
    "assistant": ASSISTANT,
    "version": "1.1.0",
    "expecting": "1.0.0",
    "to": None,
    "bot": BOT,
    "choices": [],
    "queue": None,
    "base": "kb-billing",
    "bases": ["kb-billing"],
    "knowledgeBaseIds": ["kb-billing"],
}
_HANDED_OVER: Final = ("accept_session", "hand_back_session")
_MOST_LATENCY_MS: Final = 5
_ODD: Final = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=60)
_ANY: Final = tuple(cast("Iterator[HealthCheck]", iter(HealthCheck)))
_HEADERS: Final = (
    "accept",
    "authorization",
    "content_encoding",
    "cookie",
    "expect",
    "host",
    "if_none_match",
    "origin",
    "range",
    "traceparent",
    "tracestate",
    "transfer_encoding",
    "x_actor",
    "x_forwarded_for",
    "x_http_method_override",
    "x_reason",
    "x_request_id",
)


_MADE: Final = [
    *((operation, GenerationMode.POSITIVE) for operation in OPERATIONS),
    *((each, GenerationMode.NEGATIVE) for each in OPERATIONS if each.takes or each.asks),
]
"""What takes nothing cannot be sent what does not fit it."""


@pytest.fixture
def lived_in(core: Core) -> House:
    """A service whose prompt has versions, a rollout, and a history."""
    published(core, "1.0.0", "1.1.0")
    core.acting_as("user:mina", reason="CHG-4").rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    return House(core, given=Given())


def _expect_our_own_words(found: Answered) -> None:
    assert found.status != 500, found.body
    assert found.headers["x-request-id"]
    if found.body and found.status >= 400 and found.headers.get("content-type") == "application/problem+json":
        assert {"type", "title", "status", "detail", "request_id"} <= set(found.json)
        assert b"Traceback" not in found.body


def _described() -> Iterator[tuple[tuple[str, str], Any]]:
    schema: Any = schemathesis.openapi.from_dict(document(OPERATIONS))
    for found in schema.get_all_operations():
        operation = found.ok()
        yield (operation.method.upper(), operation.path), operation


_DESCRIBED: Final = dict(_described())


@pytest.mark.parametrize(("operation", "mode"), _MADE, ids=[f"{o.id}-{m.value}" for o, m in _MADE])
def test_no_request_that_is_made_from_the_document_breaks_it(
    lived_in: House, operation: Any, mode: GenerationMode
) -> None:
    described = _DESCRIBED[operation.method, operation.path]
    tried, talking = list[int](), Talking(lived_in)

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=_ANY,
    )
    @given(case=described.as_strategy(generation_mode=mode), real=st.booleans())
    def ask(case: Any, real: bool) -> None:
        if real:
            _name_what_is_there(case, talking)
        if int_of(case, "latency_ms") > _MOST_LATENCY_MS:
            case.query["latency_ms"] = _MOST_LATENCY_MS  # only the time would be another
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1:8080")
        found = _sent(lived_in, sent)
        tried.append(found.status)
        _expect_our_own_words(found)
        assert str(found.status) in described.definition.raw["responses"]

    ask()
    print(f" {operation.id}: {len(tried)} requests, {sorted(set(tried))}")
    assert tried


@define
class Talking:
    """A customer's session that the bot has, or that is handed over; a new one where the last moved on."""

    house: House
    session: str | None = None

    def of(self, operation: str) -> str:
        """Return the session for a request of *operation*."""
        if self.session is None or not self._acting.get(self.session).may_speak():
            self._begin()
        if operation in _HANDED_OVER:
            self.house.post(f"/v1/sessions/{self.session}/escalate")
        return self.session or ""

    @property
    def _acting(self) -> ActingSessions:
        return self.house.core.acting_as("user:mina", reason="CHG-4").sessions

    def _begin(self) -> None:
        if self.session is not None:
            self.house.post(f"/v1/sessions/{self.session}/close", {"resolution": "resolved"})
        self.session = self.house.post("/v1/sessions", START).json["id"]


def int_of(case: Any, name: str) -> int:
    """Return a parameter that is a number, else 0."""
    said = str(dict[str, object](case.query or {}).get(name))
    return int(said) if said.isascii() and said.isdecimal() else 0


def _name_what_is_there(case: Any, talking: Talking) -> None:
    """Else nearly everything that is made would be refused as unknown."""
    if "name" in (case.path_parameters or {}):
        case.path_parameters = {"name": NAME}
    if "session" in (case.path_parameters or {}):
        case.path_parameters = {"session": talking.of(case.operation.definition.raw["operationId"])}
    if isinstance(case.body, dict):
        case.body |= {key: _THERE[key] for key in _THERE if key in case.body}


def _sent(house: House, sent: dict[str, Any]) -> Answered:
    """Send what the generator made, through the same preparation that it would have had."""
    prepared = requests.Request(
        **{key: value for key, value in sent.items() if key not in ("timeout", "verify")}
    ).prepare()
    body: Any = prepared.body or b""
    raw: bytes = body.encode() if isinstance(body, str) else body
    given_: Any = prepared.headers
    headers = {
        name.lower().replace("-", "_"): value.decode("latin-1") if isinstance(value, bytes) else value
        for name, value in dict(given_).items()
    }
    headers.pop("content_length", None)
    path = prepared.path_url
    where, mark, query = path.partition("?")
    decoded = unquote_to_bytes(where).decode("latin-1")
    return house.ask(prepared.method or "GET", f"{decoded.replace('?', '%3F')}{mark}{query}", raw, headers)


@settings(max_examples=EXAMPLES * 10, suppress_health_check=_ANY)
@given(
    operation=st.sampled_from(OPERATIONS),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", ""]),
    name=st.sampled_from([NAME]) | _ODD,
    query=_ODD,
    body=st.binary(max_size=200) | st.from_regex(r'\{"[a-z]+": ?["{\[0-9nt].{0,40}\}').map(str.encode),
    headers=st.dictionaries(st.sampled_from(_HEADERS), _ODD, max_size=4),
    honest=st.booleans(),
)
def test_no_request_at_all_breaks_it(
    house_of_all: House,
    *,
    operation: Any,
    method: str,
    name: str,
    query: str,
    body: bytes,
    headers: dict[str, str],
    honest: bool,
) -> None:
    path = re.sub(r"\{\w+\}", lambda _: name.replace("?", ""), operation.path)
    way = operation.method if honest else method
    given_ = {"content_type": "application/json", **headers} if honest else headers
    _expect_our_own_words(house_of_all.ask(way, f"{path}?{query}", body, given_))


@pytest.fixture(scope="module")
def house_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    platform = Platform(clock=SystemClock(), limits=None)
    with opened(tmp_path_factory.mktemp("service"), Parts(send=platform.send, dial=platform.dial)) as core:
        published(core, "1.0.0", "1.1.0")
        yield House(core, given=Given(simulated=platform.send))
