"""The fixtures of Jackfield: a core on a simulated platform."""

from __future__ import annotations

pytest_plugins = ["jackfield.testing"]
