"""What `jackfield doctor` says of destinations: how each stands, and what mends it; nobody is called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from jackfield.domain.services.deliveries import DestinationStatus, Stand
from jackfield.entrypoints.doctor.destinations import judged
from jackfield.entrypoints.doctor.findings import State
from tests.e2e.command.conftest import House
from tests.e2e.command.hearing import Receiver, receiving

HOOK = "whsec_Y2FuYXJ5LXNlY3JldA=="
WEBHOOKS = """\
[[plugins.webhooks.endpoints]]
name = "crm"
url = "{url}/canary-path?key=canary"
secret_env = "HOOK"
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def told(house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("HOOK", HOOK)
    house.settings(WEBHOOKS.format(url=receiver.url))
    return house


def _found(house: House) -> list[tuple[str, str, str]]:
    """State, text and remedy of each finding about destinations."""
    done = house("doctor", "--format", "json")
    assert "canary" not in done.all
    return [
        (f["state"], f["found"], f["remedy"]) for f in done.json["findings"] if f["name"] == "destinations"
    ]


def _host(receiver: Receiver) -> str:
    return receiver.url.removesuffix("/hooks")


def test_there_may_be_none(house: House) -> None:
    assert [state for state, *_ in _found(house)] == ["skipped"]


def test_before_anything_was_done_it_says_whom_it_would_tell(told: House, receiver: Receiver) -> None:
    ((state, text, _),) = _found(told)
    assert (state, text) == (
        "ok",
        f"crm ({_host(receiver)}, signed); there is no ledger to ask how far it is",
    )


def test_one_that_has_everything_is_well(told: House, receiver: Receiver) -> None:
    told.publish("1.0.0")
    ((state, text, _),) = _found(told)
    assert (state, text) == ("ok", f"crm ({_host(receiver)}, signed): current, 1 delivered, 0 pending")


def test_no_receiver_is_called(told: House, receiver: Receiver) -> None:
    receiver.status = 503
    told.publish("1.0.0")
    before = receiver.calls
    ((state, text, _),) = _found(told)
    assert (state, receiver.calls) == ("ok", before)
    assert text.endswith("waiting, 0 delivered, 1 pending, the oldest for 0 min (the receiver answered 503)")


def test_dead_letters_are_a_warning_with_its_remedies(told: House, receiver: Receiver) -> None:
    receiver.status = 422
    told.publish("1.0.0")
    ((state, text, remedy),) = _found(told)
    assert (state, "1 dead (the receiver answered 422)" in text) == ("warning", True)
    assert "'jackfield deliveries retry crm'" in remedy
    assert "'jackfield deliveries discard crm'" in remedy


def test_one_that_is_gone_is_a_failure(told: House, receiver: Receiver) -> None:
    receiver.status = 410
    told.publish("1.0.0")
    ((state, text, remedy),) = _found(told)
    assert (state, text.endswith("the receiver answered 410: it is gone")) == ("failed", True)
    assert "'jackfield deliveries retry crm'" in remedy
    assert told("doctor").code == 5


def test_a_secret_that_is_not_there_is_a_failure(told: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK")
    ((state, text, remedy),) = _found(told)
    assert state == "failed"
    assert "plugins.webhooks.endpoints[0].secret_env" in text
    assert remedy == "set that variable"


def test_a_url_that_can_never_be_called_is_a_failure(told: House) -> None:
    told.settings(WEBHOOKS.format(url="https://10.0.0.1"))
    ((state, text, remedy),) = _found(told)
    assert (state, told("doctor").code) == ("failed", 1)
    assert text.endswith("plugins.webhooks.endpoints[0].url: the host's address is not a public one")
    assert "[deliveries] allow" in remedy


def test_a_platform_s_log_has_no_url(house: House) -> None:
    house.settings("[plugins.genesys-audit]\n[plugins.registry]\nurl = 'http://localhost:9/x'\n")
    texts = sorted(text.partition(";")[0] for _, text, _ in _found(house))
    assert texts == ["genesys-audit", "registry (http://localhost:9, not signed)"]


@pytest.mark.parametrize(
    ("age", "state", "told"),
    [
        (None, State.OK, "3 pending"),
        (timedelta(minutes=59), State.OK, "3 pending, the oldest for 59 min"),
        (timedelta(hours=3), State.WARNING, "3 pending, the oldest for 3 h"),
        (timedelta(days=5), State.WARNING, "3 pending, the oldest for 5 days"),
        (timedelta(hours=-1), State.OK, "3 pending, the oldest for 0 min"),
    ],
)
def test_what_nobody_delivers_becomes_a_warning(age: timedelta | None, state: State, told: str) -> None:
    status = DestinationStatus(name="crm", stand=Stand.BEHIND, cursor=0, behind=3, delivered=0)
    found = judged(status, "crm", age)
    assert (found.state, found.found) == (state, f"crm: behind, 0 delivered, {told}")
    assert (found.remedy != "") is (state is State.WARNING)
