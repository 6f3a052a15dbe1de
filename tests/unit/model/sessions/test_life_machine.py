"""A session against a model of it: any moves in any order, at any times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from jackfield.domain.model.errors import Conflict
from jackfield.domain.model.sessions import life
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.policy import Act
from jackfield.domain.model.sessions.signals import Turn
from jackfield.domain.model.sessions.standings import Standing
from jackfield.domain.model.sessions.thresholds import Thresholds
from tests.unit.model.sessions.lives import START, reserved
from tests.unit.model.sessions.turns import QUIET, TURNS

MACHINE = settings(max_examples=60, stateful_step_count=25)


class Life(RuleBasedStateMachine):
    """The model: a place ("bot", "queue", …), who was told what, and how many turns there were."""

    def __init__(self) -> None:
        super().__init__()
        self.session = reserved()
        self.now = START
        self.place = "reserved"
        self.turns = 0
        self.handoffs = 0
        self.told = 0

    def attempt(self, places: dict[str, str], call: Callable[[], Session]) -> None:
        """Do what the model allows; what it does not allow is a conflict and changes nothing."""
        if self.place in places:
            self.session = call()
            self.place = places[self.place]
        else:
            before = self.session
            with pytest.raises(Conflict, match=str(before.standing)):
                call()
            assert self.session is before

    @rule(seconds=st.integers(-5, 3_600))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def confirm(self) -> None:
        self.attempt({"reserved": "bot"}, lambda: life.confirmed(self.session, "conv", now=self.now))

    @rule()
    def overflow(self) -> None:
        self.handoffs += self.place == "reserved"
        self.told += self.place == "reserved"
        self.attempt(
            {"reserved": "queue"},
            lambda: life.overflowed(self.session, "conv", "queue", handoff="h", now=self.now),
        )

    @rule()
    def release(self) -> None:
        self.attempt({"reserved": "gone"}, lambda: life.released(self.session, now=self.now))

    @rule(turn=TURNS | QUIET)
    def turn(self, turn: Turn) -> None:
        def take() -> Session:
            session, decision = life.turned(self.session, Thresholds(), turn, handoff="h", now=self.now)
            assert decision.act is not Act.SILENT
            self.turns += 1
            if decision.act is Act.ESCALATE:
                self.handoffs, self.told = self.handoffs + 1, self.told + 1
                leads["bot"] = "queue"
            return session

        leads = {"bot": "bot"}
        self.attempt(leads, take)

    @rule()
    def escalate(self) -> None:
        self.handoffs += self.place == "bot"
        self.told += self.place == "bot"
        self.attempt({"bot": "queue"}, lambda: life.escalated(self.session, handoff="h", now=self.now))

    @rule()
    def accept(self) -> None:
        self.attempt({"queue": "people"}, lambda: life.accepted(self.session, now=self.now))

    @rule()
    def refuse(self) -> None:
        self.attempt({"queue": "bot"}, lambda: life.turned_down(self.session, now=self.now))

    @rule()
    def hand_back(self) -> None:
        self.attempt({"people": "bot"}, lambda: life.returned(self.session, now=self.now))

    @rule(resolution=st.sampled_from(Resolution), late=st.booleans())
    def close(self, resolution: Resolution, late: bool) -> None:
        if late or self.turns > 5:
            self.attempt(
                {"bot": "closing", "queue": "closing", "people": "closing"},
                lambda: life.closed(self.session, resolution, now=self.now),
            )

    @rule(reason=st.sampled_from(EndReason), late=st.booleans())
    def end(self, reason: EndReason, late: bool) -> None:
        if late or self.turns > 5:
            self.attempt(
                dict.fromkeys(("bot", "queue", "people", "closing"), "over"),
                lambda: life.ended(self.session, reason, now=self.now),
            )

    @invariant()
    def agrees_with_the_model(self) -> None:
        standings = {
            "reserved": Standing.RESERVED,
            "bot": Standing.ACTIVE,
            "queue": Standing.HANDING_OVER,
            "people": Standing.WITH_PEOPLE,
            "closing": Standing.CLOSING,
            "over": Standing.CLOSED,
            "gone": Standing.RELEASED,
        }
        assert self.session.standing is standings[self.place]
        assert (self.session.turns, len(self.session.handoffs)) == (self.turns, self.handoffs)
        assert self.told == self.handoffs
        assert self.session.watch.handoffs == self.handoffs

    @invariant()
    def is_sound(self) -> None:
        session = self.session
        assert session.bot_may_speak is (self.place == "bot")
        if self.place in {"bot", "queue", "people"}:
            assert session.watch.with_people is (self.place != "bot")
        assert (session.end is not None) is (self.place == "over")
        assert session.since >= session.started
        if session.end and session.closing:
            assert session.end.recorded >= session.closing.accepted


Life.TestCase.settings = MACHINE
TestLife = Life.TestCase
