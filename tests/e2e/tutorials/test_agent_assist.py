"""The fifth tutorial, agent assist, step by step with our own verbs, over HTTP both ways."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from attrs import define, field

import jackfield
from jackfield.adapters.clock import FrozenClock, SystemClock
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Article, Faults, Platform, SimulatorServer
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.records import advice_records
from jackfield.domain.model.errors import AuthenticationFailed, NotFound
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import verify
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.advice import Advised
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.receiver import listening
from jackfield.entrypoints.service.app import Given, application, serving_of
from jackfield.entrypoints.service.running import measured
from jackfield.entrypoints.service.servers.choosing import made
from jackfield.entrypoints.service.servers.listening import Limits, listen, url_of
from jackfield.entrypoints.settings import OwnPlugins, Rules, Settings
from tests.e2e.service.served import PATIENCE_S
from tests.e2e.tutorials.go_clients import recorded

SECRET: Final = Secret("whsec_" + "c2VjcmV0LW9mLXRoZS1mZWVkYmFjay13ZWJob29r")
ASKED: Final = "/api/v2/agentassist/recommendations/query"
QUERY: Final = AdviceQuery(
    conversation="conv-7a41",
    transcript="Customer: I was charged twice this month, and now I cannot log in either.",
    agent="agent-204",
    skills=("billing", "retention"),
    bases=("kb-billing", "kb-security"),
)


@define(eq=False)
class Feedback:
    """The tutorial's endpoint for feedback: what came, and under which ids."""

    bodies: dict[str, bytes] = field(factory=dict[str, bytes])

    def answer(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        """Take it, if it is signed."""
        self.bodies[verify(dict(headers), body, (SECRET,), SystemClock().now())] = body
        return HTTPStatus.OK


@define
class Wire:
    """Real calls, and what was sent."""

    send: RequestsSend = field(factory=RequestsSend)
    requests: list[Request] = field(factory=list[Request])

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return self.send(request)

    def count(self, path: str) -> int:
        """Return how many went there."""
        return sum(each.url.split("?")[0].endswith(path) for each in self.requests)


@define
class Service:
    """The tutorial's program, with our core in the place of its services, and our service of its handlers."""

    core: Core
    platform: Platform
    faults: Faults
    clock: FrozenClock
    wire: Wire
    feedback: Feedback
    url: str

    def post(self, path: str, body: bytes) -> requests.Response:
        """Post to our service, as Go's client does."""
        headers = {"Content-Type": "application/json", "User-Agent": "Go-http-client/1.1"}
        return requests.post(f"{self.url}{path}", data=body, headers=headers, timeout=PATIENCE_S)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("FEEDBACK_SECRET", SECRET.reveal())
    clock, wire, faults = FrozenClock(), Wire(), Faults()
    platform, feedback = Platform(clock=clock), Feedback()
    with listening(feedback) as url, SimulatorServer(platform, faults=faults) as server:
        tables: dict[str, Any] = {"feedback": {"url": url, "secret_env": "FEEDBACK_SECRET"}}
        settings = Settings(
            target="t4",
            platform="simulator",
            organization=organization("t4"),
            folder=tmp_path / "state" / "t4",
            base_url=server.url,
            rules=Rules(plugins=OwnPlugins(only_built_in=True, tables=tables)),
        )
        parts = Parts(clock=clock, send=wire, jitter=lambda: 0.5)
        with build(measured(settings), parts) as core:
            given = Given()
            serving = serving_of(core, given)
            with listen("127.0.0.1", 0) as listener:
                http = made("waitress", application(serving, given), listener, Limits())
                http.start()
                yield Service(core, platform, faults, clock, wire, feedback, url_of(listener))
                http.stop(PATIENCE_S)
    wire.send.close()


def test_the_fifth_tutorial(service: Service) -> None:
    authentication_setup(service)
    step_1_construct_recommendation_query_payloads_and_call_the_api(service)
    step_2_validate_recommendations_against_relevance_and_freshness(service)
    step_3_handle_asynchronous_retrieval_and_ttl_caching(service)
    step_4_synchronize_feedback_track_latency_and_ctr_and_audit(service)
    step_5_expose_the_simulator(service)
    complete_working_example(service)
    common_errors(service)


def authentication_setup(service: Service) -> None:
    """A token is got with the first call, and kept for the next."""
    service.core.advice.query(QUERY)
    service.core.advice.query(AdviceQuery("conv-2", QUERY.transcript, "agent-204"))
    assert service.wire.count("/oauth/token") == 1


def step_1_construct_recommendation_query_payloads_and_call_the_api(service: Service) -> None:
    """What is sent is what the tutorial sends; what does not fit is refused before anything is."""
    sent = next(each for each in service.wire.requests if each.url.endswith(ASKED))
    assert json.loads(sent.body or b"") == {
        "interactionContext": {
            "conversationId": QUERY.conversation,
            "transcript": QUERY.transcript,
            "channel": "chat",
        },
        "agentProfile": {"agentId": QUERY.agent, "skills": list(QUERY.skills)},
        "knowledgeBaseIds": list(QUERY.bases),
    }
    with pytest.raises(jackfield.InvalidInput):
        AdviceQuery("conv-1", "  ", "agent-204")


def step_2_validate_recommendations_against_relevance_and_freshness(service: Service) -> None:
    """Below 0.80 and older than a week is rejected, and says why."""
    articles = [
        Article(id="good", title="Good", content="a", relevance=0.92, published=timedelta(hours=2)),
        Article(id="vague", title="Vague", content="b", relevance=0.79),
        Article(id="old", title="Old", content="c", relevance=0.95, published=timedelta(days=8)),
    ]
    service.platform.knowledge("kb-mixed", articles)
    found = service.core.advice.query(AdviceQuery("conv-3", "anything", "agent-204", bases=("kb-mixed",)))
    assert [each.item.title for each in found.accepted] == ["Good"]
    assert {each.item.title: each.reason for each in found.rejected if each.item} == {
        "Vague": "relevance",
        "Old": "age",
    }


def step_3_handle_asynchronous_retrieval_and_ttl_caching(service: Service) -> None:
    """N who ask the same make one call; it is kept for two minutes; a word more is another question."""
    query, before = AdviceQuery("conv-4", "I was charged twice.", "agent-204"), service.wire.count(ASKED)
    together = threading.Barrier(8)

    def ask(_: int) -> Advised:
        together.wait()
        return service.core.advice.query_async(query).result(timeout=PATIENCE_S)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    pages = service.wire.count(ASKED) - before
    assert {each.accepted for each in answers} == {answers[0].accepted}
    assert service.core.advice.query(query).origin == "cached"
    assert service.wire.count(ASKED) - before == pages
    longer = AdviceQuery("conv-4", "I was charged twice. Twice!", "agent-204")
    assert service.core.advice.query(longer).origin == "fresh"
    service.clock.advance(timedelta(minutes=2, seconds=1))
    assert service.core.advice.query(query).origin == "fresh"


def step_4_synchronize_feedback_track_latency_and_ctr_and_audit(service: Service) -> None:
    """A click is posted once, signed; the rate is of what was displayed; the log has a record of each."""
    advised = service.core.advice.query(QUERY)
    service.core.advice.displayed(advised)
    service.core.advice.feedback(advised.accepted[0], agent="agent-204", action="clicked")
    service.core.advice.flush()
    service.core.deliveries.run(timedelta(seconds=30))
    service.core.deliveries.run(timedelta(seconds=30))
    (posted,) = (json.loads(each) for each in service.feedback.bodies.values())
    assert {**posted, "timestamp": ""} == {
        "recommendationId": advised.accepted[0].item.id,
        "agentId": "agent-204",
        "action": "clicked",
        "timestamp": "",
    }
    service.clock.advance(timedelta(seconds=1))
    report = service.core.advice.report().whole
    assert (report.displayed, report.clicked) == (len(advised.accepted), 1)
    records = [each for entry in service.core.audit.entries() for each in advice_records(entry)]
    ours = [each for each in records if each["conversationId"] == QUERY.conversation]
    assert [each["recommendationCount"] for each in ours] == [2, 2]
    assert QUERY.transcript not in json.dumps(records)


def step_5_expose_the_simulator(service: Service) -> None:
    """The simulator answers without a platform, the same each time, after its latency."""
    body, before, began = recorded(), service.wire.count(ASKED), service.clock.monotonic()
    first, second = (service.post("/simulate/recommendations", body) for _ in range(2))
    assert (first.status_code, first.content == second.content, service.wire.count(ASKED)) == (
        200,
        True,
        before,
    )
    assert {"items"} == set(first.json())
    assert service.clock.monotonic() - began == pytest.approx(0.3)


def complete_working_example(service: Service) -> None:
    """The tutorial's three routes: the list, the metrics by their names, and the statuses."""
    first, second = service.post("/query", recorded()), service.post("/query", recorded())
    assert (first.status_code, first.content == second.content) == (200, True)
    assert second.headers["x-advice-origin"] == "cached"
    names = ["id", "title", "content", "relevanceScore", "publishedDate", "sourceId"]
    assert [list(each) for each in first.json()] == [names, names]
    nothing = recorded().replace(b"I was charged twice this month, and now I cannot log in either.", b"xyzzy")
    statuses = [service.post("/query", body).status_code for body in (nothing, b"{}", b"no json")]
    assert statuses == [404, 400, 400]
    assert requests.get(f"{service.url}/query", timeout=PATIENCE_S).status_code == 405
    service.core.advice.feedback("rec-1", agent="agent-204", action="clicked")
    metrics = requests.get(f"{service.url}/metrics", timeout=PATIENCE_S).text
    assert "agentassist_recommendation_latency_seconds_bucket{" in metrics


def common_errors(service: Service) -> None:
    """401 is renewed once, 429 is waited for, an unknown base is told, and bad credentials end it."""
    service.faults.next("POST", ASKED, "401")
    service.core.advice.query(AdviceQuery("conv-5", QUERY.transcript, "agent-204"))
    service.faults.next("POST", ASKED, "429", seconds=3)
    before = service.clock.monotonic()
    service.core.advice.query(AdviceQuery("conv-6", QUERY.transcript, "agent-204"))
    assert service.clock.monotonic() - before >= 3
    with pytest.raises(NotFound, match="kb-none"):
        service.core.advice.query(AdviceQuery("conv-7", "refund", "agent-204", bases=("kb-none",)))
    service.faults.next("POST", ASKED, "401", times=2)
    with pytest.raises(AuthenticationFailed):
        service.core.advice.query(AdviceQuery("conv-8", QUERY.transcript, "agent-204"))
