"""Who sends units to their versions."""

from __future__ import annotations

from enum import StrEnum


class Router(StrEnum):
    """Who sends units to their versions: our `choose`, or the platform by its own A/B trigger."""

    LOCAL = "local"
    PLATFORM = "platform"
