"""Outages on purpose: a layer around the platform's `send`, in process and behind the socket."""

from __future__ import annotations

from jackfield.adapters.simulator.faults.dialing import FaultyDial
from jackfield.adapters.simulator.faults.kinds import KINDS, Fault
from jackfield.adapters.simulator.faults.plan import Faults, Injection
from jackfield.adapters.simulator.faults.rules import Pattern, Rule, parse
from jackfield.adapters.simulator.faults.sending import FaultySend

__all__ = ["KINDS", "Fault", "Faults", "FaultyDial", "FaultySend", "Injection", "Pattern", "Rule", "parse"]
