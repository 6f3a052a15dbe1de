"""A simulated Genesys platform: state and rules behind one HTTP seam, in process or over a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jackfield.adapters.simulator.faults import Fault, Faults, FaultyDial, FaultySend
from jackfield.adapters.simulator.platform.bots import Closing, Outage, ScriptedEvaluation, SimulatedBot
from jackfield.adapters.simulator.platform.desk import StreamRules
from jackfield.adapters.simulator.platform.knowledge import Article
from jackfield.adapters.simulator.platform.limits import RateLimits
from jackfield.adapters.simulator.platform.noticing import NoticeRules, Outgoing
from jackfield.adapters.simulator.platform.organization import Platform
from jackfield.adapters.simulator.platform.repertoire import AT_ONCE, Assistant, Pace, Scripted
from jackfield.adapters.simulator.platform.traffic import Behavior, Traffic
from jackfield.adapters.simulator.store import MemoryStore, Store

if TYPE_CHECKING:
    from jackfield.adapters.simulator.file_store import FileStore
    from jackfield.adapters.simulator.server import SimulatorServer

__all__ = [
    "AT_ONCE",
    "Article",
    "Assistant",
    "Behavior",
    "Closing",
    "Fault",
    "Faults",
    "FaultyDial",
    "FaultySend",
    "FileStore",
    "MemoryStore",
    "NoticeRules",
    "Outage",
    "Outgoing",
    "Pace",
    "Platform",
    "RateLimits",
    "Scripted",
    "ScriptedEvaluation",
    "SimulatedBot",
    "SimulatorServer",
    "Store",
    "StreamRules",
    "Traffic",
]


def __getattr__(name: str) -> object:
    # The server needs aiohttp, which is an extra: in process nobody pays for it.
    if name == "SimulatorServer":
        from jackfield.adapters.simulator.server import SimulatorServer

        return SimulatorServer
    if name == "FileStore":
        from jackfield.adapters.simulator.file_store import FileStore

        return FileStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
