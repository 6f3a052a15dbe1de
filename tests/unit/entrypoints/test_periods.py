"""Periods and numbers on the command line: one way to write them, for all commands."""

from __future__ import annotations

from datetime import timedelta

import click
import pytest

from jackfield.domain.services.advice.values import LONGEST, SHORTEST
from jackfield.entrypoints.cli.commands.advice import query
from jackfield.entrypoints.cli.commands.simulate import simulate
from jackfield.entrypoints.cli.options import Real
from jackfield.entrypoints.cli.periods import Period
from jackfield.entrypoints.service.shapes.advice import AskingAdvice
from jackfield.entrypoints.settings.advice import AdviceRules


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("800ms", 0.8), ("90s", 90), ("1.5s", 1.5), ("30m", 1800), ("1 h", 3600), ("2d", 172_800), (" 1s ", 1)],
)
def test_a_period_is_read(text: str, seconds: float) -> None:
    assert Period().convert(text, None, None) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "800", "ms", "-1s", "1w", "1,5s", "1e3s", "\u0661s", "1234567s", "1s2"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="a period is such as 150ms, 90s, 30m, 1h or 2d"):
        Period().convert(text, None, None)


@pytest.mark.parametrize("text", ["9ms", "601s", "0s"])
def test_what_is_out_of_range_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(click.BadParameter, match="a period here is 10ms to 10m"):
        Period(SHORTEST, LONGEST).convert(text, None, None)


def test_a_deadline_is_as_short_wherever_it_is_given() -> None:
    (option,) = [each for each in query.params if each.name == "deadline"]
    assert isinstance(option.type, Period)
    assert (option.type.least, option.type.most) == (SHORTEST, LONGEST)
    least = SHORTEST.total_seconds()
    AskingAdvice(conversation="c", transcript="t", agent="a", deadline_s=least)
    assert AdviceRules(deadline_s=least).rules.deadline == SHORTEST


def test_the_simulator_reads_periods_as_all_commands_do() -> None:
    kinds = {each.name: type(each.type) for each in simulate.params}
    assert (kinds["latency"], kinds["window"]) == (Period, Period)


@pytest.mark.parametrize("text", ["1.5", "-0.1", "nan", "inf", "much"])
def test_a_number_out_of_its_range_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Real(0, 1).convert(text, None, None)


def test_a_number_of_the_range_is_read() -> None:
    assert Real(0, 1).convert("0.8", None, None) == 0.8
