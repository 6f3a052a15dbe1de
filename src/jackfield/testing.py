"""A pytest plugin: a core on a simulated platform, faults, and the contracts of adapters and providers.

Put `pytest_plugins = ["jackfield.testing"]` into the `conftest.py` at the root of your tests. It needs
pytest: `pip install 'jackfield[testing]'`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

from attrs import frozen

try:
    import pytest
except ImportError as error:
    raise ImportError("jackfield.testing needs pytest: pip install 'jackfield[testing]'") from error

_SUITES: Final = "jackfield.adapters.testing"
if _SUITES not in sys.modules:  # a failing contract then shows what was compared
    pytest.register_assert_rewrite(_SUITES)

from jackfield.adapters.clock import FrozenClock  # noqa: E402  # behind the rewriting of what it imports
from jackfield.adapters.simulator import Behavior, Faults, FaultyDial, FaultySend, Platform, Traffic  # noqa: E402  # as above
from jackfield.adapters.testing.advice import FakeAdviceGateway  # noqa: E402  # as above
from jackfield.adapters.testing.advice_gateway import AdviceGatewayContract  # noqa: E402  # as above
from jackfield.adapters.testing.assistant_gateway import AssistantGatewayContract  # noqa: E402  # as above
from jackfield.adapters.testing.assistants import ScriptedAssistants, ScriptedLine  # noqa: E402  # as above
from jackfield.adapters.testing.cache import CacheContract  # noqa: E402  # as above
from jackfield.adapters.testing.delivering import deliver_all  # noqa: E402  # as above
from jackfield.adapters.testing.destination import DestinationContract, KeepingDestination  # noqa: E402  # as above
from jackfield.adapters.testing.end_notices import EndNoticesContract, Told  # noqa: E402  # as above
from jackfield.adapters.testing.leases import LeasesContract  # noqa: E402  # as above
from jackfield.adapters.testing.ledger import LedgerContract  # noqa: E402  # as above
from jackfield.adapters.testing.lines import Line, When  # noqa: E402  # as above
from jackfield.adapters.testing.prompt_gateway import PromptGatewayContract  # noqa: E402  # as above
from jackfield.adapters.testing.prompt_metrics import PromptMetricsContract  # noqa: E402  # as above
from jackfield.adapters.testing.resolutions import Course, ResolutionsContract  # noqa: E402  # as above
from jackfield.adapters.testing.session_gateway import SessionGatewayContract  # noqa: E402  # as above
from jackfield.adapters.testing.sessions import FakeSessionGateway, ScriptedUnderstanding  # noqa: E402  # as above
from jackfield.adapters.testing.token_counter import TokenCounterContract  # noqa: E402  # as above
from jackfield.adapters.testing.understanding import UnderstandingContract  # noqa: E402  # as above
from jackfield.domain.model.fields import expect  # noqa: E402  # as above
from jackfield.domain.model.secrets import Secret  # noqa: E402  # as above
from jackfield.domain.model.subjects import organization  # noqa: E402  # as above
from jackfield.entrypoints.bootstrap import Parts, build  # noqa: E402  # as above
from jackfield.entrypoints.core import Core  # noqa: E402  # as above
from jackfield.entrypoints.plugging.plugged import Plugged  # noqa: E402  # as above
from jackfield.entrypoints.settings import OwnPlugins, Rules, Settings  # noqa: E402  # as above
from jackfield.plugins.host import Patience  # noqa: E402  # as above
from jackfield.plugins.sources import Source  # noqa: E402  # as above

__all__ = [
    "AdviceGatewayContract",
    "AssistantGatewayContract",
    "Behavior",
    "CacheContract",
    "Course",
    "DestinationContract",
    "EndNoticesContract",
    "FakeAdviceGateway",
    "FakeSessionGateway",
    "Faults",
    "FrozenClock",
    "KeepingDestination",
    "LeasesContract",
    "LedgerContract",
    "Line",
    "OpenCore",
    "Platform",
    "PromptGatewayContract",
    "PromptMetricsContract",
    "ResolutionsContract",
    "ScriptedAssistants",
    "ScriptedLine",
    "ScriptedUnderstanding",
    "SessionGatewayContract",
    "Simulator",
    "TokenCounterContract",
    "Told",
    "Traffic",
    "UnderstandingContract",
    "When",
    "clock",
    "core",
    "deliver_all",
    "faults",
    "open_core",
    "simulator",
    "simulator_url",
]


@frozen(kw_only=True)
class Simulator:
    """A simulated platform in this process: its state, the faults that it plays, and the line to it."""

    platform: Platform
    faults: Faults
    line: Line


class OpenCore(Protocol):
    """Opens a core on the simulated platform, on one and the same ledger each time."""

    def __call__(
        self,
        *,
        plugins: Mapping[str, object] | None = None,
        settings: Mapping[str, Mapping[str, object]] | None = None,
        environ: Mapping[str, str] | None = None,
        allow: tuple[str, ...] | None = None,
        ledger: str | None = None,
        token_counter: str = "upper-estimate",  # noqa: S107  # a name, no secret
        limit: timedelta = timedelta(seconds=2),
    ) -> Core:
        """Return a core with these *plugins* (classes, objects or modules) and none of those installed.

        *plugins* are by name, and so are *settings*, each the plugin's `[plugins.NAME]` table of plain data:
        `settings={"house-rules": {"forbidden": ["free of charge"]}}`. *environ* is what their secrets are
        read from. *allow*, *ledger* and *token_counter* are those of the settings file. Each call of a plugin
        may take *limit*.
        """
        ...


@pytest.fixture
def clock() -> FrozenClock:
    """The time of `core`: it stands still until `clock.advance(…)`; waiting moves it."""
    return FrozenClock()


@pytest.fixture
def faults() -> Faults:
    """The faults that the simulated platform plays, such as `faults.next("POST", "**", "drop-after")`."""
    return Faults()


@pytest.fixture
def simulator(clock: FrozenClock, faults: Faults) -> Simulator:
    """The simulated platform of `core`."""
    platform = Platform(clock=clock)
    return Simulator(platform=platform, faults=faults, line=Line(FaultySend(platform.send, faults, clock)))


@pytest.fixture
def simulator_url(simulator: Simulator) -> Iterator[str]:
    """The same platform behind a socket: its URL. Needs the extra `simulator`."""
    from jackfield.adapters.simulator import SimulatorServer

    with SimulatorServer(simulator.platform, faults=simulator.faults) as server:
        yield server.url


@pytest.fixture
def open_core(simulator: Simulator, clock: FrozenClock, tmp_path: Path) -> Iterator[OpenCore]:
    """A function that opens a core with plugins under test; all cores are closed behind the test."""
    cores = list[Core]()

    def opened(
        *,
        plugins: Mapping[str, object] | None = None,
        settings: Mapping[str, Mapping[str, object]] | None = None,
        environ: Mapping[str, str] | None = None,
        allow: tuple[str, ...] | None = None,
        ledger: str | None = None,
        token_counter: str = "upper-estimate",  # noqa: S107  # a name, no secret
        limit: timedelta = timedelta(seconds=2),
    ) -> Core:
        _expect_tables({} if settings is None else settings)
        own = OwnPlugins(allow=allow, tables=settings or {}, source="the test's settings")
        plugged = Plugged(
            sources=tuple(_source(name, plugin) for name, plugin in (plugins or {}).items()),
            patience=Patience(load=limit, call=limit, answer=limit, end=limit, delivery=limit),
            environ=environ or {},
        )
        core = build(
            Settings(
                target="test",
                platform="simulator",
                organization=organization("test"),
                folder=tmp_path / "jackfield" / "test",
                ledger=None if ledger is None else Secret(ledger),
                rules=Rules(plugins=own, token_counter=token_counter),
            ),
            Parts(
                clock=clock,
                send=simulator.line,
                dial=FaultyDial(simulator.platform, simulator.faults),
                plugged=plugged,
            ),
        )
        cores.append(core)
        return core

    yield opened
    for core in cores:
        core.close()


@pytest.fixture
def core(open_core: OpenCore) -> Core:
    """A core on the simulated platform, with its ledger in a temporary folder and a clock that stands."""
    return open_core()


_TABLES: Final = 'give the table of each plugin by its name, such as {"house-rules": {"forbidden": ["free"]}}'


def _expect_tables(settings: Mapping[str, object]) -> None:
    expect(Mapping, settings, "settings", _TABLES)
    for name, table in settings.items():
        expect(Mapping, table, f"settings[{name!r}]", _TABLES)


def _source(name: str, plugin: object) -> Source:
    return Source(name=name, load=lambda: plugin, distribution="the test")
