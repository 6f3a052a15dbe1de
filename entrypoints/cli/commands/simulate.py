"""`jackfield simulate`: the simulated platform as a server."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, BinaryIO

import click

from jackfield.entrypoints.cli.options import Number, Options, common, pass_options
from jackfield.entrypoints.cli.periods import Period

if TYPE_CHECKING:
    from jackfield.adapters.simulator import Article, FileStore, SimulatorServer
    from jackfield.adapters.simulator.faults import Faults, Rule


class Client(click.ParamType[tuple[str, str]]):
    """An OAuth client as `ID:SECRET`."""

    name = "client"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Read the text; what is wrong with it is said without it."""
        if isinstance(value, tuple):
            return value
        client, _, secret = value.partition(":")
        if not client or not secret:
            self.fail("a client is written ID:SECRET", param, ctx)
        return client, secret


class FaultRule(click.ParamType["Rule"]):
    """A random fault as `KIND:RATE[:SECONDS][@[METHOD ]PATH]`."""

    name = "fault"

    def convert(self, value: str | Rule, param: click.Parameter | None, ctx: click.Context | None) -> Rule:
        """Read the text; click shows what is wrong with it."""
        from jackfield.adapters.simulator.faults import parse
        from jackfield.domain.model.errors import InvalidInput

        if not isinstance(value, str):
            return value
        try:
            return parse(value)
        except InvalidInput as error:
            self.fail(f"{error.message}; {error.remedy}", param, ctx)


@click.command(
    short_help="Serve a simulated platform.",
    epilog="Example: jackfield simulate --port 18080 --latency 150ms --seed 7",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=Number(0, 65535), default=18080, show_default=True, help="0 for any free.")
@click.option("--latency", type=Period(), default="0ms", show_default=True, help="Before every answer.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Equal seeds make equal ids and equal faults."
)
@click.option(
    "--fault",
    "faults",
    metavar="KIND:RATE[:SECONDS][@ROUTE]",
    type=FaultRule(),
    multiple=True,
    help="Play a fault at random, such as 429:0.2, slow:0.1:2 or '503:1@POST /api/v2/ai/llm/prompts'.",
)
@click.option(
    "--client", "clients", metavar="ID:SECRET", type=Client(), multiple=True, help="Admit this one only."
)
@click.option("--window", type=Period(), default="1m", show_default=True, help="The rate limits' window.")
@click.option("--no-limits", is_flag=True, help="Answer any number of requests.")
@click.option("--state", metavar="DIR", type=click.Path(path_type=Path), help="Keep the platform on disk.")
@click.option("--bots", metavar="FILE", type=click.File("rb"), help="Its bots, as a JSON list.")
@click.option(
    "--knowledge", metavar="FILE", type=click.File("rb"), help="Its knowledge bases, as a JSON list."
)
@common
@pass_options
def simulate(
    options: Options,
    *,
    host: str,
    port: int,
    latency: timedelta,
    seed: int,
    faults: tuple[Rule, ...],
    clients: tuple[tuple[str, str], ...],
    window: timedelta,
    no_limits: bool,
    state: Path | None,
    bots: BinaryIO | None,
    knowledge: BinaryIO | None,
) -> None:
    """Serve a simulated platform until interrupted.

    Point GENESYS_BASE_URL, or a target's base_url, at it. GET and POST /_simulator/clock read the clock
    and move it, GET /_simulator/state shows everything, POST /_simulator/reset begins anew. GET, POST and
    DELETE /_simulator/faults show, add and clear faults; /_simulator/assistants does so with what
    assistants answer, /_simulator/bots with what bots understand, /_simulator/knowledge with what agents are
    advised.
    """
    from jackfield.adapters.clock import ShiftedClock
    from jackfield.adapters.simulator import Platform, RateLimits
    from jackfield.adapters.simulator.bots import given

    server_class = _server()
    ours = None if bots is None else given(bots.read())
    articles = None if knowledge is None else _articles(knowledge)
    store = _store(state)
    platform = Platform(
        clock=ShiftedClock(),
        store=store,
        seed=seed,
        clients=dict(clients) or None,
        limits=None if no_limits else RateLimits(window=window),
        bots=ours,
        knowledge=articles,
    )
    if articles is not None:
        platform.library.rank()
    with server_class(platform, host=host, port=port, latency=latency, faults=_plan(seed, faults)) as server:
        stop = _stop()
        _say(options, server.url)
        if options.output.trouble is None:  # else nobody knows that it is there
            stop.wait()
    if store is not None:
        store.close()


def _articles(file: BinaryIO) -> Mapping[str, tuple[Article, ...]]:
    from jackfield.adapters.simulator.knowledge import given

    return given(file.read(), place=f"{file.name}, knowledge")


def _plan(seed: int, rules: tuple[Rule, ...]) -> Faults:
    from jackfield.adapters.simulator.faults import Faults

    faults = Faults(seed=seed)
    for rule in rules:
        faults.add(rule)
    return faults


def _server() -> type[SimulatorServer]:
    from jackfield.domain.model.errors import InvalidInput

    try:
        from jackfield.adapters.simulator import SimulatorServer
    except ImportError:
        raise InvalidInput(
            "the simulator's server needs aiohttp",
            place="simulate",
            remedy="pip install 'jackfield[simulator]'",
        ) from None
    return SimulatorServer


def _store(folder: Path | None) -> FileStore | None:
    if folder is None:
        return None
    from jackfield.adapters.simulator import FileStore
    from jackfield.domain.model.errors import InvalidInput

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"it cannot be the simulator's folder: {error.strerror}",
            place=str(folder),
            remedy="name another one with --state",
        ) from None
    return FileStore(folder / "simulator.db")


def _say(options: Options, url: str) -> None:
    if options.json:
        from jackfield.entrypoints.cli.output import show_json

        show_json({"url": url})
    else:
        click.echo(f"simulated platform at {url} (Ctrl-C stops it)")
    sys.stdout.flush()


def _stop() -> threading.Event:
    """Return what Ctrl-C or SIGTERM sets from now on."""
    stop = threading.Event()

    def finish(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, finish)
    return stop
