"""Whose words are printed: Jackfield's own, or those of a plugin that it calls."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_FOREIGN: Final = ContextVar("jackfield_foreign", default=False)


@contextmanager
def foreign() -> Generator[None]:
    """Whatever is printed in this block is a plugin's."""
    token = _FOREIGN.set(True)
    try:
        yield
    finally:
        _FOREIGN.reset(token)


def is_foreign() -> bool:
    """Say whether what is printed now is a plugin's: it is called on threads of its own, but for ledgers."""
    return threading.current_thread() is not threading.main_thread() or _FOREIGN.get()
