"""One call a key at a time, and what becomes of one that is interrupted or never comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final, NoReturn

import pytest

from jackfield.domain.model.errors import Unavailable
from jackfield.domain.services.prompts.live.flights import MOST_LEFT, Flight, SingleFlight

LONGEST: Final = 10.0
SOON: Final = 20.0


class Held:
    """A call that ends when the test says so."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        self.over.wait(30)
        return "late"


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.over.set()


@pytest.fixture
def flights() -> SingleFlight[str]:
    return SingleFlight(LONGEST)


def join(
    flights: SingleFlight[str], *, key: str = "a", now: float = 0.0, here: bool = True
) -> tuple[str, bool]:
    """What a quick call gets, and whether it was made."""
    flight, mine = flights.join(key, lambda: "new", now=now, here=here)
    assert flight.landed(SOON)
    return flight.result(), mine


def interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def test_who_asks_meanwhile_gets_the_same(flights: SingleFlight[str], held: Held) -> None:
    first, mine = flights.join("a", held, now=0.0, here=False)
    second, another = flights.join("a", held, now=9.9, here=False)
    assert (second is first, mine, another) == (True, True, False)


def test_an_interrupt_as_a_thread_begins_leaves_nothing_to_wait_for(
    flights: SingleFlight[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            flights.join("a", lambda: "old", now=0.0, here=False)
    assert join(flights) == ("new", True)


def test_who_waits_for_an_interrupted_flight_is_woken(
    flights: SingleFlight[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = list[Flight[str]]()

    def interrupted(_: threading.Thread) -> NoReturn:
        joined.append(flights.join("a", lambda: "none", now=0.0, here=True)[0])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            flights.join("a", lambda: "old", now=0.0, here=False)
    assert joined[0].landed(SOON)
    with pytest.raises(Unavailable, match="the look was interrupted"):
        joined[0].result()


def test_an_interrupt_of_the_call_itself_reaches_the_caller_and_nobody_waits(
    flights: SingleFlight[str],
) -> None:
    with pytest.raises(KeyboardInterrupt):
        flights.join("a", interrupt, now=0.0, here=True)
    assert join(flights) == ("new", True)


def test_one_that_has_landed_and_was_not_put_away_is_replaced(flights: SingleFlight[str], held: Held) -> None:
    flight, _ = flights.join("a", held, now=0.0, here=False)
    flight.land()  # as when a signal came between the two
    assert join(flights) == ("new", True)


def test_one_that_takes_too_long_is_replaced(flights: SingleFlight[str], held: Held) -> None:
    flights.join("a", held, now=0.0, here=False)
    assert join(flights, now=LONGEST) == ("new", True)


def test_one_that_was_replaced_does_not_put_its_successor_away(
    flights: SingleFlight[str], held: Held
) -> None:
    other = Held()
    first, _ = flights.join("a", held, now=0.0, here=False)
    second, _ = flights.join("a", other, now=LONGEST, here=False)
    held.over.set()
    assert first.landed(SOON)
    joined, mine = flights.join("a", other, now=LONGEST, here=False)
    other.over.set()
    assert (joined is second, mine) == (True, False)


def test_only_so_many_that_never_come_back_are_replaced(flights: SingleFlight[str], held: Held) -> None:
    begun = [flights.join("a", held, now=n * LONGEST, here=False)[1] for n in range(MOST_LEFT + 3)]
    assert begun == [True] * (MOST_LEFT + 1) + [False] * 2


def test_waiting_has_an_end(flights: SingleFlight[str], held: Held) -> None:
    flight, _ = flights.join("a", held, now=0.0, here=False)
    assert [flight.landed(), flight.landed(-1.0), flight.landed(0.01)] == [False] * 3


def test_landing_twice_is_fine(flights: SingleFlight[str]) -> None:
    flight, _ = flights.join("a", lambda: "new", now=0.0, here=True)
    flight.land()
    assert flight.landed()


def test_each_who_waits_has_an_error_of_his_own(flights: SingleFlight[str]) -> None:
    def fails() -> NoReturn:
        raise Unavailable("away")

    flight, _ = flights.join("a", fails, now=0.0, here=True)
    errors = list[Unavailable]()
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            flight.result()
        errors.append(caught.value)
    assert errors[0] is not errors[1]
