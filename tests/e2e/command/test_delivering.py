"""What every command that changes something delivers before it exits, and what it says is left."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from jackfield.domain.services.deliveries.cutting import CUT
from tests import forks
from tests.e2e.command.conftest import COMMAND, House
from tests.e2e.command.hearing import Receiver, receiving
from tests.e2e.command.rollouts.conftest import tell

HEARS = """\
[deliveries]
deadline_s = {deadline}
[[plugins.webhooks.endpoints]]
name = "everything"
url = "{url}"
types = ["*:succeeded", "delivery.*"]
"""
OTHER = """\
[[plugins.webhooks.endpoints]]
name = "crm"
url = "{url}"
types = ["prompt.publish:succeeded"]
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def told(house: House, receiver: Receiver) -> House:
    """A house of which somebody hears everything."""
    house.settings(HEARS.format(url=receiver.url, deadline=10))
    return house


@pytest.fixture
def late(house: House, receiver: Receiver) -> House:
    """A house whose receiver is waited for but a moment."""
    house.settings(HEARS.format(url=receiver.url, deadline=0.2))
    return house


def _heard(house: House, receiver: Receiver, *arguments: str) -> list[str]:
    """The types that came before the command ended."""
    before = len(receiver.heard)
    done = house(*arguments, "--reason", "CHG-1")
    assert "error" not in done.err
    return [each["type"] for each in receiver.heard[before:]]


def test_every_command_that_changes_a_prompt_tells_of_it_before_it_exits(
    told: House, receiver: Receiver
) -> None:
    one, two = str(told.write("1.0.0", "kindly")), str(told.write("1.1.0", "briefly"))
    commands = (
        ("publish", one),
        ("apply", two),
        ("promote", "greeting", "1.1.0"),
        ("rollback", "greeting", "--freeze"),
        ("unfreeze", "greeting"),
        ("export", "greeting", "--to", "exported.json"),
        ("audit", "erase", "--prompt", "greeting"),
        ("audit", "erase", "--prompt", "greeting"),
    )
    assert [_heard(told, receiver, *command) for command in commands] == [
        ["prompt.publish"],
        ["prompt.publish"],
        ["prompt.promote"],
        ["prompt.roll_back", "prompt.freeze"],
        ["prompt.unfreeze"],
        ["prompt.export"],
        ["audit.erase"],
        [],
    ]


def test_every_command_of_a_rollout_tells_of_it_before_it_exits(told: House, receiver: Receiver) -> None:
    told.publish("1.0.0", "1.1.0", "1.2.0")
    step = ("--shares", "50%,100%", "--least", "0s", "--margin", "0.9")
    commands = (
        ("rollout", "start", "greeting", "1.1.0", *step),
        ("rollout", "hold", "greeting"),
        ("rollout", "hold", "greeting", "--release"),
        ("rollout", "stop", "greeting"),
        ("rollout", "start", "greeting", "1.2.0", *step),
        ("rollout", "stop", "greeting", "--roll-back"),
        ("rollout", "rotate-key"),
    )
    assert [_heard(told, receiver, *command) for command in commands] == [
        ["rollout.start"],
        ["rollout.hold"],
        ["rollout.hold"],
        ["rollout.stop"],
        ["rollout.start"],
        ["rollout.roll_back"],
        ["pins.rotate"],
    ]


@pytest.mark.parametrize("command", ["step", "watch"])
def test_a_move_is_told_before_the_command_exits(told: House, receiver: Receiver, command: str) -> None:
    told.publish("1.0.0", "1.1.0")
    told("rollout", "start", "greeting", "1.1.0", "--shares", "50%,100%", "--least", "0s")
    tell(well=False)
    assert _heard(told, receiver, "rollout", command, "greeting") == ["rollout.roll_back"]


def test_a_watch_tells_of_its_moves_while_it_lasts(told: House, receiver: Receiver) -> None:
    told.publish("1.0.0", "1.1.0")
    told("rollout", "start", "greeting", "1.1.0", "--shares", "50%,100%", "--least", "0s")
    while receiver.more.acquire(blocking=False):
        continue
    with forks.kind(os.environ)(
        [COMMAND, "rollout", "watch", "greeting", "--every", "1h"], cwd=told.folder, stdout=subprocess.PIPE
    ) as watch:
        try:
            assert receiver.more.acquire(timeout=30)
            assert watch.poll() is None
        finally:
            watch.kill()
    assert receiver.heard[-1]["type"] == "rollout.hold"


@pytest.mark.parametrize("verb", ["retry", "discard"])
def test_what_is_done_by_hand_is_told_to_the_others(house: House, verb: str) -> None:
    with receiving() as crm, receiving() as receiver:
        crm.status = 422
        house.settings(HEARS.format(url=receiver.url, deadline=10) + OTHER.format(url=crm.url))
        house.publish("1.0.0")
        assert f"delivery.{verb}" in _heard(house, receiver, "deliveries", verb, "crm")


def test_a_receiver_that_hangs_is_waited_for_no_longer_than_the_deadline(
    late: House, receiver: Receiver
) -> None:
    receiver.hangs = True
    done = late("publish", late.write("1.0.0", "kindly"))
    said = f"not delivered: everything (1 waiting: {CUT}); see 'jackfield deliveries'\n"
    assert (done.code, done.err) == (0, said)
    assert not receiver.over.is_set()  # it hangs still


def test_what_a_receiver_did_not_answer_comes_when_it_does(late: House, receiver: Receiver) -> None:
    receiver.hangs = True
    late.publish("1.0.0")
    receiver.hangs = False
    done = late("deliveries", "retry", "everything")
    assert (done.code, done.err, len(receiver.heard)) == (0, "", 1)


def test_a_command_that_fails_exits_as_it_would(late: House, receiver: Receiver) -> None:
    receiver.hangs = True
    late.publish("1.0.0")
    done = late("promote", "greeting", "9.9.9")
    assert done.code == 3
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["not delivered", "error"]


def test_what_is_left_is_said_in_one_line_for_programs(late: House, receiver: Receiver) -> None:
    receiver.status = 503
    late.publish("1.0.0")
    (line,) = late("promote", "greeting", "1.0.0", "--format", "json").err.splitlines()
    left = {"name": "everything", "waiting": 1, "held": 0, "new": 0, "dead": 0, "broken": None}
    assert json.loads(line) == {"undelivered": [left]}


def test_nothing_is_said_where_everything_is_delivered(told: House) -> None:
    assert told("publish", told.write("1.0.0", "kindly")).err == ""


def test_nothing_is_said_where_commands_deliver_nothing(house: House, receiver: Receiver) -> None:
    house.settings(HEARS.format(url=receiver.url, deadline=0))
    done = house("publish", house.write("1.0.0", "kindly"))
    assert (done.code, done.err, receiver.calls) == (0, "", 0)


def test_commands_that_only_look_deliver_nothing(house: House, receiver: Receiver) -> None:
    house.settings(HEARS.format(url=receiver.url, deadline=0))
    house.publish("1.0.0")
    house.settings(HEARS.format(url=receiver.url, deadline=10))
    for command in (("status",), ("audit", "list"), ("log", "greeting"), ("deliveries",), ("doctor",)):
        assert house(*command).code == 0
    assert receiver.calls == 0


def test_a_destination_of_no_more_settings_is_not_nagged_about(late: House, receiver: Receiver) -> None:
    receiver.status = 503
    late.publish("1.0.0")
    late.settings("[deliveries]\n")
    assert late("publish", late.write("1.1.0", "briefly")).err == ""
