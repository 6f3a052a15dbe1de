"""Conversations with bots as documents: how many each bot has, where they are routed, how they end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

import orjson
from attrs import frozen

from jackfield.adapters.simulator.platform.agenda import Agenda
from jackfield.adapters.simulator.platform.answers import Fault, Rejection, conflict
from jackfield.adapters.simulator.platform.bots import Roster
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.conversations import to_ms, to_text
from jackfield.adapters.simulator.platform.identifiers import Identifiers
from jackfield.adapters.simulator.platform.noticing import Ended
from jackfield.adapters.simulator.platform.post import WEBHOOKS, Post
from jackfield.adapters.simulator.store import Document, Transaction

PATH: Final = "/api/v2/conversations"
HELD: Final = "sessions"
LOADS: Final = "session-loads"
ENDS: Final = "session-ends"

ACTIVE: Final = "active"
CLOSED: Final = "closed"
STATES: Final = (ACTIVE, CLOSED)

_CHUNK: Final = 1_000
_MILLISECOND: Final = timedelta(milliseconds=1)


@frozen(kw_only=True)
class Registry:
    """Files conversations; `now` is in milliseconds since 1970.

    A document has `queue` (None: the bot has it), `ended` (None: active) and its `number` among those of the
    bot. A bot's load counts those `begun`, those `active`, and which of these are `routed`.
    """

    state: Transaction
    roster: Roster
    ids: Identifiers
    post: Post
    now: int

    @classmethod
    def of(cls, call: Call) -> Registry:
        """Return the registry as it is at the time of the call: what ends by itself has ended."""
        post = Post(call.state, call.office)
        registry = cls(state=call.state, roster=call.roster, ids=call.ids, post=post, now=to_ms(call.now))
        registry._settle()
        return registry

    def find(self, conversation: str) -> Document | None:
        """Return the conversation's document, if there is one."""
        return self.state.get(HELD, conversation)

    def begin(self, opening: Document) -> Document:
        """File a new conversation; refuse one more than the bot may have."""
        bot, load = opening["bot"], self._load(opening["bot"])
        if opening["queue"] is None:
            self._refuse_over(bot, load)
        held: Document = {
            "id": self.ids.uuid("conversation"),
            "number": load["begun"],
            **opening,
            "at": self.now,
            "ended": None,
            "resolution": None,
        }
        self.state.put(HELD, held["id"], held)
        self.state.put(_active(bot), held["id"], {"id": held["id"]})
        self._count(bot, begun=1, active=1, routed=int(held["queue"] is not None))
        self._plan(held)
        return held

    def change(self, held: Document, changed: Document) -> Document:
        """Replace the document of an active conversation that goes on; refuse it to a bot that is full."""
        before, after = held["queue"], changed["queue"]
        if before is not None and after is None:
            self._refuse_over(held["bot"], self._load(held["bot"]))
        self._count(held["bot"], routed=int(after is not None) - int(before is not None))
        self.state.put(HELD, held["id"], changed)
        return changed

    def end(self, held: Document, resolution: str | None, at: int) -> Document:
        """End an active conversation as of that time, and have the webhooks told."""
        ended = {**held, "ended": at, "resolution": resolution}
        self.state.put(HELD, held["id"], ended)
        self.state.delete(_active(held["bot"]), held["id"])
        self._count(held["bot"], active=-1, routed=-int(held["queue"] is not None))
        if self.state.count(WEBHOOKS):
            told = Ended(
                event=f"evt_{self.ids.uuid('event')}",
                conversation=held["id"],
                body=orjson.dumps(shown(ended)).decode(),
                key=f"{held['bot']}/{held['number']}",
            )
            self.post.announce(told, at)
        return ended

    def active(self, bot: str, first: int, size: int) -> tuple[int, Sequence[Document]]:
        """Return how many active conversations the bot has, and *size* of them from the *first* on."""
        ids = self.state.page(_active(bot), offset=first, limit=size)
        found = (self.find(each["id"]) for each in ids)
        return self.state.count(_active(bot)), [each for each in found if each is not None]

    def read(self, first: int = 0) -> Iterator[tuple[int, Document]]:
        """Give every conversation with its place, in the order in which they began, from a place on."""
        while chunk := self.state.page(HELD, offset=first, limit=_CHUNK):
            yield from enumerate(chunk, start=first)
            first += len(chunk)

    def awaits(self) -> bool:
        """Say whether webhooks will be due, also for conversations that will end by themselves."""
        return self.post.awaits() or (len(self._ends) > 0 and self.state.count(WEBHOOKS) > 0)

    def _settle(self) -> None:
        while (due := self._ends.pop(self.now)) is not None:
            held = self.find(due.what["id"])
            if held is not None and held["ended"] is None:
                self.end(held, due.what["resolution"], due.at)

    def _plan(self, held: Document) -> None:
        """Let the conversation end by itself, if its bot's script says so."""
        how = self.roster.get(held["bot"])
        ending = None if how is None else how.ending(held["from"]["id"], held["number"])
        if ending is not None:
            what = {"id": held["id"], "resolution": ending.resolution}
            self._ends.push(self.now + ending.after // _MILLISECOND, what)

    def _refuse_over(self, bot: str, load: Document) -> None:
        how = self.roster.get(bot)
        if how is not None and how.limit is not None and load["active"] - load["routed"] >= how.limit:
            raise conflict("conversation.limit", "to.id", "the bot has as many conversations as it may")

    def _load(self, bot: str) -> Document:
        return self.state.get(LOADS, bot) or {"begun": 0, "active": 0, "routed": 0}

    def _count(self, bot: str, **more: int) -> None:
        load = self._load(bot)
        self.state.put(LOADS, bot, {**load, **{name: load[name] + each for name, each in more.items()}})

    @property
    def _ends(self) -> Agenda:
        return Agenda(self.state, ENDS)


def shown(held: Document) -> dict[str, Any]:
    """Return the conversation as the platform shows it."""
    routing = {} if held["queue"] is None else {"routing": {"queueId": held["queue"]}}
    return {
        "id": held["id"],
        "type": held["type"],
        "state": state_of(held),
        "to": held["to"],
        "from": held["from"],
        "startTime": to_text(held["at"]),
        "attributes": held["attributes"],
        **routing,
        **_shown_end(held),
        "selfUri": f"{PATH}/{held['id']}",
    }


def state_of(held: Document) -> str:
    """Return the conversation's state as the platform names it."""
    return ACTIVE if held["ended"] is None else CLOSED


def counts(state: Transaction) -> dict[str, int]:
    """Return how many conversations are active, how many of these are routed, and how many are closed."""
    loads = state.page(LOADS, offset=0, limit=state.count(LOADS))
    begun, active, routed = (sum(each[name] for each in loads) for name in ("begun", "active", "routed"))
    return {"active": active, "routed": routed, "closed": begun - active}


def unknown(field: str) -> Rejection:
    """Return the no to a request that names in *field* what is not there."""
    return Rejection("not.found", faults=(Fault("not.found", field),))


def _shown_end(held: Document) -> dict[str, Any]:
    if held["ended"] is None:
        return {}
    return {"endTime": to_text(held["ended"]), "resolutionStatus": held["resolution"]}


def _active(bot: str) -> str:
    """Return the collection of the bot's active conversations."""
    return f"sessions-active/{bot}"
