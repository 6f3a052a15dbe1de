"""Faults of the stream: between the platform's side of a socket and the socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import orjson
from attrs import frozen

from jackfield.adapters.simulator.faults.calls import sent
from jackfield.adapters.simulator.faults.plan import Faults
from jackfield.adapters.simulator.platform.frames import End, Frame, Leaving, completed, error, stop
from jackfield.adapters.simulator.platform.streams import TOKEN_EXPIRED, Peer
from jackfield.adapters.simulator.platform.templates import tokens
from jackfield.adapters.simulator.store import Document

GARBAGE: Final = '{"type":"aiResponseChunk","data":{"conversationId":"conv-'
UNKNOWN: Final = '{"type":"agentTyping","data":{"state":"composing"}}'

_UNEXPECTED: Final = "internal.server.error"
_MIB: Final = 1 << 20
_ENDINGS: Final = frozenset({"stream-error", "stream-safety"})
_CODES: Final = {f"stream-{code}": code for code in (1_000, 1_001, 1_006, TOKEN_EXPIRED)}


@frozen
class _Struck:
    """A frame of an answer that meets a fault, and the fault's luck."""

    frame: Frame
    answer: Document
    luck: float


class FaultyPeer:
    """A `Peer` around another one, on whose frames *faults* are played; *token* is a digest of its token."""

    def __init__(self, peer: Peer, faults: Faults, token: bytes | None) -> None:
        self._peer = peer
        self._faults = faults
        self._token = token
        self._held: dict[str, Frame] = {}
        self._over = set[str]()
        self._silent = False
        self._ended = False

    def receive(self, text: str, now: int) -> list[Leaving]:
        """Take a text frame; return what is answered at once."""
        answered = self._peer.receive(text, now)
        return [] if self._silent else answered

    def due(self, now: int) -> list[Leaving]:
        """Return what leaves by now; behind an `End` nothing more does."""
        if self._token is not None and self._faults.has_revoked(self._token) and not self._is_over():
            return [self._end(End(TOKEN_EXPIRED))]
        self._over.clear()
        return list(self._leaving(now))

    def next_due(self) -> int | None:
        """Return when something may leave next, None for never."""
        return None if self._silent else self._peer.next_due()

    def asks(self, now: int) -> bool:
        """Say whether `due` will read the store."""
        return not self._silent and self._peer.asks(now)

    @property
    def expects(self) -> bool:
        """Whether an answer is being sent, or would be."""
        return self._silent or self._peer.expects

    def close(self) -> None:
        """The socket is closed."""
        self._peer.close()

    def _leaving(self, now: int) -> Iterator[Leaving]:
        for each in () if self._is_over() else self._peer.due(now):
            for leaving in self._passed(each):
                yield self._end(leaving) if isinstance(leaving, End) else leaving
            if self._is_over():
                return

    def _is_over(self) -> bool:
        return self._silent or self._ended

    def _passed(self, leaving: Leaving) -> Iterator[Leaving]:
        if isinstance(leaving, End) or leaving.answer is None:
            yield leaving
        elif leaving.answer["id"] not in self._over:
            yield from self._struck(leaving, leaving.answer)

    def _struck(self, frame: Frame, answer: Document) -> Iterator[Leaving]:
        held = self._held.pop(answer["id"], None)
        if held is not None and held.at + 1 == frame.at:
            yield from (frame, held)
            return
        ended = self._faults.ended(answer["id"])
        if ended is not None and frame.at >= ended[0]:
            yield self._stop(frame, answer, *ended)
            return
        met = self._faults.meet(sent(frame, answer))
        if met is None:
            yield frame
        elif met.fault.kind in _ENDINGS:
            self._faults.end(answer["id"], frame.at, met.fault.kind)
            yield self._stop(frame, answer, frame.at, met.fault.kind)
        else:
            yield from _WAYS[met.fault.kind](self, met.fault.kind, _Struck(frame, answer, met.luck))

    def _stop(self, frame: Frame, answer: Document, at: int, kind: str) -> Frame:
        """Send no more of the answer, and return what ends it at its *at*-th place."""
        self._over.add(answer["id"])
        self._peer.receive(stop(answer["id"]), 0)
        if kind == "stream-error":
            return error(_UNEXPECTED, answer["id"])
        usage = {**answer["usage"], "completionTokens": tokens("".join(answer["pieces"][:at]))}
        return completed(answer, at, sequence=frame.numbered, safety=True, usage=usage)

    def _end(self, end: End) -> End:
        self._ended = True
        self._peer.close()
        return end

    def drop(self, _kind: str, struck: _Struck) -> Iterator[Leaving]:
        """Cut the line behind some byte of the frame, not its last."""
        size = len(struck.frame.text.encode())
        yield End(1_006, struck.frame.text, 1 + int(struck.luck * (size - 1)))

    def end(self, kind: str, _struck: _Struck) -> Iterator[Leaving]:
        """Close the socket, or cut it; a token that expires is refused from then on."""
        code = _CODES[kind]
        if code == TOKEN_EXPIRED and self._token is not None:
            self._faults.revoke(self._token)
        yield End(code)

    def repeat(self, _kind: str, struck: _Struck) -> Iterator[Leaving]:
        """Send the piece twice."""
        yield from (struck.frame, struck.frame)

    def hold(self, _kind: str, struck: _Struck) -> Iterator[Leaving]:
        """Send the piece behind the next one."""
        self._held[struck.answer["id"]] = struck.frame
        yield from ()

    def silence(self, _kind: str, _struck: _Struck) -> Iterator[Leaving]:
        """Send nothing any more."""
        self._silent = True
        yield from ()

    def garble(self, _kind: str, _struck: _Struck) -> Iterator[Leaving]:
        """Send what is no JSON instead."""
        yield Frame(GARBAGE)

    def interject(self, _kind: str, struck: _Struck) -> Iterator[Leaving]:
        """Send a frame of unknown type before."""
        yield from (Frame(UNKNOWN), struck.frame)

    def swell(self, _kind: str, struck: _Struck) -> Iterator[Leaving]:
        """Send the frame with a field that makes it too large."""
        document = orjson.loads(struck.frame.text)
        yield Frame(orjson.dumps({**document, "padding": "x" * _MIB}).decode())


_Way = Callable[[FaultyPeer, str, _Struck], Iterator[Leaving]]
_WAYS: Final[Mapping[str, _Way]] = {
    "stream-drop": FaultyPeer.drop,
    "stream-repeat": FaultyPeer.repeat,
    "stream-reorder": FaultyPeer.hold,
    "stream-silence": FaultyPeer.silence,
    "stream-garbage": FaultyPeer.garble,
    "stream-unknown": FaultyPeer.interject,
    "stream-huge": FaultyPeer.swell,
    **dict.fromkeys(_CODES, FaultyPeer.end),
}
