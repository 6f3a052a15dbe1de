"""The marks of a hook's specification and of a plugin's implementation of it."""

from __future__ import annotations

from typing import Final

from pluggy import HookimplMarker, HookspecMarker

PROJECT: Final = "jackfield"

hookspec: Final = HookspecMarker(PROJECT)
hookimpl: Final = HookimplMarker(PROJECT)
"""Put it before each function or method that is a hook: `@hookimpl`."""
