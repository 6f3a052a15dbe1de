"""A walk through a world by its seed: some dozen steps, then everything is made good; and its trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from random import Random
from traceback import format_exception
from types import ModuleType
from typing import Final, TypeAlias

from attrs import field, frozen

from jackfield.adapters.testing.delivering import deliver_all
from jackfield.domain.model.deliveries.wanting import wanted
from jackfield.domain.model.errors import JackfieldError
from tests.proofs.worlds import laws, makings, truth
from tests.proofs.worlds.actors import agents, askers, customers, editors, fates
from tests.proofs.worlds.world import FOREVER, House, Process, World
from tests.unit.services.conftest import FIRST, NAME, version

Act: TypeAlias = Callable[[World, Process], str]

ACTS: Final[Mapping[Act, int]] = {
    editors.publish: 6,
    editors.promote: 5,
    editors.roll_back: 3,
    editors.unfreeze: 1,
    editors.look: 3,
    editors.begin: 3,
    editors.observe: 4,
    editors.step: 3,
    editors.stop: 1,
    editors.collect: 1,
    askers.ask: 6,
    customers.start: 8,
    customers.turn: 10,
    customers.escalate: 3,
    customers.hand_back: 3,
    customers.close: 4,
    customers.hang_up: 3,
    customers.register: 2,
    customers.hear: 5,
    customers.recover: 3,
    customers.catch_up: 2,
    customers.report: 1,
    agents.query: 8,
    agents.feedback: 3,
    agents.edit: 2,
    agents.sum_up: 1,
    fates.time_passes: 8,
    fates.the_clock_is_set: 1,
    fates.restart: 1,
    fates.power_cut: 1,
    fates.kill: 1,
    fates.deliver: 5,
    fates.luck_turns: 2,
}
_STEPS: Final = (20, 45)
_DIES: Final = (0.0, 0.1, 0.25)
_DISK: Final = (0.0, 0.0, 0.05)
_LATEST_STEP: Final = 16
_LONG: Final = timedelta(hours=2)
_ROUNDS: Final = 2
_TAIL: Final = 25


@frozen(kw_only=True)
class Walked:
    """What came of a seed: its trace, and why it failed, if it did."""

    seed: int
    trace: tuple[str, ...] = field(repr=False)
    counts: Mapping[str, int]
    failure: str | None = None

    @property
    def hash(self) -> str:
        """Equal for equal traces."""
        return sha256("\n".join(self.trace).encode()).hexdigest()

    def __str__(self) -> str:
        tail = "\n".join(self.trace[-_TAIL:])
        return f"seed {self.seed} failed\n{tail}\n{self.failure}alone: JACKFIELD_SEED={self.seed}"


def walk(seed: int, actors: ModuleType | None = None) -> Walked:
    """Walk through the world of *seed*, and return what came of it; of *actors*, or all."""
    world = World(seed)
    failure: str | None = None
    try:
        with world:
            _walk(world, actors)
    except Exception as error:  # noqa: BLE001  # whatever it is, the seed has failed
        failure = "".join(format_exception(error))
    return Walked(seed=seed, trace=tuple(world.trace), counts=world.counts, failure=failure)


def _walk(world: World, actors: ModuleType | None) -> None:
    chance, names = world.chance, {module.__name__ for module in (actors, fates) if module is not None}
    acts = {act: weight for act, weight in ACTS.items() if actors is None or act.__module__ in names}
    weights = {act: weight * chance.choice((0.3, 1, 3)) for act, weight in acts.items()}
    dies, fails = chance.choice(_DIES), chance.choice(_DISK)
    world.receiver.rate = chance.choice((0.0, 0.1, 0.3))
    for house in world.houses:
        _begin(world, house)
    for _ in range(chance.randint(*_STEPS)):
        (act,) = chance.choices(list(weights), weights=list(weights.values()))
        process = chance.choice(world.processes)
        death = chance.randrange(_LATEST_STEP) if chance.random() < dies else FOREVER
        _let_the_disk_fail(world, chance, fails)
        _step(world, act, process, death)
        world.mend()
        laws.hold(world)
    _make_good(world)


def _begin(world: World, house: House) -> None:
    """A prompt is live, and mostly the platform tells of ends; then it begins."""
    process = next(each for each in world.processes if each.house is house)
    for act in (_publish_two, editors.promote, customers.start):
        _do(world, act, process)
    if world.chance.random() < 0.8:
        _do(world, customers.register, process)
    world.make_faults(house)


def _publish_two(_: World, process: Process) -> str:
    for definition in (FIRST, version("1.1.0")):
        process.me.prompts.publish(definition)
    return "published"


def _do(world: World, act: Act, process: Process, *, dies_after: float = FOREVER) -> str:
    return world.do(process, lambda each: act(world, each), dies_after=dies_after)


def _step(world: World, act: Act, process: Process, dies_after: float) -> None:
    name, folder = act.__name__, world.folder
    came = _do(world, act, process, dies_after=dies_after)
    world.count(f"{name}: {came.split(' ')[0]}" if came == "killed" else name)
    heads = [world.witness.head(house.organization).head[:8] for house in world.houses]
    now = world.passed.so_far.total_seconds()
    world.trace.append(f"{len(world.trace)} {now:.6f} {name} by {process.number}: {came} {heads}")
    if came == "killed" or folder != world.folder:
        laws.hold_at_length(world)


def _let_the_disk_fail(world: World, chance: Random, fails: float) -> None:
    if chance.random() < fails:
        if chance.random() < 0.5:
            world.disk.writes_left = chance.randrange(30)
        else:
            world.disk.syncs_left = chance.randrange(4)


def _make_good(world: World) -> None:
    """Nothing fails any more, and time has passed: somebody settles what was left, and all agree."""
    world.receiver.rate = 0.0
    for house in world.houses:
        house.faults.clear()
    world.clock.step(-world.clock.off)
    for process in [next(each for each in world.processes if each.house is house) for house in world.houses]:
        world.reopen(process)
    for _ in range(_ROUNDS):
        world.pass_time(_LONG)
        for house in world.houses:
            _settle(world, next(each for each in world.processes if each.house is house))
    laws.hold(world)
    laws.hold_at_length(world)
    for house in world.houses:
        laws.they_agree(world, house)
        _all_is_delivered(world, house)
    _all_ends(world)


def _settle(world: World, process: Process) -> None:
    for act in (
        editors.unfreeze,
        _settle_prompt,
        customers.recover,
        customers.hear,
        customers.catch_up,
        _deliver,
    ):
        came = _do(world, act, process)
        world.trace.append(f"settling, {act.__name__}: {came}")


def _settle_prompt(_: World, process: Process) -> str:
    """Make what is live by the record live once more: whoever changes it first settles what was left."""
    me = process.me.prompts
    live = me.status(NAME).live
    assert live is not None
    if me.status(NAME).rollout is not None:
        return str(process.me.rollouts.stop(NAME).move.act)
    me.promote(me.version(NAME, live.number))
    return live.number


def _deliver(world: World, process: Process) -> str:
    for status in process.core.deliveries.status():
        if status.dead:
            process.core.delivering_as("cron", reason="again").retry(status.name)
    deliver_all(process.core.deliveries, world.clock)
    return "delivered"


def _all_is_delivered(world: World, house: House) -> None:
    """Every entry that the receiver wants came, in order by subject; which was looked at as it came."""
    for entry in truth.entries(world.witness, house.organization):
        if wanted(("*",), entry.event, by=makings.HOOKS):
            assert entry.event.id in world.receiver.bodies, f"{entry.event.type} was never delivered"


def _all_ends(world: World) -> None:
    """Whatever is open can be closed, here and there."""
    for house in world.houses:
        process = next(each for each in world.processes if each.house is house)
        world.turns.owner = process
        for name in truth.sessions(world.witness, house.organization):
            _close(process, name)
        world.pass_time(_LONG)
        _settle(world, process)
        laws.they_agree(world, house)
        assert all(each["ended"] is not None for each in truth.conversations(house.platform))
        process.core.close()


def _close(process: Process, name: str) -> None:
    session = process.me.sessions.get(name)
    if session.view().standing in ("closed", "released"):
        return
    try:
        session.close("failed")
    except JackfieldError as error:
        raise AssertionError(f"session {name} cannot be closed: {error}") from error
