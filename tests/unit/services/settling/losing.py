"""Changes of a prompt, and lines to the platform that lose their answers or are cut."""

from __future__ import annotations

from jackfield.adapters.testing.lines import Failure, When
from jackfield.domain.model.errors import (
    OutcomeUnknown,
)
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from tests.unit.services.conftest import FIRST, NAME, House, version

EXPIRY = 121.0


def lost() -> OutcomeUnknown:
    return OutcomeUnknown("the answer was lost")


def cut_off(house: House, method: str, when: When, failure: Failure) -> None:
    """Let a call of *method* fail, and so each time that it is sent again."""
    for _ in range(4):
        house.line.cut(method, when, failure)


def outcomes(core: Core) -> list[str]:
    return [f"{e.event.type} {e.event.outcome}" for e in core.audit.entries()]


def act(me: ActingPrompts, verb: str) -> None:
    """Do one of the changes that a crash may interrupt."""
    match verb:
        case "create":
            me.publish(FIRST)
        case "store":
            me.publish(version("1.2.0"))
        case "promote":
            me.promote(me.version(NAME, "1.1.0"))
        case _:
            me.roll_back(NAME)


def prepare(me: ActingPrompts, verb: str) -> None:
    """Bring the prompt to where the change makes sense."""
    if verb != "create":
        me.publish(FIRST)
        me.publish(version("1.1.0"))
    if verb == "roll back":
        me.promote(me.version(NAME, "1.1.0"))


METHODS = {"create": "POST", "store": "POST", "promote": "PUT", "roll back": "PUT"}


def freeze_elsewhere(core: Core, number: str) -> None:
    """Store and freeze a version of which nothing is kept here."""
    gateway = core.prompts.operations.gateway
    found = gateway.find(NAME)
    assert found is not None
    gateway.store(found.id, version(number))
    gateway.freeze(found.id, number, frozen=True)
