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
from jackfield.domain.services.advice.querying.answering import Querying
from jackfield.entrypoints.service.bodies import document
from jackfield.entrypoints.service.frame import Direct
from jackfield.entrypoints.service.operations import Call, Operation, Text
from jackfield.entrypoints.service.plain import JSON_HEADER, Place, Sent, only_posts, told
from jackfield.entrypoints.service.questions import Asked, Questions, Written
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
    """Answers queries. What was read of a body is kept for who sends the same bytes again, as far as it fits;
    what was written, also for who asks the same in other bytes.

    (Nothing of an answer is decided here: whether it still holds is asked each time.)
    """

    serving: Serving
    known: Questions = field(factory=Questions)
    keyed: Questions = field(factory=Questions)
    _querying: Querying | None = field(default=None, init=False)

    def answer(self, _environ: Mapping[str, Any], body: bytes) -> Sent:
        """Return the recommendations that met the thresholds."""
        querying = self._querying or self._served()
        asked = self.known.get(body) or self._read(querying, body)
        written = asked.written
        if written is not None and written.again is not None:
            age = querying.again(written.again)
            if age is not None:
                return _sent(written.body, age, Origin.CACHED.value)
        return self._asked(querying, body, asked)

    def _served(self) -> Querying:
        self._querying = self.serving.advice.querying
        return self._querying

    def _read(self, querying: Querying, body: bytes) -> Asked:
        query = query_of(body)
        key = querying.key(query)
        same = self.keyed.get(key.encode())
        asked = Asked(query, key, None if same is None else same.written)
        if self.known.is_repeated(body):
            self.known.keep(body, asked)
        return asked

    def _asked(self, querying: Querying, body: bytes, asked: Asked) -> Sent:
        advised = querying.query(asked.query, None, None, asked.key)
        if not advised.accepted:
            return told(404, _NOTHING, None if advised.whole else dict([_IN_PART]))
        written = _written(asked, advised)
        if written is None:
            again = querying.repeatable(advised)
            written = Written(advised.asked, _ids(advised), listed(advised.accepted), again)
            if advised.whole and advised.origin is not Origin.STALE:
                self._keep(body, asked, written)
        status, headers, body = _sent(written.body, advised.age.total_seconds(), advised.origin.value)
        return status, headers if advised.whole else [*headers, _IN_PART], body

    def _keep(self, body: bytes, asked: Asked, written: Written) -> None:
        asked.written = written
        key = asked.key.encode()
        same = self.keyed.get(key)
        if same is not None or self.keyed.is_repeated(key):
            same = same or Asked(asked.query, asked.key)
            same.written = written
            self.keyed.keep(key, same)
        if self.known.get(body) is asked:
            self.known.keep(body, asked)


def _written(asked: Asked, advised: Advised) -> Written | None:
    """Return the list, if it was written of the same answer, and the same was left of it."""
    known = asked.written
    if known is None or known.asked != advised.asked or advised.origin is Origin.STALE:
        return None
    return known if known.ids == _ids(advised) else None


def _ids(advised: Advised) -> tuple[str, ...]:
    return tuple(each.item.id for each in advised.accepted)


def _sent(written: bytes, age: float, origin: str) -> Sent:
    length = ("content-length", str(len(written)))
    return "200 OK", [JSON_HEADER, length, ("age", str(int(age))), ("x-advice-origin", origin)], written


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
