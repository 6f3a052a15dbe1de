"""The fourth tutorial, virtual agent sessions, step by step with our own verbs, over HTTP both ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from threading import Semaphore
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from attrs import define, field

import jackfield
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Faults, NoticeRules, Platform, SimulatorServer
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.sessions.acting import ActingSessions
from jackfield.domain.services.sessions.asked.values import Received
from jackfield.domain.services.sessions.handle import ActingSession
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.receiver import listening
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.values import SessionTable

BOT: Final = "bot-id-123"
SECRET: Final = "webhook-secret"
ATTRIBUTES: Final = {"customer_segment": "premium", "order_id": "ORD-998877"}
CONVERSATIONS: Final = "/api/v2/conversations"
WEBHOOKS: Final = "/api/v2/integrations/webhooks"
TWICE: Final = NoticeRules(repeats=2)
TABLE: Final[Mapping[str, Any]] = {
    "queue": "human-support-queue",
    "notices": {"secret_env": "WEBHOOK_SECRET"},
    "bots": {
        BOT: {"limit": 5, "title": "Support Bot"},
        "strict": {"id": BOT, "thresholds": {"clarify": False, "sentiment_min": -0.4}},
    },
}


@define
class Crm:
    """The tutorial's endpoint, in front of our core: what came, and what it was answered."""

    core: Core | None = None
    heard: list[Received] = field(factory=list[Received])
    more: Semaphore = field(factory=lambda: Semaphore(0))

    def answer(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        """Answer as `receive` says."""
        assert self.core is not None
        received = self.core.sessions.receive(headers, body)
        self.heard.append(received)
        self.more.release()
        return HTTPStatus(received.status)

    def await_(self, count: int) -> list[Received]:
        """Wait for so many, and take them."""
        for _ in range(count):
            assert self.more.acquire(timeout=20)
        taken, self.heard = self.heard, []
        return taken


@define
class Wire:
    """Real calls, and what was sent."""

    send: RequestsSend = field(factory=RequestsSend)
    requests: list[Request] = field(factory=list[Request])

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return self.send(request)

    def of(self, method: str, path: str) -> list[Any]:
        """Return the bodies that went there."""
        found = [r for r in self.requests if (r.method, urlsplit(r.url).path) == (method, path)]
        return [json.loads(r.body or b"null") for r in found if not r.url.endswith("/oauth/token")]


@define
class SessionManager:
    """The tutorial's program, with our core in the place of its struct."""

    core: Core
    platform: Platform
    faults: Faults
    clock: FrozenClock
    wire: Wire
    crm: Crm
    url: str

    @property
    def sessions(self) -> ActingSessions:
        return self.core.acting_as("session-manager", reason="tutorial 003").sessions

    def start(self, **options: Any) -> ActingSession:
        """Start the tutorial's session."""
        usual: dict[str, Any] = {"bot": BOT, "customer": "user-456", "attributes": ATTRIBUTES}
        return self.sessions.start(**{**usual, **options})


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[SessionManager]:
    clock, crm, wire, faults = FrozenClock(), Crm(), Wire(), Faults()
    platform = Platform(clock=clock, notices=TWICE)
    with listening(crm) as url, SimulatorServer(platform, faults=faults, deliver_to=("127.0.0.1",)) as server:
        settings = Settings(
            target="t3",
            platform="simulator",
            organization=organization("t3"),
            folder=tmp_path / "state" / "t3",
            base_url=server.url,
            sessions=SessionTable(table=TABLE, environ={"WEBHOOK_SECRET": SECRET}),
        )
        with build(settings, Parts(clock=clock, send=wire, jitter=lambda: 0.5)) as core:
            crm.core = core
            yield SessionManager(core, platform, faults, clock, wire, crm, url)
    wire.send.close()


def test_the_fourth_tutorial(manager: SessionManager) -> None:
    authentication(manager)
    step_1_session_payload_construction_and_validation(manager)
    step_2_atomic_post_operations_and_fallback_routing(manager)
    step_3_intent_confidence_and_sentiment_validation(manager)
    step_4_webhook_configuration_and_termination_synchronization(manager)
    step_5_metrics_tracking_and_audit_log_generation(manager)
    common_errors(manager)


def authentication(manager: SessionManager) -> None:
    """A token is got with the first call, and kept for the next."""
    manager.start().close("resolved")
    manager.start().close("resolved")
    assert sum(r.url.endswith("/oauth/token") for r in manager.wire.requests) == 1


def step_1_session_payload_construction_and_validation(manager: SessionManager) -> None:
    """What does not fit is refused before anything is sent; the sixth session of five is, too."""
    session, *others = (manager.start() for _ in range(5))
    (*_, sent) = manager.wire.of("POST", CONVERSATIONS)
    assert (sent["to"], sent["from"], sent["type"]) == (
        [{"id": BOT, "name": "Support Bot"}],
        {"id": "user-456"},
        "chat",
    )
    assert {key: sent["attributes"][key] for key in ATTRIBUTES} == ATTRIBUTES
    before = len(manager.wire.of("POST", CONVERSATIONS))
    refused(jackfield.InvalidInput, "of at most 40,960; the largest", lambda: large(manager))
    refused(jackfield.InvalidInput, "not all of them are JSON", lambda: odd(manager))
    refused(jackfield.InvalidInput, "it is empty", lambda: manager.start(customer=" "))
    refused(jackfield.BotFull, "it has 5 sessions, as many as it may", manager.start)
    assert len(manager.wire.of("POST", CONVERSATIONS)) == before
    session.close("resolved")
    for each in (manager.start(), *others):
        each.close("resolved")


def large(manager: SessionManager) -> ActingSession:
    return manager.start(attributes={"history": "x" * 40_960})


def odd(manager: SessionManager) -> ActingSession:
    return manager.start(attributes={"score": float("nan"), "when": object()})


def step_2_atomic_post_operations_and_fallback_routing(manager: SessionManager) -> None:
    """One POST a session, whatever becomes of its answer; the fallback is one update, with the context."""
    before = len(manager.wire.of("POST", CONVERSATIONS))
    manager.faults.next("POST", CONVERSATIONS, "drop-after")
    session = manager.start()
    conversation = session.view().conversation
    assert (session.view().standing, len(manager.wire.of("POST", CONVERSATIONS))) == (
        Standing.ACTIVE,
        before + 1,
    )
    handed = session.escalate("the shop is on fire", summary="He smells smoke.")
    assert (handed.routed, handed.handoff.queue) == (True, "human-support-queue")
    (routed,) = manager.wire.of("PATCH", f"{CONVERSATIONS}/{conversation}")
    assert routed["routing"] == {"queueId": "human-support-queue"}
    assert routed["attributes"]["jackfield.handoff.summary"] == "He smells smoke."
    assert {key: routed["attributes"][key] for key in ATTRIBUTES} == ATTRIBUTES
    session.close("escalated")


def step_3_intent_confidence_and_sentiment_validation(manager: SessionManager) -> None:
    """The tutorial's rule is one of the policy's: below confidence or mood people take over."""
    session = manager.start()
    going = session.turn("I want to cancel my recent order")
    assert isinstance(going, jackfield.Proceed)
    assert (going.decision.signals.turn.intent, going.decision.findings) == ("cancel_order", ())
    assert isinstance(session.turn("zibble zabble"), jackfield.Clarify)
    strict = manager.start(bot="strict")
    unclear = strict.turn("zibble zabble")
    assert isinstance(unclear, jackfield.Escalated)
    (found,) = unclear.handoff.findings
    assert (found.reason, found.limit) == ("confidence", 0.6)
    angry = manager.start(bot="strict").turn("This is terrible, I am furious, cancel my order!")
    assert isinstance(angry, jackfield.Escalated)
    assert angry.handoff.reason == "sentiment"
    refused(jackfield.Conflict, "waits for people", lambda: strict.turn("Are you there?"))
    refused(jackfield.InvalidInput, "text", lambda: session.turn("  "))


def step_4_webhook_configuration_and_termination_synchronization(manager: SessionManager) -> None:
    """One webhook, however often it is registered; each end is heard once, a forged one not at all."""
    first, again = (manager.sessions.register_notices(manager.url) for _ in range(2))
    assert (first, again.current) == (again, True)
    (registered,) = manager.wire.of("POST", WEBHOOKS)
    assert {**registered, "name": ""} == {
        "name": "",
        "url": manager.url,
        "events": ["conversation:ended"],
        "secret": SECRET,
    }
    session = manager.start()
    session.turn("where is my order?")
    conversation = session.view().conversation or ""
    manager.clock.advance(timedelta(minutes=3))
    manager.platform.end(conversation, "resolved")
    heard = manager.crm.await_(2)
    assert heard == [jackfield.Accepted(session.id), jackfield.Repeat(session.id)]
    end = session.view().end
    assert end is not None
    assert (end.resolution, end.at - session.view().started) == ("resolved", timedelta(minutes=3))
    forged = manager.core.sessions.receive({"webhook-id": "1"}, b'{"state":"closed"}')
    assert isinstance(forged, jackfield.Forged)


def step_5_metrics_tracking_and_audit_log_generation(manager: SessionManager) -> None:
    """What we counted is what the platform knows; the log has every session, and holds."""
    report = manager.core.sessions.report().whole
    rows = list(manager.core.sessions.resolutions())
    ours = [view for view in manager.core.sessions.list() if view.standing is Standing.CLOSED]
    assert report.sessions == len(ours) == len(rows)
    assert report.resolution_rate == sum(v.end.resolution == "resolved" for v in ours if v.end) / len(ours)
    assert {row.conversation for row in rows} == {view.conversation for view in ours}
    explained = manager.core.sessions.explain(ours[0].id, jackfield.Thresholds(max_turns=1))
    assert [turn.decision and turn.decision.act for turn in explained.turns] == ["proceed"]
    assert manager.core.audit.verify().entries == len(manager.core.audit.last(10_000))


def common_errors(manager: SessionManager) -> None:
    """401 is renewed once, 403 names the scope, 429 is waited for, 500 opens no second conversation."""
    play = manager.faults.next
    play("POST", CONVERSATIONS, "401")
    manager.start().close("resolved")
    play("POST", CONVERSATIONS, "429", seconds=7)
    before = manager.clock.monotonic()
    manager.start().close("resolved")
    assert manager.clock.monotonic() - before >= 7
    active = manager.platform.snapshot()["conversations"]["active"]
    play("POST", CONVERSATIONS, "500")
    made = len(manager.wire.of("POST", CONVERSATIONS))
    refused(jackfield.OutcomeUnknown, "failed with 500", manager.start)
    assert len(manager.wire.of("POST", CONVERSATIONS)) == made + 1
    assert manager.platform.snapshot()["conversations"]["active"] == active
    manager.clock.advance(timedelta(minutes=2))
    assert manager.core.sessions.recover().settled == {Standing.RESERVED: 1}
    manager.platform.revoke_tokens()
    manager.platform.grant("jackfield", ["analytics:conversation:view"])
    refused(jackfield.PermissionDenied, "conversations:write", lambda: manager.start(bot="strict"))


def refused(kind: type[Exception], message: str, ask: Callable[[], object]) -> None:
    with pytest.raises(kind, match=message):
        ask()
