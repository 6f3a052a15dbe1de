"""The service as one WSGI application, composed around an open core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack

from attrs import field, frozen

from jackfield.adapters.genesys.auth import TokenSource
from jackfield.adapters.http import Send
from jackfield.entrypoints.bootstrap import new_id
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.access_log import AccessLog
from jackfield.entrypoints.service.advising import CountedAdvice
from jackfield.entrypoints.service.dispatching import falcon_app
from jackfield.entrypoints.service.frame import Direct, Frame
from jackfield.entrypoints.service.gates import MOST, Gate
from jackfield.entrypoints.service.jobs.job import Job
from jackfield.entrypoints.service.jobs.own import own_jobs
from jackfield.entrypoints.service.jobs.watching import Watch
from jackfield.entrypoints.service.operations import Operation
from jackfield.entrypoints.service.readiness import Kept, Reach, looked, not_ready
from jackfield.entrypoints.service.routes import DIRECT, OPERATIONS
from jackfield.entrypoints.service.serving import Serving
from jackfield.entrypoints.service.simulated import Simulated
from jackfield.entrypoints.service.tokens import Tokens
from jackfield.entrypoints.service.tracing import RequestIds
from jackfield.entrypoints.settings.service import ServiceRules

_FRESH_S = 1.0


@frozen(kw_only=True)
class Given:
    """What is given to the service besides its core.

    `probe` asks a platform whether it answers, `url` is where, and `tokens` are ours; `simulated` is the
    platform whose routes are served too. `concurrency` is the most requests at work. `direct` makes
    operations without Falcon.
    """

    rules: ServiceRules = field(factory=ServiceRules)
    concurrency: int = MOST
    loopback: bool = True
    log: AccessLog | None = None
    probe: Send | None = None
    url: str = ""
    tokens: tuple[TokenSource, ...] = ()
    simulated: Send | None = None
    new_id: Callable[[], str] = new_id
    operations: Iterable[Operation] = OPERATIONS
    direct: Mapping[tuple[str, str], Callable[[Serving], Direct]] = field(factory=lambda: DIRECT)


def serving_of(core: Core, given: Given) -> Serving:
    """Return what operations work with; no job has begun."""
    jobs: tuple[Job, ...] = tuple(own_jobs(core, given.rules))
    reach, counted, watch = Reach(core, given.probe, given.url, given.tokens), CountedAdvice(), Watch(core)
    return Serving(
        core=core,
        rules=given.rules,
        new_id=given.new_id,
        readiness=Kept(
            lambda: looked(core, jobs, reach, watch, counted),
            _FRESH_S,
            meanwhile=not_ready("it is just being looked at"),
        ),
        gate=Gate(given.concurrency),
        tokens=Tokens(given.rules.tokens),
        jobs=jobs,
        watch=watch,
        loopback=given.loopback,
        counted=counted,
    )


def application(serving: Serving, given: Given) -> Frame:
    """Return the application."""
    app = falcon_app(serving, given.operations)
    return Frame(
        app=app if given.simulated is None else Simulated(app, given.simulated, serving),
        counters=serving.counters,
        new_id=RequestIds(),
        log=given.log,
        direct={place: made(serving) for place, made in given.direct.items()},
    )


def simulated_platform(core: Core, stack: ExitStack) -> Send | None:
    """Return the embedded platform of a simulator target, which *stack* closes; None for any other."""
    if core.settings.platform != "simulator":
        return None
    from jackfield.adapters.simulator import FileStore, Platform

    store = FileStore(core.settings.folder / "simulator.db")
    stack.callback(store.close)
    return Platform(clock=core.prompts.operations.records.clock, store=store).send
