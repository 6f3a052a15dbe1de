"""The built-in plugin `crm` in a core, to a CRM on a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote

import pytest
from loguru import logger

from jackfield.domain.model.deliveries.verdicts import Delivered
from jackfield.domain.services.deliveries import Stand
from jackfield.entrypoints.core import Core
from jackfield.plugins.destinations import GuardedDestination
from jackfield.ports.previews import PlannedCall
from jackfield.testing import FrozenClock, OpenCore, deliver_all
from tests.plugins.ended import CONVERSATION, PAYLOAD, SESSION, Crm, crm_served, ended, kept

LONG = timedelta(hours=1)


@pytest.fixture
def crm() -> Iterator[Crm]:
    with crm_served() as found:
        yield found


def _core(open_core: OpenCore, crm: Crm, **more: Any) -> Core:
    table = {
        "url": f"{crm.url}/cases/{{conversation}}",
        "method": "PATCH",
        "token_env": "TOKEN",
        "fields": {"Status__c": "{resolution}", "Messages__c": "{messages}"},
        "idempotency_header": "Idempotency-Key",
        **more,
    }
    core = open_core(settings={"crm": table}, environ={"TOKEN": "canary-token"})
    kept(core.audit.ledger, core.audit.organization, SESSION)
    return core


def test_a_session_that_is_over_reaches_the_crm(open_core: OpenCore, crm: Crm) -> None:
    core = _core(open_core, crm)
    core.deliveries.run(LONG)
    (heard,) = crm.heard
    assert heard.line == f"PATCH /cases/{CONVERSATION} HTTP/1.1"
    assert heard.body == b'{"Status__c":"escalated","Messages__c":4}'
    assert heard.headers["Authorization"] == "Bearer canary-token"
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.headers["Idempotency-Key"] == f"{SESSION}-2"
    assert [each.stand for each in core.deliveries.status()] == [Stand.CURRENT]


def test_it_comes_again_with_the_same_key_until_the_crm_has_it(
    open_core: OpenCore, crm: Crm, clock: FrozenClock
) -> None:
    crm.answers = [(503, {}), (401, {}), (429, {"Retry-After": "90"})]
    core = _core(open_core, crm)
    before = clock.now()
    assert [each.stand for each in deliver_all(core.deliveries, clock)] == [Stand.CURRENT]
    assert {(each.headers["Idempotency-Key"], each.body) for each in crm.heard} == {
        (f"{SESSION}-2", b'{"Status__c":"escalated","Messages__c":4}')
    }
    assert (len(crm.heard), clock.now() - before > timedelta(seconds=90)) == (4, True)


def test_what_the_crm_refuses_is_a_dead_letter_with_the_status_alone(open_core: OpenCore, crm: Crm) -> None:
    crm.answers = [(404, {})]
    core = _core(open_core, crm)
    lines = list[str]()
    sink = logger.add(lines.append, level="TRACE", format="{message} {extra}")
    logger.enable("jackfield")
    core.deliveries.run(LONG)
    logger.disable("jackfield")
    logger.remove(sink)
    (found,) = core.deliveries.status()
    assert [each.trouble for each in found.dead] == ["the CRM answered 404"]
    assert "canary" not in "".join([*lines, repr(found), repr(list(core.audit.entries()))])


def test_the_dry_run_shows_the_call_that_is_made(open_core: OpenCore, crm: Crm) -> None:
    core = _core(open_core, crm)
    (entry,) = (each for each in core.audit.entries() if each.event.type == "session.end")
    (guarded,) = core.deliveries.destinations()
    assert isinstance(guarded, GuardedDestination)
    preview = guarded.preview(entry)
    assert crm.heard == []
    core.deliveries.run(LONG)
    (heard,) = crm.heard
    assert isinstance(preview, PlannedCall)
    assert heard.line == f"{preview.method} {preview.url.removeprefix(crm.url)} HTTP/1.1"
    assert json.loads(heard.body) == json.loads(preview.body)
    assert {**preview.headers, "Authorization": "Bearer canary-token"}.items() <= heard.headers.items()
    assert "canary" not in repr(preview)


NASTY: Final = ("a/../../b", "..%2f..", "%2e%2e", "x?y#z", "a b+c", "//evil.example/", "…/日本", "a\r\nX: 1")


@pytest.mark.parametrize("conversation", NASTY)
def test_an_odd_id_is_one_segment_on_the_wire(open_core: OpenCore, crm: Crm, conversation: str) -> None:
    core = _core(open_core, crm)
    (guarded,) = core.deliveries.destinations()
    assert guarded.deliver(ended({**PAYLOAD, "conversation": conversation})) == Delivered()
    method, path, version = crm.heard[0].line.split(" ")
    assert (method, version, path.count("/")) == ("PATCH", "HTTP/1.1", 2)
    assert unquote(path.removeprefix("/cases/")) == conversation


def test_a_redirect_is_not_followed(open_core: OpenCore, crm: Crm) -> None:
    crm.answers = [(307, {"Location": f"{crm.url}/elsewhere"})]
    core = _core(open_core, crm)
    core.deliveries.run(LONG)
    assert len(crm.heard) == 1
    assert core.deliveries.status()[0].waiting[0].trouble.startswith("the receiver answered 307")
