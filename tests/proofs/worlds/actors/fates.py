"""What nobody wants: time, power cuts, restarts, clocks that are set; and what is delivered all the same."""

from __future__ import annotations

from datetime import timedelta

from tests.proofs.worlds.world import Process, World


def time_passes(world: World, _: Process) -> str:
    """Let seconds pass, or minutes, or an hour."""
    seconds = world.chance.choice((1, 5, 30, 130, 400, 3_700))
    world.pass_time(timedelta(seconds=world.chance.uniform(seconds / 2, seconds)))
    return str(seconds)


def the_clock_is_set(world: World, _: Process) -> str:
    """Set the processes' clock, on or back; it is never off by more than an hour."""
    minutes = world.chance.choice((-60, -1, 1, 60))
    if abs(world.clock.off + timedelta(minutes=minutes)) > timedelta(hours=1):
        minutes = -minutes
    world.clock.step(timedelta(minutes=minutes))
    return str(minutes)


def restart(world: World, process: Process) -> str:
    """Close a process, and begin another."""
    world.reopen(process)
    return "restarted"


def power_cut(world: World, _: Process) -> str:
    """Cut the power."""
    world.cut_the_power()
    return "cut"


def kill(world: World, process: Process) -> str:
    """Kill a process that does nothing at the moment."""
    world.kill(process)
    return "killed"


def deliver(world: World, process: Process) -> str:
    """Deliver what is due."""
    passed = process.core.deliveries.run(timedelta(seconds=world.chance.choice((1, 60))))
    return " ".join(f"{each.delivered} {each.failed} {each.died} {each.busy}" for each in passed)


def luck_turns(world: World, process: Process) -> str:
    """Let all faults stop for a while, or begin again."""
    faults = process.house.faults
    if faults.view()["faults"]:
        faults.clear()
        return "good"
    world.make_faults(process.house)
    return "bad"
