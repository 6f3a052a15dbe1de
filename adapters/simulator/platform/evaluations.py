"""Evaluations of what customers say, §8 of the wire contract; no text is kept."""

from __future__ import annotations

from typing import Final

from jackfield.adapters.simulator.platform.answers import Answer, Rejection, missing
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.reading import Fields
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import CONVERSATIONS

PATH: Final = "/api/v2/conversations/message/evaluate"
LONGEST: Final = 10_000
"""The most characters of a text."""


def evaluate(call: Call) -> Answer:
    """Say what the text means to the bot."""
    text, bot_id = _read(call)
    bot = call.roster.get(bot_id)
    if bot is None:
        raise missing()
    if not bot.evaluates:
        raise Rejection("service.unavailable")
    return Answer(200, bot.evaluate(text))


def _read(call: Call) -> tuple[str, str]:
    fields = Fields(call.document())
    text, bot = fields.text("text"), fields.text("botId")
    if len(text) > LONGEST:
        fields.fault("field.length", "text")
    fields.refuse_faults()
    return text, bot


ROUTES: Final = (Route(PATH, {"POST": evaluate}, CONVERSATIONS),)
