"""A strict render against `string.Template.substitute` of the same text, interleaved in one run."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from string import Template
from timeit import Timer
from typing import Final

from benchmarks.rows import Row
from jackfield.domain.model.rendering import renderer
from jackfield.domain.model.templates import parse
from jackfield.domain.model.variables import Variable, VariableMatrix

ROUNDS: Final = 41
CALLS: Final = 1_000
GOALS: Final = ((3, "<= 1", "<= 0.5"), (30, "<= 3", "<= 0.35"))


def run() -> list[Row]:
    """Return microseconds and ratio for 3 and for 30 string variables, each the median of the rounds."""
    return [row for count, time, ratio in GOALS for row in _measure(count, time, ratio)]


def _measure(count: int, reach_time: str, reach_ratio: str) -> list[Row]:
    names = [f"variable_{number}" for number in range(count)]
    text = "".join(f"A sentence that leads to {{{{{name}}}}}, and goes on.\n" for name in names)
    values = {name: f"the value of {name}" for name in names}
    strict = renderer(parse(text), VariableMatrix(tuple(Variable(name=name) for name in names)))
    library = Template(text.replace("{{", "${").replace("}}", "}"))
    assert strict.render(values) == library.substitute(values)
    ours, theirs = _interleaved(lambda: strict.render(values), lambda: library.substitute(values))
    what = f"strict render of {count} variables"
    return [
        Row(what, ours, "µs", reach_time),
        Row(f"{what} / string.Template", ours / theirs, "ratio", reach_ratio),
    ]


def _interleaved(one: Callable[[], str], other: Callable[[], str]) -> tuple[float, float]:
    timers = (Timer(one), Timer(other))
    rounds = [[timer.timeit(CALLS) / CALLS * 1e6 for timer in timers] for _ in range(ROUNDS)]
    ours, theirs = (median(times) for times in zip(*rounds, strict=True))
    return ours, theirs


if __name__ == "__main__":
    for row in run():
        print(f"{row.what}: {row.measured:.2f} {row.unit} (reach {row.reach})")
