"""`jackfield sessions` for people and for programs, on sessions that lived in this process."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import define, field
from click.testing import CliRunner, Result

from jackfield.domain.model.errors import InvalidInput, NotFound, Unavailable
from jackfield.domain.model.sessions.ends import EndReason, Resolution
from jackfield.domain.model.sessions.signals import Turn
from jackfield.domain.services.sessions.recorded.records import Loaded
from jackfield.entrypoints.cli.commands.sessions import sessions
from jackfield.entrypoints.cli.options import Options
from jackfield.entrypoints.core import Core
from tests.unit.services.sessions.enders import Ends, ends_in, resolved
from tests.unit.services.sessions.starters import bot

ANGRY = Turn(intent="refund", confidence=0.9, sentiment=-1.0)


@define(eq=False)
class _Core:
    """As much of a core as the command uses."""

    sessions: Any


@define(eq=False)
class _Options(Options):
    """Options that open the sessions of a test."""

    opened: Any = field(kw_only=True)

    @contextmanager
    def core(self, *, bulk: bool = False) -> Generator[Core]:
        del bulk
        yield cast("Core", _Core(self.opened))


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path, bot(limit=None), bot("=bank", limit=None)) as found:
        yield found


@pytest.fixture
def say(ends: Ends) -> Callable[..., Result]:
    def run(*words: str) -> Result:
        return CliRunner().invoke(sessions, words, obj=_Options(opened=ends.sessions), standalone_mode=False)

    return run


@pytest.fixture
def lived(ends: Ends) -> tuple[Loaded, Loaded]:
    """One session that is over, and one that goes on after an angry turn."""
    over = ends.turned(ends.house.start())
    ends.house.pass_time(90)
    over = ends.end(over, EndReason.TRIGGERED_BY_FLOW)
    going = ends.turned(ends.turned(ends.house.start(bot="=bank")), ANGRY)
    return over, going


def rows(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_sessions_are_listed_for_people(say: Callable[..., Result], lived: tuple[Loaded, Loaded]) -> None:
    shown = say("list").stdout
    assert [line.split()[0] for line in shown.splitlines()[2:]] == [lived[1].id, lived[0].id]
    assert "resolved (TriggeredByFlow)" in shown


def test_sessions_are_listed_for_programs(say: Callable[..., Result], lived: tuple[Loaded, Loaded]) -> None:
    (found,) = json.loads(say("list", "--bot", "retail", "--format", "json").stdout)["sessions"]
    assert (found["id"], found["standing"], found["end"]["resolution"]) == (lived[0].id, "closed", "resolved")


@pytest.mark.usefixtures("lived")
def test_no_cell_of_a_sheet_is_a_formula(say: Callable[..., Result]) -> None:
    found = rows(say("list", "--format", "csv"))
    assert [row["bot"] for row in found] == ["'=bank", "retail"]
    assert [row["resolution"] for row in found] == ["", "resolved"]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_one_session_is_shown(say: Callable[..., Result], lived: tuple[Loaded, Loaded], form: str) -> None:
    shown = say("show", lived[0].id, "--format", form).stdout
    assert "conversation-1" in shown
    assert "customer-1" in shown


def test_an_unknown_session_is_an_error_of_ours(say: Callable[..., Result]) -> None:
    assert isinstance(say("show", "nobody").exception, NotFound)
    assert isinstance(say("explain", "nobody").exception, NotFound)


def test_turns_are_explained_with_their_numbers(
    say: Callable[..., Result], lived: tuple[Loaded, Loaded]
) -> None:
    shown = say("explain", lived[1].id).stdout
    assert "sentiment: mood -0.625, limit -0.5" in shown
    assert "proceed" in shown


def test_other_thresholds_show_where_it_would_differ(
    say: Callable[..., Result], lived: tuple[Loaded, Loaded]
) -> None:
    found = json.loads(say("explain", lived[1].id, "--sentiment-min", "-0.7", "--format", "json").stdout)
    assert (found["first"], found["other"]["sentiment_min"]) == (2, -0.7)
    assert [turn["differs"] for turn in found["turns"]] == [False, True]
    assert "nothing would differ" in say("explain", lived[1].id, "--max-turns", "19").stdout
    flat = rows(say("explain", lived[1].id, "--topic", "refund", "--format", "csv"))
    assert [row["would_be"] for row in flat] == ["escalate", "silent"]


def test_thresholds_that_contradict_one_another_are_refused(
    say: Callable[..., Result], lived: tuple[Loaded, Loaded]
) -> None:
    result = say("explain", lived[1].id, "--confidence-min", "0.2")
    assert isinstance(result.exception, InvalidInput)


@pytest.mark.usefixtures("lived")
def test_a_report_has_a_line_a_group_and_all_last(say: Callable[..., Result]) -> None:
    found = rows(say("report", "--by", "bot", "--since", "2025-12-31", "--format", "csv"))
    assert [(row["group"], row["sessions"], row["containment"]) for row in found] == [
        ("retail", "1", "1.0"),
        ("all", "1", "1.0"),
    ]
    shown = say("report", "--by", "intent", "--since", "2025-12-31").stdout
    assert "ended by: TriggeredByFlow 1" in shown
    assert "100.0 %" in shown


def test_a_report_of_nothing_has_no_rates(say: Callable[..., Result]) -> None:
    found = json.loads(say("report", "--since", "2025-12-31", "--format", "json").stdout)
    assert (found["sessions"], found["containment"], found["groups"]) == (0, None, [])


def test_what_was_missed_is_counted(ends: Ends, say: Callable[..., Result]) -> None:
    loaded = ends.house.start()
    ends.house.pass_time(60)
    conversation = loaded.state.session.conversation
    assert conversation is not None
    ends.platform.rows.append(resolved(conversation, ends.house.clock.now(), Resolution.RESOLVED))
    ends.house.pass_time(60)
    found = json.loads(say("catch-up", "--format", "json").stdout)
    assert (found["ended"], found["known"]) == (1, 0)


def test_what_could_not_be_settled_is_said_and_is_no_success(ends: Ends, say: Callable[..., Result]) -> None:
    ends.house.start()
    ends.house.pass_time(3_600)
    assert say("recover").return_value == 0
    loaded = ends.closed(ends.house.start(), Resolution.RESOLVED)
    ends.house.pass_time(3_600)
    error = Unavailable("the platform is away")

    def fail(_: Loaded) -> object:
        raise error

    recovering = ends.sessions.recovering
    object.__setattr__(recovering, "close", fail)
    result = say("recover", "--format", "json")
    assert result.return_value == 5
    assert json.loads(result.stdout)["failed"] == [{"session": loaded.id, "why": str(error)}]
    assert result.stderr == f"{loaded.id}: {error}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "there is no session yet"),
        (("--since", "2h"), "no session began in that time"),
        (("--bot", "bank"), "no session of the bot bank is there"),
        (("--standing", "active"), "no session is active"),
        (("--until", "2020-01-01", "--standing", "closed"), "no session began in that time and is closed"),
    ],
)
def test_an_empty_list_says_of_what_it_is(
    say: Callable[..., Result], words: tuple[str, ...], told: str
) -> None:
    assert say("list", *words).output == f"{told}\n"


def test_a_time_that_is_turned_around_is_refused(say: Callable[..., Result]) -> None:
    found = say("list", "--since", "2026-02-01", "--until", "2026-01-01")
    assert isinstance(found.exception, InvalidInput)
    assert found.exception.message == "the time ends before it begins"


def test_sessions_of_which_nobody_told_an_intent_are_not_called_none(
    ends: Ends, say: Callable[..., Result]
) -> None:
    ends.end(ends.house.start())
    found = say("report", "--by", "intent", "--since", "2025-12-31", "--until", "2026-01-02").output
    assert "(none told)" in found
    assert "no session began" in say("report", "--until", "2020-01-01").output


def test_what_is_not_due_yet_is_told_with_its_time(ends: Ends, say: Callable[..., Result]) -> None:
    ends.closed(ends.house.start(), Resolution.RESOLVED)
    assert "1 not due yet; the first at 2026-01-01 00:02:00 UTC\n" in say("recover").output
    found = json.loads(say("recover", "--format", "json").output)
    assert (found["waiting"], found["due"]) == (1, "2026-01-01T00:02:00.000000Z")
