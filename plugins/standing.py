"""What became of a plugin."""

from __future__ import annotations

from enum import StrEnum


class PluginState(StrEnum):
    """What became of a plugin."""

    LOADED = "loaded"
    FAILED = "failed"
    HUNG = "hung"
    NOT_ALLOWED = "not allowed"
