"""Calling what others wrote: it ends in time, and only the user's Ctrl-C passes."""

from __future__ import annotations

import _thread
import contextvars
import subprocess
import sys
import threading
from datetime import timedelta
from typing import NoReturn

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.plugins.isolation import HANGS, Answered, Failure, Junk, within
from tests.plugins import harm
from tests.plugins.harm import Forever

LONG = timedelta(seconds=20)


def test_an_answer_comes_back() -> None:
    assert within(LONG, lambda: 7, name="t") == Answered(7)


def test_the_call_is_made_on_a_thread_of_its_own_that_keeps_no_process_alive() -> None:
    outcome = within(LONG, threading.current_thread, name="jackfield-mine")
    assert isinstance(outcome, Answered)
    assert (outcome.value.name, outcome.value.daemon) == ("jackfield-mine", True)


def test_the_callers_context_is_there() -> None:
    trace = contextvars.ContextVar[str]("trace")
    trace.set("00-4bf9")
    assert within(LONG, trace.get, name="t") == Answered("00-4bf9")


def test_an_error_is_told_by_its_class_and_place_without_its_text() -> None:
    outcome = within(LONG, harm.raises, name="t")
    assert str(outcome).startswith("raised ValueError at harm.py:")
    assert harm.SECRET not in repr(outcome)


def test_a_class_name_that_could_be_a_text_is_not_told() -> None:
    def raises() -> NoReturn:
        raise type(f"Bad {harm.SECRET}", (Exception,), {})

    assert isinstance(failure := within(LONG, raises, name="t"), Failure)
    assert failure.kind == "an error"


def test_what_we_say_of_junk_is_told() -> None:
    def refuses() -> NoReturn:
        raise Junk("it returned nothing")

    assert str(within(LONG, refuses, name="t")) == "it returned nothing"


def test_a_call_without_end_is_given_up(forever: Forever) -> None:
    outcome = within(timedelta(milliseconds=20), forever, name="t")
    assert isinstance(outcome, Failure)
    assert outcome.kind == HANGS


def test_the_users_interrupt_reaches_who_waits(forever: Forever) -> None:
    def interrupted() -> None:
        _thread.interrupt_main()
        forever()

    with pytest.raises(KeyboardInterrupt):
        within(LONG, interrupted, name="t")


def test_a_process_without_threads_left_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(_: threading.Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    assert isinstance(outcome := within(LONG, lambda: 7, name="t"), Failure)
    assert outcome.kind == "RuntimeError"


def test_the_door_for_tests_says_what_to_install_where_pytest_is_missing() -> None:
    script = "import sys; sys.modules['pytest'] = None; import jackfield.testing"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: jackfield.testing needs pytest: pip install 'jackfield[testing]'"
    )


def test_an_error_of_ours_from_a_plugin_is_not_taken_for_ours() -> None:
    def refuses() -> NoReturn:
        raise InvalidInput(harm.SECRET)

    assert str(within(LONG, refuses, name="t")).startswith("raised InvalidInput at test_isolation.py:")
