"""What customers mean, by Genesys Cloud: the evaluation of `wire.md` §8."""

from __future__ import annotations

from typing import Final

from jackfield.adapters.genesys.client import Client, path
from jackfield.adapters.genesys.documents import read_object
from jackfield.adapters.genesys.session_wire import EvaluationBody
from jackfield.adapters.genesys.wire import encode
from jackfield.domain.model.errors import NotFound
from jackfield.domain.model.sessions.signals import Evaluation

_EVALUATE: Final = path("api", "v2", "conversations", "message", "evaluate")


class GenesysUnderstanding:
    """The `Understanding` of Genesys Cloud; it finds out the language by itself."""

    def __init__(self, client: Client) -> None:
        self._client = client.of("understanding")

    def evaluate(self, text: str, *, bot: str, language: str | None, ends: float) -> Evaluation:
        """Ask for intent and mood (`POST`, which changes nothing)."""
        del language  # the platform has no field for it
        body = encode(EvaluationBody(text=text, bot_id=bot))
        try:
            return self._client.until(ends).query(_EVALUATE, body, _evaluation)
        except NotFound as error:
            raise _absent(bot, error) from error


def _evaluation(body: bytes) -> Evaluation:
    """Hand everything on as it came: a number that is missing or absurd is a failure of the turn."""
    said = read_object(body, "evaluation")
    return Evaluation(
        intent=said.get("intentName"),
        confidence=said.get("intentConfidence"),
        sentiment=said.get("sentimentScore"),
    )


def _absent(bot: str, error: NotFound) -> NotFound:
    return NotFound(
        f"there is no bot {bot!r}",
        place="bot",
        remedy="take its id from the platform, and check the target's region, base URL and organization",
        attempts=error.attempts,
    )
