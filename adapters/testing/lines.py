"""A line to a platform that can be cut: before a call arrives, or after it was carried out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from attrs import define, field

from jackfield.adapters.http import Request, Response, Send

Failure: TypeAlias = Callable[[], BaseException]


class When(Enum):
    """On which side of the platform a line is cut."""

    BEFORE = "before it arrives"
    AFTER = "after it was carried out"


@define
class Line:
    """A `Send` in front of another; `cut` makes the next call of a method fail."""

    send: Send
    requests: list[Request] = field(factory=list[Request])
    _cuts: deque[tuple[str, When, Failure]] = field(factory=deque[tuple[str, When, Failure]])

    def cut(self, method: str, when: When, failure: Failure) -> None:
        """Let the next call of *method* raise what *failure* makes."""
        self._cuts.append((method, when, failure))

    def __call__(self, request: Request) -> Response:
        """Pass the call on, unless it is its turn to fail."""
        self.requests.append(request)
        cut = next((c for c in self._cuts if c[0] == request.method), None)
        if cut is None:
            return self.send(request)
        self._cuts.remove(cut)
        if cut[1] is When.AFTER:
            self.send(request)
        failure = cut[2]()
        raise failure
