"""What is due when, in the store: a heap of documents, of which the earliest is read first."""

from __future__ import annotations

from typing import Any, Final, cast

from attrs import frozen

from jackfield.adapters.simulator.store import Document, Transaction

_ABOUT: Final = "about"


@frozen
class Due:
    """Something whose time has come; `at` is when it was due, in milliseconds since 1970."""

    at: int
    what: Document


@frozen
class Agenda:
    """Documents by the time at which they are due; those of one time in the order in which they were put."""

    state: Transaction
    name: str

    def __len__(self) -> int:
        return int(self._about()["size"])

    def push(self, at: int, what: Document) -> None:
        """Put *what* on the agenda for *at*."""
        about = self._about()
        place, turn = int(about["size"]), int(about["turn"])
        self.state.put(self.name, _ABOUT, {"size": place + 1, "turn": turn + 1})
        self._rise(place, {"at": at, "turn": turn, "what": what})

    def pop(self, now: int) -> Due | None:
        """Take the earliest off that is due by *now*."""
        about = self._about()
        size = int(about["size"])
        first = self._entry(0) if size else None
        if first is None or first["at"] > now:
            return None
        last = self._entry(size - 1)
        self.state.delete(self.name, str(size - 1))
        self.state.put(self.name, _ABOUT, {**about, "size": size - 1})
        if size > 1:
            self._sink(last, size - 1)
        return Due(first["at"], first["what"])

    def _about(self) -> Document:
        return self.state.get(self.name, _ABOUT) or {"size": 0, "turn": 0}

    def _entry(self, place: int) -> Document:
        return cast("Document", self.state.get(self.name, str(place)))

    def _rise(self, place: int, entry: Document) -> None:
        while place:
            parent = (place - 1) // 2
            above = self._entry(parent)
            if _key(above) <= _key(entry):
                break
            self.state.put(self.name, str(place), above)
            place = parent
        self.state.put(self.name, str(place), entry)

    def _sink(self, entry: Document, size: int) -> None:
        place = 0
        while (child := 2 * place + 1) < size:
            below = {at: self._entry(at) for at in (child, child + 1) if at < size}
            child = min(below, key=lambda at: _key(below[at]))
            if _key(entry) <= _key(below[child]):
                break
            self.state.put(self.name, str(place), below[child])
            place = child
        self.state.put(self.name, str(place), entry)


def _key(entry: Document) -> tuple[Any, Any]:
    return entry["at"], entry["turn"]
