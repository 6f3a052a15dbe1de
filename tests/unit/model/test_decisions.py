"""Choosing a version: forced, pinned, in a rollout, or live; and why, in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.assignment import Arm, Split
from jackfield.domain.model.decisions import Candidate, Choice, Reason, Route, choose
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.freshness import Freshness, Source
from jackfield.domain.model.pins import PinFault, Seal
from jackfield.domain.model.subjects import Organization

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEAL = Seal(organization=Organization("acme"), current=b"k" * 32)
IN, OUT = "customer-1", "customer-2"
"""Buckets 2057 and 5391."""


def split(share: int = 2_500, holdout: int = 0) -> Split:
    return Split(rollout="r-2026-11", salt="pepper", share=share, holdout=holdout)


ROUTE = Route(
    prompt="refund",
    live="1.0.0",
    candidate=Candidate(version="2.0.0", split=split(), step=1),
    age=timedelta(seconds=3),
)
QUIET = evolve(ROUTE, candidate=None)


def chosen(
    unit: str = IN, *, route: Route = ROUTE, pin: str | None = None, force: str | None = None
) -> Choice:
    return choose(route, unit, now=NOON, seal=SEAL, pin=pin, force=force)


HELD = chosen(
    IN, route=evolve(ROUTE, candidate=Candidate(version="2.0.0", split=split(holdout=7_500), step=1))
)


def test_a_unit_below_the_share_gets_the_candidate() -> None:
    decision = chosen(IN)
    assert (decision.version, decision.reason, decision.arm) == ("2.0.0", Reason.IN_ROLLOUT, Arm.TREATMENT)


def test_a_unit_above_the_share_gets_what_is_live_and_is_compared_with() -> None:
    decision = chosen(OUT)
    assert (decision.version, decision.reason, decision.arm) == ("1.0.0", Reason.IN_ROLLOUT, Arm.CONTROL)


def test_a_unit_that_is_held_out_gets_what_is_live_and_is_not_compared() -> None:
    assert (HELD.version, HELD.reason, HELD.arm) == ("1.0.0", Reason.HOLDOUT, None)


def test_without_a_rollout_everybody_gets_what_is_live() -> None:
    decision = chosen(route=QUIET)
    assert (decision.version, decision.reason, decision.arm) == ("1.0.0", Reason.DEFAULT, None)


def test_a_forced_version_wins_over_pin_and_rollout_and_is_not_compared() -> None:
    decision = chosen(IN, pin=chosen(OUT).pin, force="9.0.0")
    assert (decision.version, decision.reason, decision.arm) == ("9.0.0", Reason.FORCED, None)


def test_while_nothing_is_known_the_fallback_is_used_and_no_rollout() -> None:
    decision = chosen(IN, route=evolve(ROUTE, fallback=True))
    assert (decision.version, decision.reason, decision.arm) == ("1.0.0", Reason.FALLBACK, None)


def test_a_pin_is_honored_while_nothing_is_known() -> None:
    pinned = chosen(IN, route=evolve(QUIET, fallback=True, live="0.9.0"), pin=chosen(IN).pin)
    assert (pinned.version, pinned.reason) == ("2.0.0", Reason.PINNED)


@pytest.mark.parametrize("unit", [IN, OUT])
@pytest.mark.parametrize("route", [ROUTE, QUIET])
def test_a_conversation_keeps_its_version_whatever_is_promoted(unit: str, route: Route) -> None:
    first = chosen(unit, route=route)
    later = chosen("another unit", route=evolve(QUIET, live="3.0.0"), pin=first.pin)
    assert (later.version, later.arm, later.bucket, later.step, later.unit, later.since) == (
        first.version, first.arm, first.bucket, first.step, first.unit, first.since,
    )  # fmt: skip


def test_a_pinned_choice_hands_the_same_pin_on() -> None:
    pin = chosen(IN).pin
    assert chosen(IN, pin=pin).pin == pin


def test_a_pin_to_a_revoked_version_is_not_honored() -> None:
    decision = chosen(IN, route=evolve(QUIET, revoked=("2.0.0",)), pin=chosen(IN).pin)
    assert (decision.version, decision.ignored) == ("1.0.0", PinFault.REVOKED)


def test_a_revoked_candidate_is_offered_to_nobody() -> None:
    assert chosen(IN, route=evolve(ROUTE, revoked=("2.0.0",))).version == "1.0.0"


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("nonsense", PinFault.UNKNOWN_FORMAT),
        (chosen(IN).pin[:-1] + "_", PinFault.FORGED),
        (chosen(IN, route=evolve(ROUTE, prompt="greeting")).pin, PinFault.OTHER_PROMPT),
    ],
)
def test_a_pin_that_is_ignored_is_said(pin: str, fault: PinFault) -> None:
    decision = chosen(IN, pin=pin)
    assert (decision.reason, decision.ignored) == (Reason.IN_ROLLOUT, fault)
    assert f"the pin was ignored: {fault}" in decision.explain()


@pytest.mark.parametrize(
    ("decision", "line"),
    [
        (chosen(IN), "2.0.0: in rollout; {}, treatment: bucket 2057 is below 2500 (25%); {}"),
        (chosen(OUT), "1.0.0: in rollout; {}, control: bucket 5391 is not below 2500 (25%); {}"),
        (chosen(IN, pin=chosen(IN).pin), "2.0.0: pinned; {}, treatment, bucket 2057; {}"),
        (chosen(OUT, pin="x"), "1.0.0: in rollout; {}, control: bucket 5391 is not below 2500 (25%); {}"
         "; the pin was ignored: unknown format"),
        (HELD, "1.0.0: holdout; {}; {}"),
        (chosen(route=QUIET), "1.0.0: default; {1}"),
        (chosen(force="9.0.0"), "9.0.0: forced; {1}"),
    ],
    ids=["treatment", "control", "pinned", "ignored", "holdout", "default", "forced"],
)  # fmt: skip
def test_a_decision_explains_itself(decision: Choice, line: str) -> None:
    said = line.format("rollout r-2026-11 step 2", "decided by data 3 s old")
    assert decision.explain() == f"refund {said}"


@pytest.mark.parametrize(
    ("freshness", "said"),
    [
        (Freshness.FRESH, "3 s old"),
        (Freshness.STALE, "3 s old (disk, stale)"),
        (Freshness.LAST_KNOWN_GOOD, "3 s old (disk, last known good)"),
    ],
)
def test_a_decision_by_what_is_not_of_now_says_so(freshness: Freshness, said: str) -> None:
    route = evolve(QUIET, source=Source.DISK, freshness=freshness)
    assert chosen(route=route).explain() == f"refund 1.0.0: default; decided by data {said}"


@pytest.mark.parametrize("route", [ROUTE, QUIET, evolve(ROUTE, fallback=True)])
@pytest.mark.parametrize("force", [None, "9.0.0"])
@pytest.mark.parametrize("unit", ["", "\0", "\ud800", "a" * 1_001])
def test_a_bad_unit_is_refused_on_every_way(route: Route, force: str | None, unit: str) -> None:
    with pytest.raises(InvalidInput):
        chosen(unit, route=route, force=force)


@pytest.mark.parametrize("unit", ["", "\0", "\ud800"])
def test_a_bad_unit_is_refused_though_a_pin_would_do(unit: str) -> None:
    with pytest.raises(InvalidInput):
        chosen(unit, pin=chosen(IN).pin)


@given(st.text())
def test_no_pin_raises(pin: str) -> None:
    assert chosen(IN, pin=pin).ignored is not None
