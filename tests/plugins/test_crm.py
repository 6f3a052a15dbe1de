"""What the mappings of the built-in plugin `crm` make of a session, byte for byte."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import pytest
from attrs import define, field

from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery, Gone, Rejected, Retry
from jackfield.domain.model.deliveries.wanting import checked, wanted
from jackfield.domain.model.secrets import Secret
from jackfield.plugins.builtin.crm import Crm
from jackfield.plugins.builtin.crm.plugin import Synced
from jackfield.ports.http import Answer
from jackfield.ports.previews import NoCall, PlannedCall
from tests.plugins.ended import CONVERSATION, PAYLOAD, SESSION, TARGET, ended, planned, settings

SUMMARY: Final = (
    f"Conversation {CONVERSATION} with helpline, "
    r"from 2026-11-21T09:20:00.000000Z to 2026-11-21T09:29:58.500000Z\n"
    r"Ended by AgentRequestedByUser, held by people\n"
    r"Customer messages: 4, hand-offs: 1\nIntent: order_status"
)
SUBJECT: Final = f"Virtual agent session {SESSION}: escalated"
TOKEN: Final = Secret("canary-token")


def test_salesforce_makes_or_changes_a_case_by_its_external_id() -> None:
    assert planned(preset="salesforce", host="acme.my.salesforce.com", token=TOKEN) == PlannedCall(
        method="PATCH",
        url="https://acme.my.salesforce.com/services/data/v60.0/sobjects/Case/ExternalId__c/" + CONVERSATION,
        headers={"Content-Type": "application/json", "Authorization": "********"},
        body=f'{{"Subject":"{SUBJECT}","Origin":"Chat","Description":"{SUMMARY}"}}',
    )


def test_hubspot_makes_or_changes_a_ticket_by_a_property_of_ours() -> None:
    assert planned(preset="hubspot", token=TOKEN) == PlannedCall(
        method="POST",
        url="https://api.hubapi.com/crm/v3/objects/tickets/batch/upsert",
        headers={"Content-Type": "application/json", "Authorization": "********"},
        body=(
            f'{{"inputs":[{{"idProperty":"jackfield_conversation","id":"{CONVERSATION}","properties":'
            f'{{"subject":"{SUBJECT}","content":"{SUMMARY}","hs_pipeline":"0","hs_pipeline_stage":"1"}}}}]}}'
        ),
    )


def test_zendesk_makes_a_ticket_once_a_key() -> None:
    call = planned(preset="zendesk", host="acme.zendesk.com", user="me@acme.example/token", token=TOKEN)
    assert call == PlannedCall(
        method="POST",
        url="https://acme.zendesk.com/api/v2/tickets",
        headers={
            "Content-Type": "application/json",
            "Authorization": "********",
            "Idempotency-Key": "01JD7Q3M",
        },
        body=(
            f'{{"ticket":{{"external_id":"{CONVERSATION}","subject":"{SUBJECT}","comment":'
            f'{{"body":"{SUMMARY}","public":false}},"tags":["virtual_agent","escalated"]}}}}'
        ),
    )


OWN: Final[dict[str, Any]] = {"url": "https://crm.example/s/{session}", "method": "PUT"}


def _body(**fields: Any) -> Any:
    call = planned(**OWN, fields=fields)
    assert isinstance(call, PlannedCall)
    return json.loads(call.body)


def test_a_field_that_is_one_fact_keeps_its_type() -> None:
    found = _body(n="{messages}", v="{versions}", none="{termination_us}", text="{messages} of {versions}")
    assert found == {
        "n": 4,
        "v": ["greeting@2.1.0", "refund@1.2.0"],
        "none": None,
        "text": "4 of greeting@2.1.0, refund@1.2.0",
    }


def test_constants_stay_what_they_are() -> None:
    assert _body(a=1, b=1.5, c=True, d=[1, "{holder}", {"e": ["{bot}"]}], f="{{x}}") == {
        "a": 1,
        "b": 1.5,
        "c": True,
        "d": [1, "people", {"e": ["helpline"]}],
        "f": "{x}",
    }


def test_dots_tables_and_numbers_nest() -> None:
    fields = {"a.b": 1, "a": {"c": {"0": "x"}}, "a.c.1": "y"}
    assert _body(**fields) == {"a": {"b": 1, "c": ["x", "y"]}}


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ({"ticket.priority": "low"}, {"priority": "low"}),
        ({"ticket": {"subject": "{bot}"}}, {"subject": "helpline"}),
        ({"ticket.comment": "none"}, {"comment": "none"}),
        ({"ticket.tags.0": "x"}, {"tags": ["x"]}),
    ],
)
def test_a_preset_is_overridden_field_by_field(own: dict[str, Any], found: dict[str, Any]) -> None:
    whole = planned(preset="zendesk", host="a.zendesk.com")
    call = planned(preset="zendesk", host="a.zendesk.com", fields=own)
    assert isinstance(whole, PlannedCall)
    assert isinstance(call, PlannedCall)
    assert json.loads(call.body) == {"ticket": {**json.loads(whole.body)["ticket"], **found}}


def test_a_preset_s_method_and_url_are_overridden() -> None:
    call = planned(preset="zendesk", url="https://crm.example/{conversation}", method="PUT")
    assert isinstance(call, PlannedCall)
    assert (call.method, call.url) == ("PUT", f"https://crm.example/{CONVERSATION}")


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ({}, True),
        ({"resolutions": ["escalated", "failed"]}, True),
        ({"resolutions": ["resolved"]}, False),
        ({"bots": ["helpline"]}, True),
        ({"bots": ["b-7"]}, True),
        ({"bots": ["other"]}, False),
        ({"bots": ["helpline"], "resolutions": ["resolved"]}, False),
    ],
)
def test_the_settings_say_which_sessions_are_told(when: dict[str, Any], told: bool) -> None:
    assert isinstance(planned(**OWN, fields={"a": 1}, when=when), PlannedCall) is told


@define
class Line:
    """A line to a CRM that answers as it is told."""

    status: int = 200
    headers: dict[str, str] = field(factory=dict[str, str])
    sent: list[dict[str, str]] = field(factory=list[dict[str, str]], repr=False)

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        self.sent.append(dict(headers or {}))
        return Answer(status=self.status, headers=self.headers, body=b"canary of an answer")


def _destination(line: Line, **table: Any) -> Synced:
    whole: dict[str, Any] = {**OWN, "fields": {"a": 1}, **table} if "preset" not in table else table
    (found,) = Crm(settings(**whole)).jackfield_destinations(TARGET, line)
    return found


def test_it_hears_of_ends_alone() -> None:
    found = _destination(Line())
    assert (found.name, found.wants) == ("crm", ("session.end:succeeded",))
    assert wanted(checked(found.wants), ended().event, by=found.name)


LATER: Final = timedelta(seconds=40)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Delivered()),
        (204, Delivered()),
        (302, Retry(reason="the receiver answered 302, and redirects are not followed")),
        (400, Rejected(reason="the receiver answered 400")),
        (401, Retry(reason="the receiver answered 401", after=LATER)),
        (403, Retry(reason="the receiver answered 403", after=LATER)),
        (404, Rejected(reason="the CRM answered 404")),
        (405, Rejected(reason="the CRM answered 405")),
        (408, Retry(reason="the receiver answered 408", after=LATER)),
        (409, Retry(reason="the receiver answered 409", after=LATER)),
        (410, Gone(reason="the receiver answered 410: it is gone")),
        (412, Rejected(reason="the CRM answered 412")),
        (422, Rejected(reason="the receiver answered 422")),
        (429, Retry(reason="the receiver answered 429", after=LATER)),
        (500, Retry(reason="the receiver answered 500", after=LATER)),
        (503, Retry(reason="the receiver answered 503", after=LATER)),
    ],
)
def test_the_status_decides(status: int, verdict: Delivery) -> None:
    assert _destination(Line(status, {"retry-after": "40"})).deliver(ended()) == verdict


@pytest.mark.parametrize("status", [409, 412])
def test_a_crm_may_say_that_it_has_it(status: int) -> None:
    assert _destination(Line(status), taken=[409, 412]).deliver(ended()) == Delivered()


@pytest.mark.parametrize(("preset", "status"), [("salesforce", 300), ("hubspot", 207)])
def test_what_looks_fine_and_is_none_is_refused(preset: str, status: int) -> None:
    url = "https://crm.example/{session}"
    verdict = _destination(Line(status), preset=preset, url=url).deliver(ended())
    assert verdict == Rejected(reason=f"the CRM answered {status}")


def test_an_erased_payload_is_a_dead_letter_that_says_so() -> None:
    line = Line()
    verdict = _destination(line).deliver(ended(None))
    said = "the event's payload was erased: nobody knows any more what to tell"
    assert (verdict, line.sent) == (Rejected(reason=said), [])


def test_a_session_that_is_left_out_counts_as_delivered() -> None:
    line = Line()
    assert _destination(line, when={"bots": ["other"]}).deliver(ended()) == Delivered()
    assert line.sent == []


def test_a_url_that_lacks_a_fact_is_never_called() -> None:
    call = planned(ended({**PAYLOAD, "intent": None}), url="https://crm.example/{intent}", fields={"a": 1})
    assert call == NoCall(why="the URL needs intent, and nobody knows that", refused=True)


def test_secrets_are_sent_and_shown_nowhere() -> None:
    line = Line()
    found = _destination(
        line,
        token=TOKEN,
        headers=[{"name": "X-Key", "secret": Secret("canary-key")}, {"name": "X-Team", "value": "care"}],
    )
    found.deliver(ended())
    assert line.sent == [
        {
            "Content-Type": "application/json",
            "Authorization": "Bearer canary-token",
            "X-Key": "canary-key",
            "X-Team": "care",
        }
    ]
    assert "canary" not in f"{found!r} {found.preview(ended())!r} {found.calls.call_for(ended())!r}"


def test_a_user_and_a_token_are_basic_credentials() -> None:
    line = Line()
    _destination(line, user="me@acme.example/token", token=Secret("t")).deliver(ended())
    assert line.sent[0]["Authorization"] == "Basic bWVAYWNtZS5leGFtcGxlL3Rva2VuOnQ="


def test_the_doctor_is_shown_the_host_alone() -> None:
    found = _destination(Line(), url="https://crm.example/canary/{session}?key=canary")
    assert found.shown == "PUT https://crm.example"


def test_a_dry_run_sends_nothing() -> None:
    line = Line()
    _destination(line).preview(ended())
    assert line.sent == []


def _deliver(found: Synced, verdicts: list[Delivery]) -> None:
    verdicts.extend(found.deliver(ended()) for _ in range(5))


def test_threads_share_it() -> None:
    line = Line()
    found, verdicts = _destination(line), list[Delivery]()
    work = partial(_deliver, found, verdicts)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.close()
    found.close()
    assert (verdicts, len(line.sent)) == ([Delivered()] * 20, 20)


def test_a_try_s_time_is_now() -> None:
    assert datetime.now(UTC) - _destination(Line()).now() < timedelta(minutes=1)
