"""Showing log lines to who runs the command."""

from __future__ import annotations

import sys
from typing import Final

from loguru import logger

_FORMAT: Final = "{time:HH:mm:ss.SSS} {level} {message} {extra}"


def show_logs() -> None:
    """Write what Jackfield logs to standard error; a traceback never shows the values of variables."""
    logger.remove()
    logger.add(sys.stderr, level="DEBUG", format=_FORMAT, diagnose=False, backtrace=False)
    logger.enable("jackfield")
