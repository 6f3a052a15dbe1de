"""`POST /query`: advice as tutorial 004's clients ask for it; here every microsecond counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, cast

import orjson
from attrs import define, field

from jackfield.adapters.strict import decode
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.advice.sifting import Accepted
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import timestamp
from jackfield.domain.services.advice import Advised, Origin
from jackfield.entrypoints.service.bodies import document
from jackfield.entrypoints.service.frame import Direct
from jackfield.entrypoints.service.operations import Call, Operation, Text
from jackfield.entrypoints.service.plain import JSON_HEADER, Place, Sent, only_posts, told
from jackfield.entrypoints.service.questions import Asked, Questions
from jackfield.entrypoints.service.serving import Serving
from jackfield.entrypoints.service.shapes.assist import RecommendationQuery, RecommendationShape

PATH: Final = "/query"
_WRONG: Final = "Invalid payload"
_NOTHING: Final = "No recommendations available"
_USUAL: Final = "chat"
_IN_PART: Final = ("x-advice-whole", "false")
_WHOLE: Final = frozenset({"interactionContext", "agentProfile", "knowledgeBaseIds"})
_CONTEXT: Final = frozenset({"conversationId", "transcript", "channel"})
_AGENT: Final = frozenset({"agentId", "skills"})
_LISTS: Final = (list, type(None))


@define(eq=False)
class Answering:
    """Answers queries. What was read of a body is kept for who sends the same bytes again, as far as it fits.

    (Nothing of an answer is decided here: whether it still holds is asked each time.)
    """

    serving: Serving
    known: Questions = field(factory=Questions)

    def answer(self, _environ: Mapping[str, Any], body: bytes) -> Sent:
        """Return the recommendations that met the thresholds."""
        asked = self.known.get(body) or self._read(body)
        advised = self.serving.advice.querying.query(asked.query, None, None, asked.key)
        if not advised.accepted:
            return told(404, _NOTHING, None if advised.whole else dict([_IN_PART]))
        before = asked.written
        written = _written(asked, advised)
        if asked.written is not before:
            self.known.keep(body, asked)
        headers = [
            JSON_HEADER,
            ("content-length", str(len(written))),
            ("age", str(int(advised.age.total_seconds()))),
            ("x-advice-origin", advised.origin.value),
        ]
        if not advised.whole:
            headers.append(_IN_PART)
        return "200 OK", headers, written

    def _read(self, body: bytes) -> Asked:
        asked = Asked(query_of(body))
        self.known.keep(body, asked)
        return asked


def _written(asked: Asked, advised: Advised) -> bytes:
    """Return the list; of one answer it is the same each time, unless some of it is left out as stale."""
    known = asked.written
    if known is not None and known[0] == advised.asked and advised.origin is not Origin.STALE:
        return known[1]
    written = listed(advised.accepted)
    asked.key = advised.key
    if advised.origin is not Origin.STALE:
        asked.written = advised.asked, written
    return written


def listed(accepted: Iterable[Accepted]) -> bytes:
    """Return recommendations as tutorial 004 lists them."""
    return orjson.dumps([_item(each) for each in accepted], option=orjson.OPT_APPEND_NEWLINE)


def _item(accepted: Accepted) -> dict[str, Any]:
    item = accepted.item
    return {
        "id": item.id,
        "title": item.title,
        "content": item.content,
        "relevanceScore": item.relevance,
        "publishedDate": timestamp(item.published),
        "sourceId": item.source,
    }


def query_of(body: bytes) -> AdviceQuery:
    """Return what is asked; raise `InvalidInput` with every fault of it."""
    said: Any = document(body)
    if _is_usual(said):
        with suppress(InvalidInput):  # then all of its faults are to be named
            return _usual(said)
    return _checked(decode(said, RecommendationQuery, place="body"))


def _is_usual(said: Any) -> bool:
    """Whether it has every field and no other, as tutorial 004's clients send it; texts are seen later."""
    if not _has(said, _WHOLE):
        return False
    context, agent, bases = said["interactionContext"], said["agentProfile"], said["knowledgeBaseIds"]
    return (
        _has(context, _CONTEXT)
        and _has(agent, _AGENT)
        and type(context["channel"]) is str
        and type(agent["skills"]) in _LISTS
        and type(bases) in _LISTS
    )


def _has(said: Any, names: frozenset[str]) -> bool:
    return type(said) is dict and cast("dict[str, Any]", said).keys() == names


def _usual(said: Mapping[str, Any]) -> AdviceQuery:
    context, agent = said["interactionContext"], said["agentProfile"]
    return AdviceQuery(
        conversation=context["conversationId"],
        transcript=context["transcript"],
        agent=agent["agentId"],
        skills=agent["skills"] or (),
        bases=said["knowledgeBaseIds"] or (),
        channel=context["channel"] or _USUAL,
    )


def _checked(said: RecommendationQuery) -> AdviceQuery:
    context, agent = said.interactionContext, said.agentProfile
    return AdviceQuery(
        conversation=context.conversationId,
        transcript=context.transcript,
        agent=agent.agentId,
        skills=agent.skills or (),
        bases=said.knowledgeBaseIds or (),
        channel=context.channel or _USUAL,
    )


def query_recommendations(call: Call) -> Text:
    """Answer one that came by Falcon."""
    return _place(call.serving).text(call)


_OPERATION: Final = Operation(
    method="POST",
    path=PATH,
    answer=query_recommendations,
    summary="Recommend to an agent, as tutorial 004's clients ask for it.",
    tag="agent assist",
    takes=RecommendationQuery,
    gives=tuple[RecommendationShape, ...],
    refuses=(404, 502, 504),
    raw=True,
    plain=True,
)


def _place(serving: Serving) -> Place:
    return Place(serving, _OPERATION, Answering(serving).answer, _WRONG)


OPERATIONS: Final = (_OPERATION,)
DIRECT: Final[Mapping[tuple[str, str], Callable[[Serving], Direct]]] = {
    **only_posts(PATH),
    ("POST", PATH): _place,
}
