"""The stream of answers, §7 of the wire contract: the platform's side of each socket, without the socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, Protocol

from attrs import define

from jackfield.adapters.http import Request
from jackfield.adapters.simulator.platform.answers import Answer, missing
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.desk import Desk
from jackfield.adapters.simulator.platform.frames import (
    HEARTBEAT,
    End,
    Frame,
    Leaving,
    error,
    of_answer,
    read,
)
from jackfield.adapters.simulator.platform.oauth import Bearer
from jackfield.adapters.simulator.store import Document
from jackfield.domain.model.errors import Unavailable

PATH: Final = "/api/v2/conversations"
SWITCHED: Final = 101
TOKEN_EXPIRED: Final = 4401
TOO_LARGE: Final = 1009
INTERNAL_ERROR: Final = 1011
LARGEST_FRAME_BYTES: Final = 65_536

_FROM_THE_START: Final = -1


class Peer(Protocol):
    """The platform's side of one socket; one thread at a time. Times are milliseconds since 1970."""

    def receive(self, text: str, now: int) -> list[Leaving]:
        """Take a text frame; return what is answered at once."""
        ...

    def due(self, now: int) -> list[Leaving]:
        """Return what leaves by now; behind an `End` nothing more does."""
        ...

    def next_due(self) -> int | None:
        """Return when something may leave next, None for never."""
        ...

    def asks(self, now: int) -> bool:
        """Say whether `due` will read the store."""
        ...

    @property
    def expects(self) -> bool:
        """Whether an answer is being sent."""
        ...

    def close(self) -> None:
        """The socket is closed."""
        ...


@define(eq=False)
class _Subscription:
    """An answer that is being sent, and its next frame."""

    answer: Document
    at: int

    @property
    def due(self) -> int:
        """When the next frame leaves."""
        return int(self.answer["at"] + self.answer["times"][self.at])


class Session:
    """One socket: it takes subscriptions, and tells by the time what leaves it.

    Opening one raises the platform's no when its client has too many.
    """

    def __init__(self, desk: Desk, caller: Bearer, now: int) -> None:
        desk.admit(caller)
        self._desk = desk
        self._caller = caller
        self._revision = desk.revision
        self._beat = now + _ms(desk.rules.heartbeat)
        self._expires = int(caller.expires * 1_000)
        self._subscriptions: dict[str, _Subscription] = {}
        self._queue: list[tuple[int, int, _Subscription]] = []
        self._order = count()
        self._open = True

    def receive(self, text: str, now: int) -> list[Leaving]:
        """Take a text frame; return what is answered at once."""
        type_, data = read(text)
        operation = _OPERATIONS.get(type_)
        conversation = data.get("conversationId")
        if not self._open:
            return []
        if len(text.encode(errors="replace")) > LARGEST_FRAME_BYTES:
            return [self._end(TOO_LARGE)]
        if operation is None or not isinstance(conversation, str):
            return [error("bad.request")]
        try:
            refused = operation(self, conversation, data, now)
        except Unavailable:
            return [self._end(INTERNAL_ERROR)]
        return [] if refused is None else [error(refused, conversation)]

    def due(self, now: int) -> list[Leaving]:
        """Return what leaves by now; behind an `End` nothing more does."""
        if not self._open:
            return []
        leaving: list[Leaving] = list(self._pieces(min(now, self._expires)))
        try:
            unknown = self._is_unknown(now)
        except Unavailable:
            return [*leaving, self._end(INTERNAL_ERROR)]
        if unknown:
            return [*leaving, self._end(TOKEN_EXPIRED)]
        if now >= self._beat:
            self._beat = now + _ms(self._desk.rules.heartbeat)
            leaving.append(HEARTBEAT)
        return leaving

    def next_due(self) -> int | None:
        """Return when something may leave next, None for never."""
        if not self._open:
            return None
        return min(self._beat, self._expires, *(entry[0] for entry in self._queue[:1]))

    def asks(self, now: int) -> bool:
        """Say whether `due` will read the store: with each heartbeat, and when tokens were revoked."""
        return now >= self._beat or self._revision != self._desk.revision

    @property
    def expects(self) -> bool:
        """Whether an answer is being sent."""
        return bool(self._subscriptions)

    def close(self) -> None:
        """Hear and say no more; closing twice is fine."""
        if self._open:
            self._open = False
            self._desk.leave(self._caller)

    def subscribe(self, conversation: str, data: Mapping[str, Any], now: int) -> str | None:
        """Send the answer from its start, or behind `afterSequence`; return the code of a refusal."""
        rules = self._desk.rules
        after = data.get("afterSequence") if rules.sequence else None
        after = _FROM_THE_START if after is None else after
        if isinstance(after, bool) or not isinstance(after, int) or after < _FROM_THE_START:
            return "invalid.value"
        if conversation not in self._subscriptions and len(self._subscriptions) >= rules.subscriptions:
            return "too.many.subscriptions"
        answer = self._desk.answer(conversation)
        refused = self._refused(answer, now)
        if answer is not None and refused is None:
            taken = _Subscription(answer, min(after + 1, len(answer["pieces"])))
            self._subscriptions[conversation] = taken
            self._enqueue(taken)
        return refused

    def unsubscribe(self, conversation: str, _data: Mapping[str, Any], _now: int) -> None:
        """Send no more of the answer; it may well be none that is sent."""
        self._subscriptions.pop(conversation, None)

    def _refused(self, answer: Document | None, now: int) -> str | None:
        if answer is None:
            return "not.found"
        if self._desk.rules.private and answer["client"] != self._caller.client:
            return "forbidden"
        ended = answer["at"] + answer["times"][-1]
        return "closed" if now > ended + _ms(self._desk.rules.replay) else None

    def _pieces(self, now: int) -> Iterator[Frame]:
        while self._queue and self._queue[0][0] <= now:
            _, _, sending = heappop(self._queue)
            conversation = sending.answer["id"]
            if self._subscriptions.get(conversation) is not sending:
                continue
            yield of_answer(sending.answer, sending.at, sequence=self._desk.rules.sequence)
            sending.at += 1
            if sending.at <= len(sending.answer["pieces"]):
                self._enqueue(sending)
            else:
                del self._subscriptions[conversation]

    def _end(self, code: int) -> End:
        self.close()
        return End(code)

    def _enqueue(self, sending: _Subscription) -> None:
        heappush(self._queue, (sending.due, next(self._order), sending))

    def _is_unknown(self, now: int) -> bool:
        if now >= self._expires:
            return True
        if not self.asks(now):
            return False
        self._revision = self._desk.revision
        return not self._desk.knows(self._caller)


def accept(call: Call) -> Answer:
    """Let a handshake through; who is let through may still be one too many."""
    if not upgrades(call.headers):
        raise missing()
    return Answer(SWITCHED, None)


def is_handshake(request: Request) -> bool:
    """Say whether the request opens a socket."""
    return upgrades({name.lower(): value for name, value in request.headers.items()})


def upgrades(headers: Mapping[str, str]) -> bool:
    """Say whether a request with these headers, named in lower case, asks for a socket."""
    return headers.get("upgrade", "").lower() == "websocket"


def _ms(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


_Operation = Callable[[Session, str, Mapping[str, Any], int], str | None]
_OPERATIONS: Final[Mapping[str, _Operation]] = {
    "subscribe": Session.subscribe,
    "unsubscribe": Session.unsubscribe,
}
