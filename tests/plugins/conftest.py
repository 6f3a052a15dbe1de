"""The fixtures of the public door, as those who test their plugins have them."""

from __future__ import annotations

from jackfield.testing import clock, core, faults, open_core, simulator, simulator_url

__all__ = ["clock", "core", "faults", "open_core", "simulator", "simulator_url"]
