"""Several settings that do not fit, told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem


def refuse_together(place: str, *looks: Callable[[], object]) -> None:
    """Raise what one of *looks* raises, or one `InvalidInput` of *place* that lists what several raise."""
    faults = tuple(_faults(looks))
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise InvalidInput(
            f"{len(faults)} settings do not fit",
            place=place,
            remedy="mend what is listed",
            problems=(problem for fault in faults for problem in _problems(fault)),
        )


def _faults(looks: tuple[Callable[[], object], ...]) -> Iterator[InvalidInput]:
    for look in looks:
        try:
            look()
        except InvalidInput as error:
            yield error


def _problems(fault: InvalidInput) -> Iterator[Problem]:
    message = f"{fault.message}; {fault.remedy}" if fault.remedy else fault.message
    yield Problem(code="setting", message=message, place=fault.place)
    yield from fault.problems
