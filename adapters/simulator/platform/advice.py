"""Recommendations for agents, §9 of the wire contract; nothing that was said is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import orjson
from attrs import frozen

from jackfield.adapters.simulator.platform.answers import Answer, Fault, Rejection
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.knowledge import Article
from jackfield.adapters.simulator.platform.reading import NOT_ALLOWED, REQUIRED, WRONG_TYPE, Fields
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import ADVICE

PATH: Final = "/api/v2/agentassist/recommendations/query"
PAGE_SIZE: Final = 5
LONGEST: Final = 200_000
"""The most characters of a transcript."""
_TOKEN: Final = re.compile(r"([0-9]{1,9})\.([0-9a-f]{16})", re.ASCII)


@frozen(kw_only=True)
class _Query:
    """What is asked, by whom, and where to look: no bases are all."""

    conversation: str
    transcript: str
    channel: str
    agent: str
    skills: tuple[str, ...]
    bases: tuple[str, ...]

    @property
    def mark(self) -> str:
        """What its page tokens carry, so that they go on with nothing else."""
        who = [self.conversation, self.channel, self.agent, self.skills]
        return blake2b(orjson.dumps([*who, self.transcript, self.bases]), digest_size=8).hexdigest()


def recommend(call: Call) -> Answer:
    """Return one page of what has to do with the transcript, the most relevant first, then by id."""
    fields = Fields(call.document())
    asked = _read(fields)
    first = _read_token(fields, call.query.get("pageToken"), asked)
    fields.refuse_faults()
    _refuse_unknown(call, asked.bases)
    items = sorted(_found(call, asked), key=_place)
    shown = items[first : first + PAGE_SIZE]
    page: dict[str, Any] = {"items": [article.shown(base, at, call.now) for at, base, article in shown]}
    if first + PAGE_SIZE < len(items):
        page["nextPageToken"] = f"{first + PAGE_SIZE}.{asked.mark}"
    return Answer(200, page)


def _found(call: Call, asked: _Query) -> Sequence[tuple[float, str, Article]]:
    shelves = [(base, call.library.get(base)) for base in dict.fromkeys(asked.bases or call.library)]
    return [
        (relevance, base, article)
        for base, shelf in shelves
        if shelf is not None
        for relevance, article in shelf.relevant(asked.transcript)
    ]


def _place(found: tuple[float, str, Article]) -> tuple[float, str, str]:
    relevance, base, article = found
    return -relevance, base, article.id


def _refuse_unknown(call: Call, bases: Sequence[str]) -> None:
    unknown = [at for at, base in enumerate(bases) if call.library.get(base) is None]
    if unknown:
        faults = [Fault("knowledge.base.unknown", f"knowledgeBaseIds[{at}]") for at in unknown]
        raise Rejection("not.found", faults=faults)


def _read(fields: Fields) -> _Query:
    said, agent = _part(fields, "interactionContext"), _part(fields, "agentProfile")
    transcript = said.text("transcript")
    if len(transcript) > LONGEST:
        said.fault("field.length", "transcript")
    return _Query(
        conversation=said.text("conversationId"),
        transcript=transcript,
        channel=said.text("channel", required=False),
        agent=agent.text("agentId"),
        skills=_texts(agent, "skills"),
        bases=_texts(fields, "knowledgeBaseIds"),
    )


def _part(fields: Fields, name: str) -> Fields:
    """Return the object that must be there; without it what it lacks is not told as well."""
    faults = len(fields.faults)
    part = fields.object(name)
    if part is not None:
        return part
    if len(fields.faults) == faults:
        fields.fault(REQUIRED, name)
    return Fields({})


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    """Return a list of texts that say something; absent or null is an empty one."""
    values = fields.values.get(name)
    listed: list[Any] = values if isinstance(values, list) else []
    if values is not None and not isinstance(values, list):
        fields.fault(WRONG_TYPE, name)
    for at, each in enumerate(listed):
        if not isinstance(each, str) or not each.strip():
            fields.fault(REQUIRED if isinstance(each, str) else WRONG_TYPE, f"{name}[{at}]")
    return tuple(each for each in listed if isinstance(each, str))


def _read_token(fields: Fields, token: str | None, asked: _Query) -> int:
    """Return how many recommendations came before the page."""
    match = _TOKEN.fullmatch(token or f"0.{asked.mark}")
    if match is None or match[2] != asked.mark:
        fields.fault(NOT_ALLOWED, "pageToken")
        return 0
    return int(match[1])


ROUTES: Final = (Route(PATH, {"POST": recommend}, ADVICE),)
