"""The act of the feedback: a receiver that fails twice hears of everything an agent did, once by id."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.advice.happenings import FEEDBACK
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import verify
from jackfield.domain.services.advice import Advised
from jackfield.domain.services.deliveries import DestinationStatus
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.receiver import new_secret
from jackfield.entrypoints.demo.stage import Stage, StoryUntrue
from jackfield.entrypoints.settings import OwnPlugins, Rules

VARIABLE: Final = "EDITORS_SECRET"
_AWAY: Final = 1
_RESET: Final = 2
_LONG: Final = timedelta(minutes=1)
_MOST_PASSES: Final = 20


@define(eq=False)
class Editors:
    """Those who write the articles: away for the first try, and cut off when they took the second."""

    secret: Secret = field(factory=new_secret)
    tries: Counter[str] = field(factory=Counter[str])
    taken: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])
    repeats: int = 0
    refused: int = 0

    def answer(self, headers: Mapping[str, str], body: bytes) -> HTTPStatus | None:
        """Return the status to answer with; None resets the connection."""
        try:
            identifier = verify(headers, body, [self.secret], datetime.now(UTC))
        except InvalidInput:
            self.refused += 1
            return HTTPStatus.UNAUTHORIZED
        self.tries[identifier] += 1
        number = self.tries.total()
        if number == _AWAY:
            return HTTPStatus.SERVICE_UNAVAILABLE
        self.take(identifier, json.loads(body))
        return None if number == _RESET else HTTPStatus.OK

    def take(self, identifier: str, said: dict[str, Any]) -> None:
        """Keep what the webhook says; one that is known changes nothing."""
        self.repeats += identifier in self.taken
        self.taken.setdefault(identifier, said)


def rules(url: str) -> Rules:
    """Return rules by which feedback is posted to *url*, signed."""
    table = {"url": url, "secret_env": VARIABLE}
    return Rules(plugins=OwnPlugins(only_built_in=True, tables={"feedback": table}))


def tell(stage: Stage, core: Core, clock: FrozenClock, editors: Editors, advised: Advised) -> None:
    """Judge what was *advised*; then deliver all of it, and compare what both sides counted."""
    stage.act("Noor says what helped. Those who write the articles hear of it, though they are away at first")
    for each, action in zip(advised.accepted, ("helpful", "dismissed"), strict=False):
        core.advice.feedback(each, agent=advised.agent, action=action)
    core.advice.flush()
    told = [each.event.id for each in core.audit.entries() if each.event.type == FEEDBACK]
    status = _delivered(core, clock)
    titles = {each.item.id: each.item.title for each in advised.accepted}
    for said in editors.taken.values():
        stage.say(f"received   {said['action']:<9} by {said['agentId']}: {titles[said['recommendationId']]}")
    again = f"{editors.repeats} came again and changed nothing"
    stage.say(
        f"           {len(told)} told, {editors.tries.total()} posted, {len(editors.taken)} ids; {again}"
    )
    for that, holds in _claims(told, editors, status):
        stage.insist(that, holds=holds)


def _delivered(core: Core, clock: FrozenClock) -> DestinationStatus:
    """Run passes, and move the clock to each next try, until nothing waits."""
    for _ in range(_MOST_PASSES):
        core.deliveries.run(_LONG)
        (status,) = core.deliveries.status()
        if status.settled:
            return status
        if status.next_try is not None:
            clock.advance(status.next_try - clock.now())
    raise StoryUntrue(f"something still waits after {_MOST_PASSES} passes", place="feedback")


def _claims(told: Sequence[str], editors: Editors, status: DestinationStatus) -> Iterator[tuple[str, bool]]:
    """Yield what must hold, and whether it does."""
    yield "every webhook was signed as agreed", not editors.refused
    yield "nothing was given up", not status.dead and status.disabled is None
    yield "what failed came again", editors.tries.total() == len(told) + 2 and editors.repeats == 1
    missing = set(told) - set(editors.taken)
    yield f"all {len(told)} were received ({len(missing)} are missing)", not missing
    yield "each was received once by its id, in order", [*editors.taken] == told
