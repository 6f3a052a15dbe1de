"""Parts of a core: composed by the first who needs one, and closed, in their order, only if somebody did."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from jackfield.domain.model.errors import Unavailable
from jackfield.entrypoints.parts.late import Closing, Late, later, nothing


class Workshop:
    """Makes parts, and remembers what was made and closed."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.closed: list[str] = []

    def part(self, name: str) -> tuple[str, Closing]:
        self.made.append(name)
        return name, lambda: self.closed.append(name)


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


def test_nothing_is_composed_before_it_is_needed(workshop: Workshop) -> None:
    late = Late(lambda: workshop.part("log"))
    assert (late.made, workshop.made) == (None, [])


def test_a_part_is_composed_once(workshop: Workshop) -> None:
    late = Late(lambda: workshop.part("log"))
    assert (late(), late(), late.made, workshop.made) == ("log", "log", "log", ["log"])


def test_threads_that_need_it_at_once_get_one_part() -> None:
    everybody = threading.Barrier(8)

    def needing(_: int) -> object:
        everybody.wait()
        return late()

    late = Late(lambda: (object(), nothing))
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(needing, range(8)))) == 1


def test_closing_composes_nothing(workshop: Workshop) -> None:
    Late(lambda: workshop.part("log")).close()
    assert (workshop.made, workshop.closed) == ([], [])


def test_closing_closes_what_was_composed(workshop: Workshop) -> None:
    late = Late(lambda: workshop.part("log"))
    late()
    late.close()
    assert workshop.closed == ["log"]


def test_what_is_needed_after_the_end_is_a_part_that_is_closed(workshop: Workshop) -> None:
    late = Late(lambda: workshop.part("log"))
    late.close()
    assert (late(), late(), workshop.closed) == ("log", "log", ["log"])


def test_nothing_of_what_it_is_composed_from_is_shown() -> None:
    class Secretive:
        def __repr__(self) -> str:
            return "canary"

        def compose(self) -> tuple[str, Closing]:
            return "canary", nothing

    late = Late(Secretive().compose)
    late()
    assert "canary" not in repr(late)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_composes_it_though_the_parent_was_about_to() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> tuple[str, Closing]:
        begun.set()
        go_on.wait(20)
        return "log", nothing

    late = Late(slow)
    with ThreadPoolExecutor(1) as threads:
        composed = threads.submit(late)
        assert begun.wait(20)
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            late.composing = lambda: ("log", nothing)
            os._exit(0 if late() == "log" else 1)
        _, status = os.waitpid(child, 0)
        go_on.set()
        assert (composed.result(20), os.waitstatus_to_exitcode(status)) == ("log", 0)


def test_composing_that_failed_is_tried_again(workshop: Workshop) -> None:
    def compose() -> tuple[str, Closing]:
        name, closing = workshop.part("log")
        if len(workshop.made) == 1:
            raise Unavailable("not yet")
        return name, closing

    late = Late(compose)
    with pytest.raises(Unavailable, match="not yet"):
        late()
    assert (late(), workshop.made) == ("log", ["log", "log"])


def test_parts_close_against_the_order_they_stand_in_whoever_was_needed_first(workshop: Workshop) -> None:
    with ExitStack() as stack:
        outcomes = later(stack, lambda: workshop.part("outcomes"))
        answers = later(stack, lambda: workshop.part("answers"))
        later(stack, lambda: workshop.part("unused"))
        answers()
        outcomes()
    assert workshop.closed == ["answers", "outcomes"]
