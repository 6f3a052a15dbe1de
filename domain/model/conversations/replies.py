"""Putting an answer together from what a stream brings: `conversations.md`, "Stream assembler".

Pieces may come twice, out of order or not at all, and so may the end. What is handed on is in order, each
piece once; an answer of which something is missing is never called complete.
"""

from __future__ import annotations

from typing import Final

from attrs import define, field

from jackfield.domain.model.conversations.answers import End
from jackfield.domain.model.conversations.events import (
    Chunk,
    Completed,
    Failed,
    Interrupted,
    StreamEvent,
    Usage,
)
from jackfield.domain.model.conversations.meters import Meter

MOST_AHEAD: Final = 1_000
"""Pieces that may wait for an earlier one; a stream that is further out of order is broken."""
MOST_AHEAD_CHARACTERS: Final = 8_000_000
"""Characters of such pieces: more than any answer has."""
MOST_REPLAYS: Final = 8
"""How often in a row what is missing is asked for, without a new piece in order: an end may come twice."""
_MOST_GAPS: Final = 100
_TORN: Final = "the line dropped, and the server knows no sequence to ask again by"
_MISSING: Final = "pieces are missing, and were not sent again"
_UNCERTAIN: Final = "its end has no number, so pieces may be missing"
_MIXED: Final = "some of its pieces are numbered, and some are not"


@define(eq=False)
class Assembler:
    """One answer while it comes in; for one thread.

    `output` is the most tokens that were asked for: an answer that reached it was cut by the platform.
    `wants_replay()` says, once for each end that came before its pieces (at most `MOST_REPLAYS` in a row),
    that to listen again behind `cursor` may bring them.
    """

    meter: Meter
    output: int
    end: End | None = field(default=None, init=False)
    detail: str = field(default="", init=False)
    usage: Usage | None = field(default=None, init=False)
    repeats: int = field(default=0, init=False)
    resumes: int = field(default=0, init=False)
    gaps: tuple[int, ...] = field(default=(), init=False)
    _replay: bool = field(default=False, init=False)
    _next: int = field(default=0, init=False)
    _unnumbered: int = field(default=0, init=False)
    _torn: bool = field(default=False, init=False)
    _ahead: dict[int, str] = field(factory=dict[int, str], init=False, repr=False)
    _ahead_characters: int = field(default=0, init=False)
    _ended: int | None = field(default=None, init=False)
    _replays: int = field(default=0, init=False)

    @property
    def cursor(self) -> int | None:
        """The sequence of the last piece in order; None before the first."""
        return self._next - 1 if self._next else None

    def feed(self, event: StreamEvent) -> str:
        """Take what came, and return what it adds to the text in order, often nothing."""
        if self.end is not None:
            return ""
        match event:
            case Chunk():
                return self._chunk(event)
            case Completed():
                self._completed(event)
            case Failed(code, detail):
                self.finish(End.BROKEN, f"{code}: {detail}" if detail else code)
            case Interrupted(resumable):
                self.resumes += resumable
                self._torn = self._torn or not resumable
        return ""

    def finish(self, end: End, detail: str = "") -> None:
        """End it from outside: canceled, too late, or the line is gone; the first end stays."""
        if self.end is None:
            self.end, self.detail = end, detail
            self.gaps = self._missing() if end is End.BROKEN else ()
            self._replay = False

    def wants_replay(self) -> bool:
        """Say whether what is missing is to be asked for; an end asks once."""
        wanted, self._replay = self._replay, False
        return wanted

    def _chunk(self, chunk: Chunk) -> str:
        if self._torn:
            return self._break(f"line: {_TORN}")
        if chunk.sequence is None:
            return self._without_number(chunk.content)
        return self._numbered(chunk.sequence, chunk.content)

    def _without_number(self, content: str) -> str:
        """Take the next piece of a server that knows no sequence: asked a second time, it may skip some."""
        if self._knows_numbers():
            return self._break(_MIXED)
        if self.resumes or self._replays:
            return self._break(f"line: {_TORN}")
        self._unnumbered += 1
        return self._take(content)

    def _knows_numbers(self) -> bool:
        return self._next > 0 or len(self._ahead) > 0

    def _numbered(self, sequence: int, content: str) -> str:
        if self._unnumbered:
            return self._break(_MIXED)
        if sequence < self._next or sequence in self._ahead:
            self.repeats += 1
            return ""
        if sequence > self._next:
            return self._keep(sequence, content)
        return self._in_order(content)

    def _keep(self, sequence: int, content: str) -> str:
        """Let a piece wait for those before it; one behind the end moves the end."""
        self._ahead[sequence] = content
        self._ahead_characters += len(content)
        if len(self._ahead) > MOST_AHEAD or self._ahead_characters > MOST_AHEAD_CHARACTERS:
            return self._break(
                f"over {MOST_AHEAD} pieces, or very long ones, came before one that is missing"
            )
        if self._ended is not None:
            self._ended = max(self._ended, sequence + 1)
        return ""

    def _break(self, detail: str) -> str:
        self.finish(End.BROKEN, detail)
        return ""

    def _in_order(self, content: str) -> str:
        self._next += 1
        self._replays = 0
        taken = self._take(content)
        while self.end is None and self._next in self._ahead:
            waited = self._ahead.pop(self._next)
            self._ahead_characters -= len(waited)
            taken += self._take(waited)
            self._next += 1
        if self._ended is not None and self._next >= self._ended:
            self._close()
        return taken

    def _take(self, content: str) -> str:
        taken = self.meter.take(content)
        if len(taken) < len(content):
            self.finish(End.BUDGET, f"the answer was cut at {self.meter.limit} tokens")
        return taken

    def _completed(self, event: Completed) -> None:
        self.usage = event.usage or self.usage
        if event.safety:
            self.finish(End.SAFETY, "the platform's safety policy was triggered")
        elif self._torn:
            self._break(f"line: {_TORN}")
        else:
            self._end_at(event.sequence)

    def _end_at(self, sequence: int | None) -> None:
        """So many pieces make the answer: all that are known of, and all before the end's own number."""
        came = self._next + self._unnumbered
        if self._is_torn_at(sequence):
            self._break(f"line: {_TORN}")
        elif sequence is None and self._may_lack():
            self._ask_again(_UNCERTAIN)
        else:
            ahead = max(self._ahead, default=-1) + 1
            self._ended = max(self._ended or 0, ahead, came if sequence is None else sequence)
            self._end_behind(came)

    def _is_torn_at(self, sequence: int | None) -> bool:
        """Say whether it was taken up again on a server that knows no sequence."""
        unknown = self._unnumbered > 0 or (sequence is None and not self._knows_numbers())
        return self.resumes > 0 and unknown

    def _may_lack(self) -> bool:
        """Say whether an end without a number proves nothing: there are numbers, or tokens and no piece."""
        spent = self.usage is not None and self.usage.completion_tokens > 0
        return self._knows_numbers() or (spent and not self._unnumbered)

    def _end_behind(self, came: int) -> None:
        if self._ended is not None and came >= self._ended:
            self._close()
        elif self._unnumbered:
            self._break(_MISSING)
        else:
            self._ask_again(_MISSING)

    def _ask_again(self, detail: str) -> None:
        if self._replays == MOST_REPLAYS:
            self._break(detail)
        else:
            self._replay, self._replays = True, self._replays + 1

    def _close(self) -> None:
        """Every piece is there."""
        if self.usage is not None and self.usage.completion_tokens >= self.output:
            self.finish(End.LENGTH, f"the answer reached the {self.output} tokens that were asked for")
        self.finish(End.COMPLETE)

    def _missing(self) -> tuple[int, ...]:
        """The numbers that never came, at most a hundred of them."""
        last = max(self._ahead, default=self._next - 1)
        end = max(last + 1, self._ended or 0)
        missing = (number for number in range(self._next, end) if number not in self._ahead)
        return tuple(number for number, _ in zip(missing, range(_MOST_GAPS), strict=False))
