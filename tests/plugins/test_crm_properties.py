"""Whatever a session was called: it stays where the mapping puts it."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from jackfield.adapters.webhooks import targets
from jackfield.plugins.builtin.crm.calls import Calls
from jackfield.plugins.builtin.crm.facts import FACTS
from jackfield.ports.previews import NoCall
from tests.plugins.ended import PAYLOAD, ended, settings

CALLS: Final = Calls.of(
    settings(
        url="https://crm.example/a/{conversation}/b?x={customer}&y=1",
        method="PUT",
        fields={"whole": "{customer}", "part": 'a "{conversation}" \\ {customer}', "list": ["{intent}"]},
        idempotency_header="X-Key",
        headers=[{"name": "X-Team", "value": "care"}],
    )
)
NASTY: Final = st.one_of(
    st.text(max_size=50),
    st.text(alphabet="./\\%?#&=:@{}\"'\r\n\t\0 é日🚀", max_size=20),
    st.sampled_from([".", "..", "%2e%2e", "../..", "//evil.example", "a/../../b", "@evil.example"]),
)


@given(conversation=NASTY, customer=NASTY, intent=NASTY, event=NASTY)
@example(conversation="..", customer="x", intent="", event="1")
@example(conversation="../../Account/1", customer="x&y=2#", intent='"', event="a\r\nX-Evil: 1")
def test_no_fact_leaves_its_place(conversation: str, customer: str, intent: str, event: str) -> None:
    told = {**PAYLOAD, "conversation": conversation, "customer": customer, "intent": intent}
    call = CALLS.call_for(ended(told, event=event))
    if isinstance(call, NoCall):
        assert call.refused
        assert not conversation or not customer or conversation in {".", ".."}
        return
    targets.read(call.url)  # what is called reads it in one way only
    parts = urlsplit(call.url)
    first, second, segment, last = parts.path.split("/")
    assert (parts.netloc, first, second, last, parts.fragment) == ("crm.example", "", "a", "b", "")
    assert unquote(segment) == conversation
    assert segment not in {"", ".", ".."}
    x, y = parts.query.split("&")
    assert (unquote(x.removeprefix("x=")), y) == (customer, "y=1")
    assert json.loads(call.body.encode()) == {
        "whole": customer,
        "part": f'a "{conversation}" \\ {customer}',
        "list": [intent],
    }
    assert "\n" not in call.body
    assert unquote(str(call.headers["X-Key"])) == event
    assert all(str(value).isascii() and str(value).isprintable() for value in call.headers.values())


JSONS: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(told=st.dictionaries(st.sampled_from(FACTS), JSONS))
def test_whatever_is_told_becomes_a_call_or_a_reason(told: dict[str, Any]) -> None:
    calls = Calls.of(settings(url="https://crm.example/{session}", fields={n: f"{{{n}}}" for n in FACTS}))
    call = calls.call_for(ended(told))
    assert not isinstance(call, NoCall)
    found = json.loads(call.body)
    assert {
        name: found[name] for name in told if name not in {"session", "organization", "event", "time"}
    } == {
        name: value
        for name, value in told.items()
        if name not in {"session", "organization", "event", "time"}
    }
