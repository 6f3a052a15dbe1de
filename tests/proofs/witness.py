"""Who sees everything that can be seen, and knows the secrets that must not be there."""

from __future__ import annotations

import base64
import io
import logging
import pickle
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, TypeAlias

from attrs import define, field
from loguru import logger

from jackfield.domain.model.errors import JackfieldError

SECRET: Final = "canary-client-secret"
VALUE: Final = "canary-customer-value"
PASSWORD: Final = "canary-url-password"
BASIC: Final = base64.b64encode(f"an-id:{SECRET}".encode()).decode()

Path_: TypeAlias = tuple[str, Callable[[], object]]

_ROOT: Final = Path(__file__).parents[2]
_TESTS: Final = _ROOT / "tests"


@define
class Witness:
    """Keeps everything that can be seen, and knows the canaries; `logged` is what libraries logged last."""

    logged: io.StringIO
    canaries: set[str] = field(factory=lambda: {SECRET, VALUE, PASSWORD, BASIC})
    seen: dict[str, str] = field(factory=dict[str, str])

    def watch(self, name: str, act: Callable[[], object], *, frames: bool = False) -> None:
        """Do it, and keep its result or its error, and what was logged meanwhile.

        *frames* looks at the variables of our own frames too, as a debugger or `diagnose=True` does.
        """
        with self._listening():
            try:
                shown = _told(act())
            except Exception as error:  # noqa: BLE001  # whatever comes out may hold a secret
                shown = _told_of(error)
                shown += "\n".join(_locals(error.__traceback__)) if frames else ""
        self.seen[name] = shown + self.logged.getvalue()

    def leaks(self) -> list[str]:
        """Name each path that shows a canary."""
        lines = "\n".join({line for text in self.seen.values() for line in text.splitlines()})
        shown = [canary for canary in self.canaries if canary in lines]
        return [name for name, text in self.seen.items() if any(canary in text for canary in shown)]

    @contextmanager
    def _listening(self) -> Generator[None]:
        self.logged.seek(0)
        self.logged.truncate()
        root, level = logging.getLogger(), logging.getLogger().level
        root.addHandler(handler := logging.StreamHandler(self.logged))
        root.setLevel(logging.DEBUG)
        logger.enable("jackfield")
        try:
            yield
        finally:
            logger.disable("jackfield")
            root.removeHandler(handler)
            root.setLevel(level)


@contextmanager
def witnessing() -> Generator[Witness]:
    """Give a witness who hears everything that any library logs, at its most talkative."""
    logged = io.StringIO()
    sink = logger.add(logged, level="TRACE", diagnose=False, backtrace=False, serialize=True)
    try:
        yield Witness(logged)
    finally:
        logger.remove(sink)


def _told(value: object) -> str:
    return f"{value} {value!r}"


def _told_of(error: BaseException) -> str:
    parts = [*traceback.format_exception(error), _told(error), _told(vars(error)), _told(error.args)]
    if isinstance(error, JackfieldError):
        parts += map(_told, error.attempts)
        elsewhere: object = pickle.loads(pickle.dumps(error))  # noqa: S301  # written just now
        parts.append(_told(vars(elsewhere)))
    return "\n".join(parts)


def _locals(trace: TracebackType | None) -> Iterator[str]:
    """What a debugger shows of our own frames: the variables of each, as they show themselves."""
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if _ROOT in path.parents and _TESTS not in path.parents and ".venv" not in path.parts:
            yield f"{path.name}:{trace.tb_lineno} {trace.tb_frame.f_locals!r}"
        trace = trace.tb_next
