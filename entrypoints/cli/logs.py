"""Showing log lines to who runs the command."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from loguru import logger

_FORMAT: Final = "{time:HH:mm:ss.SSS} {level} {message} {extra}"


@contextmanager
def shown_logs() -> Generator[None]:
    """Write what Jackfield logs to standard error; a traceback never shows the values of variables."""
    logger.remove()
    sink = logger.add(sys.stderr, level="DEBUG", format=_FORMAT, diagnose=False, backtrace=False)
    logger.enable("jackfield")
    try:
        yield
    finally:
        logger.disable("jackfield")
        logger.remove(sink)
