"""The story of an agent's screen: the transcript grows, advice follows, a click counts, the cache answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Final, TypeAlias

from attrs import define, evolve, field

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response, Send
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.records import advice_records
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.domain.services.advice import Advised, Origin
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo import advice_heard
from jackfield.entrypoints.demo.advice_heard import Editors
from jackfield.entrypoints.demo.receiver import listening
from jackfield.entrypoints.demo.stage import Stage, settings
from jackfield.entrypoints.plugging.plugged import Plugged

AGENT: Final = "agent-noor"
_BEGAN: Final = datetime(2026, 3, 30, 9, tzinfo=UTC)
_ASKED: Final = "/recommendations/query"
_READING: Final = timedelta(seconds=15)
_SAID: Final = (
    "Hello, I have a question about order PX-7710-25.",
    "I was charged twice for it.",
    "And when do I get my money back?",
)
_MARK: Final = "PX-7710-25"

Through: TypeAlias = Callable[[Send], Send]
"""What stands between the core and the platform."""


def unchanged(send: Send) -> Send:
    """Let calls be as they are."""
    return send


@define(kw_only=True)
class Desk:
    """An agent's desk: the platform, how often it was asked for advice, and whether it can be reached."""

    url: str
    secret: Secret
    clock: FrozenClock = field(factory=lambda: FrozenClock(_BEGAN))
    asked: int = 0
    away: bool = False
    _platform: Platform = field(init=False)
    _numbers: count[int] = field(factory=count, init=False)

    def __attrs_post_init__(self) -> None:
        self._platform = Platform(clock=self.clock)

    @contextmanager
    def core(self, folder: Path, through: Through) -> Generator[Core]:
        """Open a core there, with its state in *folder*."""
        parts = Parts(
            clock=self.clock,
            new_id=self._new_id,
            send=through(self._send),
            jitter=lambda: 0.5,
            bulk=True,
            plugged=Plugged(environ={advice_heard.VARIABLE: self.secret.reveal()}),
        )
        with build(evolve(settings(folder), rules=advice_heard.rules(self.url)), parts) as core:
            yield core

    def _send(self, request: Request) -> Response:
        if self.away:
            raise Unavailable("the platform cannot be reached", place="platform")
        self.asked += request.url.split("?")[0].endswith(_ASKED)
        return self._platform.send(request)

    def _new_id(self) -> str:
        return blake2b(f"advice {next(self._numbers)}".encode(), digest_size=16).hexdigest()


def tell(stage: Stage, folder: Path, through: Through = unchanged, editors: Editors | None = None) -> None:
    """Tell the story in an empty *folder*; *through* may stand before the platform, *editors* hear of it."""
    editors = editors or Editors()
    with listening(editors) as url:
        desk = Desk(url=url, secret=editors.secret)
        with desk.core(folder, through) as core:
            query, advised = _grow(stage, desk, core)
            _click(stage, desk, core, advised)
            _again(stage, desk, core, query)
            _away(stage, desk, core, query)
            advice_heard.tell(stage, core, desk.clock, editors, advised)
            _log(stage, core)


def _grow(stage: Stage, desk: Desk, core: Core) -> tuple[AdviceQuery, Advised]:
    stage.act("A customer writes to Noor. With each message her screen asks what she could say")
    transcript, query, seen = "", _query(_SAID[0]), list[Advised]()
    for text in _SAID:
        stage.say(f"customer   {text}")
        transcript += f"customer: {text}\n"
        query = _query(transcript)
        seen.append(core.advice.query(query))
        stage.say(_shown(seen[-1]))
        desk.clock.advance(_READING)
    first, last = seen[0], seen[-1]
    stage.insist("nothing is advised before there is a question", holds=not first.accepted)
    stage.insist("advice follows the transcript", holds=len(last.accepted) > len(seen[1].accepted) > 0)
    every = all(each.reason and each.detail for advised in seen for each in advised.rejected)
    stage.insist("whatever was rejected says why", holds=every and bool(last.rejected))
    return query, last


def _query(transcript: str) -> AdviceQuery:
    return AdviceQuery(
        conversation="chat-25",
        transcript=transcript,
        agent=AGENT,
        skills=("billing",),
        bases=("kb-billing", "kb-orders"),
    )


def _shown(advised: Advised) -> Iterator[str]:
    if not advised.accepted:
        yield f"           nothing is good enough ({len(advised.rejected)} rejected)"
    for each in advised.accepted:
        marks = "".join((", shown before" * each.shown, f", like {each.like}" if each.like else ""))
        yield f"   {each.position}.      {each.item.title} ({each.item.relevance:.2f}{marks})"
    for other in advised.rejected:
        yield f"   -       {other.item.title if other.item else other.id}: {other.reason}, {other.detail}"


def _click(stage: Stage, desk: Desk, core: Core, advised: Advised) -> None:
    stage.act("She sees it, and opens the first. What was displayed is told too: a rate needs both")
    core.advice.displayed(advised)
    core.advice.feedback(advised.accepted[0], agent=AGENT, action="clicked")
    desk.clock.advance(_READING)
    found = core.advice.report().whole
    stage.say(
        f"displayed {found.displayed}, clicked {found.clicked}: {100 * (found.rate or 0):.0f} %, with so few"
        f" between {100 * (found.low or 0):.0f} and {100 * (found.high or 0):.0f} %"
    )
    counted = (found.displayed, found.clicked, found.unseen)
    stage.insist("the click is counted once", holds=counted == (len(advised.accepted), 1, 0))


def _again(stage: Stage, desk: Desk, core: Core, query: AdviceQuery) -> None:
    stage.act("Her screen is drawn anew, and asks the same. The platform is not asked again")
    before = desk.asked
    advised = core.advice.query(query)
    stage.say(f"{_told(advised)}; {desk.asked - before} calls to the platform")
    stage.say(_shown(advised))
    stage.insist("the cache answers", holds=(advised.origin, desk.asked) == (Origin.CACHED, before))
    stage.insist("what she saw is marked", holds=all(each.shown for each in advised.accepted))
    other = core.advice.query(_query(f"{query.transcript}customer: My card was declined.\n"))
    stage.say(f"another word, and it is another question: {other.origin}")
    stage.insist("another transcript is never answered from the cache", holds=other.origin is Origin.FRESH)


def _told(advised: Advised) -> str:
    return f"{advised.origin}, {advised.age.total_seconds():.0f} s old"


def _away(stage: Stage, desk: Desk, core: Core, query: AdviceQuery) -> None:
    stage.act("Three minutes later the platform is away. What is left is shown, and called stale")
    desk.clock.advance(timedelta(minutes=3))
    desk.away = True
    advised = core.advice.query(query)
    desk.away = False
    stage.say(_told(advised))
    stage.insist("it is called stale", holds=advised.origin is Origin.STALE and bool(advised.accepted))


def _log(stage: Stage, core: Core) -> None:
    stage.act("The log has every answer: who was advised of what, by hashes; and no word of the customer")
    core.advice.flush()
    records = [record for entry in core.audit.entries() for record in advice_records(entry)]
    for record in records:
        count_, took = record["recommendationCount"], record["latencyMs"]
        stage.say(f"{record['agentId']}  {record['conversationId']}  {count_} recommended, {took} ms")
    told = [json.dumps(each.event.payload, default=str) for each in core.audit.entries()]
    stage.insist("each answer is there", holds=len(records) == len(_SAID) + 3)
    stage.insist("no word of the customer is", holds=not any(_MARK in each for each in told))
    core.audit.verify()
    stage.say("the whole log was verified: no change found")
