"""What every destination must do, and one that keeps what it hears."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import pytest
from attrs import define, evolve, field

from jackfield.adapters.testing.changes import ORGANIZATION, TIME
from jackfield.domain.model.canonical import canonical, digest
from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery
from jackfield.domain.model.deliveries.wanting import checked, wanted
from jackfield.domain.model.events import GENESIS, Entry, Event, Outcome, Position, head
from jackfield.domain.model.states import Verb
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.ports.destinations import Destination

ODD: Final = ("Größe 日本語 🚀", 'it\'s "quoted" \\', "a\x00b", "x" * 2_000)


def entry(position: int = 1, *, name: str = "escalation", reason: str = "CHG-4471") -> Entry:
    """Return the entry of a promotion that succeeded."""
    happened = Event(
        id=f"{position:032x}",
        time=TIME,
        subject=Subject(ORGANIZATION, Kind.PROMPT, name),
        type=Verb.PROMOTE.value,
        actor="ci:build-812",
        reason=reason,
        outcome=Outcome.SUCCEEDED,
        correlation_id="7d9f6a52",
        payload={"version": "2.1.0", "before": "2.0.0", "latency_us": 120_400},
    )
    payload_hash = digest(canonical(happened.payload))
    place = Position(position)
    text = head(happened, payload_hash=payload_hash, position=place, previous=GENESIS)
    return Entry(
        position=place, previous=GENESIS, hash=digest(text), payload_hash=payload_hash, event=happened
    )


@define
class KeepingDestination:
    """Keeps what it hears. `script` gives the next verdicts; behind its end everything is delivered."""

    name: str = "keeping"
    wants: tuple[str, ...] = ("*",)
    script: list[Delivery] = field(factory=list[Delivery])
    heard: list[Entry] = field(factory=list[Entry])
    taken: list[Entry] = field(factory=list[Entry])
    closed: int = 0
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def deliver(self, entry: Entry) -> Delivery:
        """Keep it, and answer as the script says."""
        with self._lock:
            self.heard.append(entry)
            verdict = self.script.pop(0) if self.script else Delivered()
            if isinstance(verdict, Delivered):
                self.taken.append(entry)
            return verdict

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class DestinationContract:
    """Provide a fixture `destination`, which wants promotions and whose receiver works; inherit the tests.

    The fixture `received` returns how many entries its receiver has heard, repeats included.
    """

    def test_its_name_and_what_it_wants_can_be_kept(self, destination: Destination) -> None:
        assert destination.name.isprintable()
        assert checked(destination.wants)

    def test_it_wants_promotions(self, destination: Destination) -> None:
        assert wanted(checked(destination.wants), entry().event, by=destination.name)

    def test_what_its_receiver_takes_is_delivered(
        self, destination: Destination, received: Callable[[], int]
    ) -> None:
        assert (destination.deliver(entry()), received()) == (Delivered(), 1)

    def test_the_same_entry_again_is_delivered_again(
        self, destination: Destination, received: Callable[[], int]
    ) -> None:
        assert [destination.deliver(entry()) for _ in range(2)] == [Delivered()] * 2
        assert received() == 2  # noqa: PLR2004  # twice is twice: the receiver tells them by their id

    def test_an_entry_whose_payload_was_erased_is_delivered(self, destination: Destination) -> None:
        whole = entry()
        erased = evolve(whole, event=evolve(whole.event, payload=None))
        assert destination.deliver(erased) == Delivered()

    @pytest.mark.parametrize("text", ODD, ids=len)
    def test_odd_texts_are_delivered(self, destination: Destination, text: str) -> None:
        assert destination.deliver(entry(reason=text)) == Delivered()

    def test_threads_share_it(self, destination: Destination, received: Callable[[], int]) -> None:
        verdicts = list[Delivery]()

        def work(number: int) -> None:
            verdicts.extend(destination.deliver(entry(number * 10 + n)) for n in range(5))

        _together([partial(work, n) for n in range(1, 5)])
        assert (set(map(type, verdicts)), received()) == ({Delivered}, 20)

    def test_closing_twice_is_fine(self, destination: Destination) -> None:
        destination.close()
        destination.close()


def _together(works: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
