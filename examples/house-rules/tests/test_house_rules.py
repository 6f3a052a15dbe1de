"""The plugin in a core, as it is used."""

from __future__ import annotations

import socket

import pytest

import jackfield
from jackfield.testing import OpenCore
from jackfield_house_rules import HouseRules

GOOD = jackfield.PromptDefinition(
    name="greeting",
    version="1.0.0",
    model="gpt-small",
    max_tokens=512,
    template="Greet {{customer}} kindly.",
    variables=[jackfield.Variable(name="customer", max_length=80)],
    metadata={"author": "mina"},
)
BAD = jackfield.PromptDefinition(
    name="offer",
    version="1.0.0",
    model="gpt-small",
    max_tokens=512,
    template="Say that it is FREE of charge.",
)


@pytest.fixture
def core(open_core: OpenCore) -> jackfield.Core:
    """A core with the rules of the house."""
    rules = {"forbidden": ["free of charge"], "required": ["customer"], "ticket": "CHG-[0-9]+"}
    return open_core(plugins={"house-rules": HouseRules}, settings={"house-rules": rules})


def test_a_good_prompt_goes_live(core: jackfield.Core) -> None:
    assert core.acting_as("mina", reason="CHG-12").prompts.publish(GOOD).live


def test_a_prompt_that_breaks_the_rules_does_not_go_live(core: jackfield.Core) -> None:
    with pytest.raises(jackfield.InvalidPrompt) as caught:
        core.acting_as("mina", reason="CHG-12").prompts.publish(BAD)
    codes = [problem.code for problem in caught.value.problems]
    assert codes == ["forbidden-phrase", "required-variable", "no-author"]


def test_a_promotion_needs_a_ticket(core: jackfield.Core) -> None:
    with pytest.raises(jackfield.InvalidPrompt, match="no-ticket"):
        core.acting_as("mina", reason="because").prompts.publish(GOOD)


def test_calls_are_counted_in_statsd(open_core: OpenCore) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        address = "{}:{}".format(*server.getsockname())
        core = open_core(plugins={"house-rules": HouseRules}, settings={"house-rules": {"statsd": address}})
        core.acting_as("mina", reason="CHG-12").prompts.publish(GOOD)
        assert server.recv(1_000).startswith(b"jackfield.")
