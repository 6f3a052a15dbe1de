"""Settings: options over environment over `jackfield.toml` over defaults; each value knows its source."""

from __future__ import annotations

from jackfield.entrypoints.settings.credentials import refuse_missing
from jackfield.entrypoints.settings.resolve import resolve, rules, survey
from jackfield.entrypoints.settings.values import Credentials, OwnPlugins, Rules, Settings, Sourced

__all__ = [
    "Credentials",
    "OwnPlugins",
    "Rules",
    "Settings",
    "Sourced",
    "refuse_missing",
    "resolve",
    "rules",
    "survey",
]
