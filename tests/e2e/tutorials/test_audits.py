"""What we tell the platform's audit log and a registry is what T1 and T0 say, to the byte, over HTTP."""

from __future__ import annotations

import itertools
import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform, SimulatorServer
from jackfield.domain.model.subjects import organization
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.cli.promotions import promotion_records
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import OwnPlugins, Rules, Settings
from tests.e2e.command.hearing import Receiver, receiving
from tests.e2e.tutorials.test_exports import PROMPT, TARGET

T1: Final = Path(__file__).parent / "goldens" / "t1_genesys_auth_axios.http"
LOG: Final = "/api/v2/users/me/auditlogs"
OURS: Final = ("reason", "auditId", "hash")


@define
class Recording:
    """Real calls, and the bodies that went to the platform's log with the status of each answer."""

    send: RequestsSend = field(factory=RequestsSend)
    logged: list[tuple[bytes, int]] = field(factory=list[tuple[bytes, int]])

    def __call__(self, request: Request) -> Response:
        response = self.send(request)
        if request.url.endswith(LOG):
            self.logged.append((request.body or b"", response.status))
        return response

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What the platform took."""
        return [json.loads(body) for body, status in self.logged if status == 201]


@define
class Story:
    """A core on a platform behind a socket, and its clock."""

    core: Core
    clock: FrozenClock
    line: Recording


def _nowhere(_request: Request) -> Response:
    return Response(status=202)


@contextmanager
def _story(folder: Path, tables: dict[str, dict[str, Any]], *, exports: bool = False) -> Generator[Story]:
    clock, ids, line = FrozenClock(), itertools.count(1), Recording()
    with SimulatorServer(Platform(clock=clock)) as server:
        settings = Settings(
            target="t1",
            platform="simulator",
            organization=organization("t1"),
            folder=folder / "state" / "t1",
            base_url=server.url,
            rules=Rules(plugins=OwnPlugins(tables=tables, source="the test's settings")),
        )
        parts = Parts(
            clock=clock,
            new_id=lambda: f"{next(ids):032x}",
            send=line,
            webhooks=_nowhere if exports else None,
        )
        with build(settings, parts) as core:
            yield Story(core, clock, line)
    line.send.close()


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """The program's prompt, published an hour before the export, by the program's actor."""
    with _story(tmp_path, {"genesys-audit": {}}, exports=True) as story:
        me = story.core.acting_as("automation-service", reason="T1")
        me.prompts.publish(PROMPT)
        story.core.deliveries.run(timedelta(seconds=30))  # exports have an order of their own
        story.clock.advance(timedelta(hours=1))
        me.prompts.export(PROMPT.name, to=TARGET)
        story.core.deliveries.run(timedelta(seconds=30))
        yield story


def _recorded() -> bytes:
    """The body that T1's program sends of its export."""
    _, _, exchange = T1.read_bytes().partition(b"===== the audit entry of the export\n")
    return exchange.partition(b"\n\n")[2].partition(b"\n-----")[0]


def test_an_export_is_logged_as_the_program_logs_it(story: Story) -> None:
    body, status = story.line.logged[-1]
    ours = json.loads(body)
    for key in OURS:  # by these an entry there is found here; the program has no such thing
        ours["details"].pop(key)
    assert status == 201
    assert json.dumps(ours, separators=(",", ":"), ensure_ascii=False).encode() == _recorded()


def test_an_export_s_entry_to_the_byte(story: Story) -> None:
    (entry,) = story.core.audit.last(1, prompt=PROMPT.name)
    assert story.line.logged[-1][0].decode() == (
        '{"action":"EXPORT","promptId":"25ac952c-ddef-4c30-8bc6-a021a05a8143","version":"1.0.0",'
        '"actor":"automation-service","timestamp":"2026-01-01T01:00:00.000Z",'
        '"details":{"targetEndpoint":"http://127.0.0.1:18081/prompts","reason":"T1",'
        f'"auditId":"{entry.event.id}","hash":"{entry.hash}"}},'
        '"platform":"genesys-cloud-llm-gateway","complianceStandard":"ISO27001-AI"}'
    )


def test_the_platform_takes_an_entry_of_every_change(story: Story) -> None:
    prompts = story.core.acting_as("mina", reason="CHG-1").prompts
    prompts.publish(evolve(PROMPT, version="1.1.0", template=f"Kindly. {PROMPT.template}"))
    prompts.promote(prompts.version(PROMPT.name, "1.1.0"))
    prompts.roll_back(PROMPT.name, freeze=True)
    prompts.unfreeze(PROMPT.name)
    story.core.deliveries.run(timedelta(seconds=30))
    assert [e["action"] for e in story.line.entries] == [
        *("CREATE", "EXPORT", "CREATE", "UPDATE", "ROLLBACK", "UPDATE", "UPDATE")
    ]
    assert [status for _, status in story.line.logged] == [201] * 7


def test_an_entry_whose_payload_was_erased_is_taken_too(tmp_path: Path) -> None:
    with _story(tmp_path, {"genesys-audit": {}}) as story:
        story.core.acting_as("mina", reason="CHG-1").prompts.publish(PROMPT)
        story.core.auditing_as("dpo", reason="request 118").erase(prompt=PROMPT.name)
        story.core.deliveries.run(timedelta(seconds=30))
        assert [(e["action"], e["version"]) for e in story.line.entries] == [("CREATE", "erased")]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def registered(tmp_path: Path, receiver: Receiver) -> Iterator[Story]:
    """The program's prompt, published while a registry hears of promotions."""
    with _story(tmp_path, {"registry": {"url": receiver.url}}) as story:
        story.core.acting_as("automation-service", reason="T0").prompts.publish(PROMPT)
        yield story


def _records(core: Core) -> list[Any]:
    entries = tuple(core.audit.entries())
    return promotion_records(core, entries, core.deliveries.fates(entries))


def test_a_registry_hears_the_record_to_the_byte(registered: Story, receiver: Receiver) -> None:
    registered.core.deliveries.run(timedelta(seconds=30))
    ((headers, body),) = receiver.raw
    audit_id = headers["webhook-id"]
    assert body.decode() == (
        '{"timestamp":"2026-01-01T00:00:00.000000Z","templateId":"25ac952c-ddef-4c30-8bc6-a021a05a8143",'
        '"version":"1.0.0","action":"VERSION_PROMOTION","status":"PROMOTED","latencyMs":0,'
        f'"generationSuccessRate":null,"webhookSynced":false,"auditId":"{audit_id}",'
        '"rollbackDirective":false,"estimatedContextTokens":244}'
    )


def test_the_record_says_that_it_is_synchronized_when_it_is_delivered(
    registered: Story, receiver: Receiver
) -> None:
    receiver.status = 503
    registered.core.deliveries.run(timedelta(seconds=30))
    (before,) = _records(registered.core)
    receiver.status = 200
    registered.clock.advance(timedelta(minutes=1))
    registered.core.deliveries.run(timedelta(seconds=30))
    (after,) = _records(registered.core)
    assert (before["webhookSynced"], after["webhookSynced"]) == (False, True)
    assert receiver.heard == [before]
    assert {**before, "webhookSynced": True} == after
    assert list(before) == list(receiver.heard[0])
