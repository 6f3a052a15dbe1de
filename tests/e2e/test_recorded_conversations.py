"""Real conversations of customers, led as sessions: what always holds, holds of them too.

They lie beside the project. Each bot is taught the other conversations, and half of the one that it has.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter, defaultdict
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define, field, frozen

import jackfield
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform, SimulatedBot
from jackfield.domain.model.sessions.happenings import HAND_OFF, TURN
from jackfield.domain.model.sessions.policy import Act
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.sessions.asked.values import TurnResult
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Settings
from jackfield.entrypoints.settings.values import SessionTable
from tests.proofs.sizes import sized

DATA: Final = Path(__file__).parents[3] / "shared" / "data"
TALKS: Final = DATA / "abcd" / "abcd_sample.json"
QUESTIONS: Final = DATA / "banking77" / "train.csv"
BOT: Final = "desk"
SESSIONS: Final = sized(40, full=1_500)
POLICIES: Final[Sequence[dict[str, Any]]] = (
    {},
    {"clarify": False},
    {"max_turns": 3, "clarifications": 10, "rejects": 10},
    {"sentiment_min": -0.05, "sentiment_margin": 0.1, "clarifications": 10, "rejects": 10},
    {"confidence_min": 0.0, "confidence_reject": 0.0, "margin_min": 0.0, "sentiment_min": -1.0},
)


@frozen
class Talk:
    """What a customer says, in turns."""

    customer: str
    says: tuple[str, ...]


@define
class Line:
    """A platform, and what it was told of each conversation's queue."""

    platform: Platform
    routed: Counter[str] = field(factory=Counter[str])

    def __call__(self, request: Request) -> Response:
        if request.method == "PATCH" and b'"queueId"' in (request.body or b""):
            self.routed[request.url.rpartition("/")[2]] += 1
        return self.platform.send(request)


@define
class Course:
    """How a session went: what came of each turn, and what it was closed with."""

    session: str
    results: list[TurnResult] = field(factory=list[TurnResult])
    refused: int = 0
    resolution: str = "resolved"

    @property
    def handoffs(self) -> list[jackfield.Escalated]:
        return [each for each in self.results if isinstance(each, jackfield.Escalated)]


@contextmanager
def _desk(folder: Path, bot: SimulatedBot, thresholds: dict[str, Any]) -> Generator[tuple[Core, Line]]:
    clock = FrozenClock()
    line = Line(Platform(clock=clock, bots={BOT: bot}))
    settings = Settings(
        target="talks",
        platform="simulator",
        organization=organization("talks"),
        folder=folder / "state",
        sessions=SessionTable(table={"bots": {BOT: {"thresholds": thresholds}}}),
    )
    with build(settings, Parts(clock=clock, send=line)) as core:
        yield core, line


def _lead(core: Core, talk: Talk) -> Course:
    """Lead a session with every turn of the customer, whoever has it."""
    clock = core.audit.clock
    session = core.acting_as("desk", reason="a real conversation").sessions.start(
        bot=BOT, customer=talk.customer
    )
    course = Course(session.id)
    for text in talk.says:
        clock.sleep(timedelta(seconds=12))
        try:
            course.results.append(session.turn(text))
        except jackfield.Conflict:
            course.refused += 1
    course.resolution = "escalated" if course.handoffs else "resolved"
    session.close(course.resolution)
    return course


def _check(core: Core, line: Line, talks: Sequence[Talk], courses: Sequence[Course]) -> None:
    """Check what must hold of every session, and of all together."""
    for talk, course in zip(talks, courses, strict=True):
        view = core.sessions.get(course.session)
        assert [isinstance(each, jackfield.Escalated) for each in course.results[:-1]].count(True) == 0
        assert len(course.results) + course.refused == len(talk.says)
        assert bool(course.refused) <= bool(course.handoffs)
        assert view.turns == len(course.results)
        assert list(view.handoffs) == [each.handoff.id for each in course.handoffs]
        assert line.routed[view.conversation or ""] == len(course.handoffs)
        _check_replay(core, course)
    _check_log(core, courses)
    _check_report(core, talks, courses)


def _check_replay(core: Core, course: Course) -> None:
    """The log says what the program was told, and deciding it again comes to the same."""
    own = core.sessions.explain(course.session)
    again = core.sessions.explain(course.session, own.thresholds)
    assert [turn.decision for turn in own.turns] == [each.decision for each in course.results]
    assert [turn.would_be for turn in again.turns] == [turn.decision for turn in again.turns]
    assert again.first is None


def _check_log(core: Core, courses: Sequence[Course]) -> None:
    """One turn is one entry; a hand-off has one message, intended and taken once."""
    entries = defaultdict[str, Counter[str]](Counter)
    for entry in core.audit.entries():
        entries[entry.event.subject.name][f"{entry.event.type} {entry.event.outcome}"] += 1
    for course in courses:
        found = entries[course.session]
        handed = (found[f"{HAND_OFF} intended"], found[f"{HAND_OFF} succeeded"])
        assert handed == (len(course.handoffs), len(course.handoffs))
        assert found[f"{TURN} succeeded"] == len(course.results)
    messages = {each.handoff.id: each.handoff.customer_message for c in courses for each in c.handoffs}
    assert len(messages) == sum(len(course.handoffs) for course in courses)
    assert core.audit.verify().entries


def _check_report(core: Core, talks: Sequence[Talk], courses: Sequence[Course]) -> None:
    found = core.sessions.report().whole
    handed = [course for course in courses if course.handoffs]
    spoken = sum(bool(talk.says) for talk in talks)
    reasons = Counter(each.handoff.reason for course in handed for each in course.handoffs)
    assert (found.sessions, found.spoken, dict(found.escalation_reasons)) == (
        len(courses),
        spoken,
        dict(reasons),
    )
    assert found.escalation_rate == len(handed) / len(courses)
    assert found.containment == (len(courses) - len(handed)) / spoken
    assert found.resolution_rate == sum(c.resolution == "resolved" for c in courses) / len(courses)


def _talks() -> dict[str, Talk]:
    """Return the recorded conversations by what they are about; the customer's part of them."""
    if not TALKS.exists():
        pytest.skip("no abcd/abcd_sample.json beside the project")
    found = json.loads(TALKS.read_text(encoding="utf-8"))
    return {
        each["scenario"]["subflow"]: Talk(
            f"customer-{each['convo_id']}",
            tuple(text for speaker, text in each["original"] if speaker == "customer" and text.strip()),
        )
        for each in found
    }


@pytest.mark.parametrize("thresholds", POLICIES, ids=["usual", "tutorial", "short", "touchy", "patient"])
def test_recorded_conversations_are_led_as_sessions(tmp_path: Path, thresholds: dict[str, Any]) -> None:
    talks = _talks()
    for number, (about, talk) in enumerate(talks.items()):
        others = {name: each.says for name, each in talks.items() if name != about}
        bot = SimulatedBot(intents={**others, about: talk.says[: len(talk.says) // 2]})
        with _desk(tmp_path / str(number), bot, thresholds) as (core, line):
            _check(core, line, [talk], [_lead(core, talk)])


def test_policies_differ_on_recorded_conversations(tmp_path: Path) -> None:
    """Control: the policies above do not all come to the same, so what holds is not held by one path."""
    acts = set[tuple[Act, ...]]()
    talks = _talks()
    about, talk = next(iter(talks.items()))
    bot = SimulatedBot(intents={about: talk.says[::2], "other": ("what are your opening hours?",)})
    for number, thresholds in enumerate(POLICIES):
        with _desk(tmp_path / str(number), bot, thresholds) as (core, _):
            course = _lead(core, talk)
            acts.add(tuple(each.decision.act for each in course.results if each.decision))
    assert len(acts) >= 3


def test_real_questions_are_led_as_sessions(tmp_path: Path) -> None:
    """Customers of a bank ask a few questions each of a bot that was taught with others of them."""
    if not QUESTIONS.exists():
        pytest.skip("no banking77/train.csv beside the project")
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    chance = random.Random(2026)
    chance.shuffle(rows)
    taught = defaultdict[str, list[str]](list)
    for text, category in rows[: len(rows) // 2]:
        taught[category].append(text)
    asked = [text for text, _ in rows[len(rows) // 2 :] if text.strip()]
    talks = [
        Talk(f"customer-{number}", tuple(chance.sample(asked, chance.randrange(1, 7))))
        for number in range(SESSIONS)
    ]
    bot = SimulatedBot(intents={name: each[:40] for name, each in taught.items()})
    with _desk(tmp_path, bot, {}) as (core, line):
        courses = [_lead(core, talk) for talk in talks]
        _check(core, line, talks, courses)
    acts = Counter(each.decision.act for c in courses for each in c.results if each.decision)
    assert min(acts[act] for act in (Act.PROCEED, Act.CLARIFY, Act.ESCALATE)) > 0
