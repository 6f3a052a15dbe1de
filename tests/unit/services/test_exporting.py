"""Exporting around a ledger that fails, and a receiver that gives no answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from attrs import define, evolve, field

from jackfield.adapters.exports.urls import ExportUrl
from jackfield.adapters.testing.lines import When
from jackfield.adapters.testing.shaky import ShakyLedger
from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import (
    InvalidInput,
    JackfieldError,
    NotFound,
    OutcomeUnknown,
    PlatformRejected,
    Unavailable,
)
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.domain.services.prompts.changing.exporting import Exporting
from jackfield.entrypoints.core import Core
from jackfield.ports.exports import ExportTarget
from jackfield.ports.http import Answer
from tests.unit.services.conftest import FIRST, NAME, House


@define
class Receiver:
    """An `Http` that gives an answer, or raises."""

    answer: Answer | Exception = field(factory=lambda: Answer(status=202))
    calls: list[str] = field(factory=list[str])

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        self.calls.append(f"{method} {url}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


DOCUMENT: Mapping[str, JSON] = {"a": 1}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://registry.example/prompts", "https://registry.example/prompts"),
        ("https://ada:word@registry.example:8443/p?key=k#f", "https://registry.example:8443/p"),
        ("https://[2001:db8::1]:8443/p", "https://[2001:db8::1]:8443/p"),
    ],
)
def test_a_url_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert ExportUrl.of(url, Receiver()).shown == shown


@pytest.mark.parametrize(
    "url", ["https://", "https://host:0/", "https://ho st/", "https://host\\x/", "https://[/"]
)
def test_what_is_no_url_is_refused_without_its_text(url: str) -> None:
    with pytest.raises(InvalidInput, match="not usable"):
        ExportUrl.of(url, Receiver())


def test_a_lost_answer_is_unknown_and_not_sent_again() -> None:
    receiver = Receiver(OutcomeUnknown("the connection broke"))
    with pytest.raises(OutcomeUnknown):
        ExportUrl.of("https://registry.example/p", receiver).send(DOCUMENT)
    assert len(receiver.calls) == 1


def test_how_long_to_wait_is_told() -> None:
    receiver = Receiver(Answer(status=429, headers={"retry-after": "7"}))
    with pytest.raises(Exception, match="429") as raised:
        ExportUrl.of("https://registry.example/p", receiver).send(DOCUMENT)
    assert getattr(raised.value, "retry_after", None) == timedelta(seconds=7)


@define
class Target:
    """A place that takes documents, or raises; the ledger fails behind it if it is told to."""

    ledger: ShakyLedger
    failure: JackfieldError | None = None
    breaks: bool = False
    shown: str = "https://registry.example/p"

    def send(self, document: Mapping[str, JSON]) -> None:
        if self.breaks:
            self.ledger.failure = Unavailable("the disk is full")
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def target(two: ActingPrompts) -> Target:
    return Target(ShakyLedger(two.operations.records.ledger))


@pytest.fixture
def exporting(two: ActingPrompts, target: Target) -> Exporting:
    assert two.exports is not None

    def targets(place: str) -> ExportTarget:
        return target

    return Exporting(
        records=evolve(two.operations.records, ledger=target.ledger),
        exports=evolve(two.exports, targets=targets),
        actor=two.actor,
    )


def outcomes(core: Core) -> list[str]:
    return [e.event.outcome.value for e in core.audit.entries() if e.event.type == "prompt.export"]


def test_what_is_live_on_the_platform_is_exported(exporting: Exporting, core: Core) -> None:
    assert exporting.export(NAME, "anywhere").version == "1.0.0"
    assert outcomes(core) == ["intended", "succeeded"]


def test_nothing_is_sent_that_cannot_be_recorded_first(exporting: Exporting, target: Target) -> None:
    exporting.records.known(NAME)
    target.ledger.failure = Unavailable("the disk is full")
    with pytest.raises(Unavailable):
        exporting.export(NAME, "anywhere")


def test_what_was_sent_and_could_not_be_recorded_is_unknown(
    exporting: Exporting, target: Target, core: Core
) -> None:
    target.breaks = True
    with pytest.raises(OutcomeUnknown, match="could not be recorded"):
        exporting.export(NAME, "anywhere")
    assert outcomes(core) == ["intended"]


def test_a_refusal_stays_one_where_it_cannot_be_recorded(exporting: Exporting, target: Target) -> None:
    target.breaks, target.failure = True, PlatformRejected("the receiver answered 404")
    with pytest.raises(PlatformRejected, match="it could not be recorded"):
        exporting.export(NAME, "anywhere")


def test_a_platform_that_is_away_leaves_no_entry(exporting: Exporting, house: House, core: Core) -> None:
    house.line.cut("GET", When.BEFORE, lambda: NotFound("gone"))
    with pytest.raises(NotFound):
        exporting.export(NAME, "anywhere")
    assert outcomes(core) == []


def test_a_change_under_way_is_not_disturbed(exporting: Exporting, two: ActingPrompts, core: Core) -> None:
    before = two.operations.load(NAME).revision
    exporting.export(NAME, "anywhere")
    assert two.operations.load(NAME).revision == before
    assert core.audit.verify().detached == 0


def test_a_prompt_s_entries_hold_its_exports_and_rollouts_in_their_order(
    exporting: Exporting, two: ActingPrompts, core: Core
) -> None:
    exporting.export(NAME, "anywhere")
    rollouts = core.acting_as("mina", reason="CHG-2").rollouts
    rollouts.start(NAME, "1.1.0", shares=("50%", "100%"))
    rollouts.stop(NAME)
    exporting.export(NAME, "anywhere")
    two.publish(evolve(FIRST, name="other"))
    found = tuple(core.audit.entries(prompt=NAME))
    assert [e.event.type for e in found[4:]] == [
        *("prompt.export",) * 2,
        "rollout.start",
        "rollout.stop",
        *("prompt.export",) * 2,
    ]
    assert found == tuple(e for e in core.audit.entries() if e.event.subject.name == NAME)


def test_the_newest_of_a_prompt_are_its_exports_too(exporting: Exporting, core: Core) -> None:
    exporting.export(NAME, "anywhere")
    (newest,) = core.audit.last(1, prompt=NAME)
    assert (newest.event.type, newest.event.outcome.value) == ("prompt.export", "succeeded")


def test_a_prompt_s_erasure_takes_where_it_was_exported_to(exporting: Exporting, core: Core) -> None:
    exporting.export(NAME, "anywhere")
    assert core.auditing_as("dpo", reason="request 118").erase(prompt=NAME) == 6
    assert [e.position for e in core.audit.entries() if e.event.payload is not None] == [7]
    assert core.audit.verify().detached == 6
