"""`POST /simulate/recommendations`: what a platform would recommend, and none is asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import frozen

from jackfield.domain.model.errors import InvalidInput, NotFound
from jackfield.entrypoints.service.bodies import parameters
from jackfield.entrypoints.service.frame import Direct
from jackfield.entrypoints.service.operations import Call, Operation, Text
from jackfield.entrypoints.service.plain import JSON_HEADER, Place, Sent, only_posts, refused
from jackfield.entrypoints.service.routes.query import query_of
from jackfield.entrypoints.service.serving import Serving
from jackfield.entrypoints.service.shapes.assist import (
    RecommendationQuery,
    RecommendationsShape,
    Simulating,
)
from jackfield.ports.clock import Clock

if TYPE_CHECKING:
    from jackfield.adapters.simulator.platform.knowledge import Library
    from jackfield.domain.model.advice.queries import AdviceQuery

PATH: Final = "/simulate/recommendations"
_WRONG: Final = "Invalid JSON"
_WRONG_QUERY: Final = "Invalid query"
_PAGE: Final = 5


@frozen
class Simulator:
    """Ranks the simulator's own articles by what was said, and takes its time."""

    clock: Clock

    def answer(self, environ: Mapping[str, Any], body: bytes) -> Sent:
        """Return what a platform that knows them would: the most relevant first, whatever thresholds say."""
        try:
            how = parameters(environ.get("QUERY_STRING", ""), Simulating)
        except InvalidInput as error:
            return refused(error, _WRONG_QUERY)
        query = query_of(body)
        _refuse_unknown(query)
        self.clock.sleep(_latency(how, body))
        items = [shown for _, shown in sorted(self._ranked(query), key=lambda each: each[0])[:_PAGE]]
        sent = orjson.dumps({"items": items}, option=orjson.OPT_APPEND_NEWLINE)
        return "200 OK", [JSON_HEADER, ("content-length", str(len(sent)))], sent

    def _ranked(self, query: AdviceQuery) -> Iterator[tuple[tuple[float, str, str], dict[str, Any]]]:
        library, now = _library(), self.clock.now()
        for base in dict.fromkeys(query.bases or library):
            shelf = library.get(base)
            assert shelf is not None  # noqa: S101  # as it was just seen
            for relevance, article in shelf.relevant(query.transcript):
                yield (-relevance, base, article.id), article.shown(base, relevance, now)


def _refuse_unknown(query: AdviceQuery) -> None:
    """Raise `NotFound` as a platform would say it of an unknown id."""
    library = _library()
    unknown = next((base for base in query.bases if library.get(base) is None), None)
    if unknown is not None:
        raise NotFound(
            f"there is no knowledge base {unknown[:80]!r}", remedy=f"name one of {', '.join(library)}"
        )


@cache
def _library() -> Library:
    from jackfield.adapters.simulator.platform.knowledge import Library  # loaded by whoever asks first

    return Library()


def _latency(how: Simulating, body: bytes) -> timedelta:
    """Return how long this one takes: with a seed half to one and a half times as long, by seed and body."""
    if how.seed is None:
        return timedelta(milliseconds=how.latency_ms)
    chance = random.Random(b"%d %b" % (how.seed, body))  # noqa: S311  # a simulation
    return timedelta(milliseconds=how.latency_ms * (0.5 + chance.random()))


def simulate_recommendations(call: Call) -> Text:
    """Answer one that came by Falcon."""
    return _place(call.serving).text(call)


_OPERATION: Final = Operation(
    method="POST",
    path=PATH,
    answer=simulate_recommendations,
    summary="Recommend from the simulator's own articles, without a platform, after 150 ms.",
    tag="agent assist",
    takes=RecommendationQuery,
    gives=RecommendationsShape,
    asks=Simulating,
    refuses=(404,),
    raw=True,
    plain=True,
)


def _place(serving: Serving) -> Place:
    simulator = Simulator(serving.core.prompts.operations.records.clock)
    return Place(serving, _OPERATION, simulator.answer, _WRONG, serving.aside)


OPERATIONS: Final = (_OPERATION,)
DIRECT: Final[Mapping[tuple[str, str], Callable[[Serving], Direct]]] = {
    **only_posts(PATH),
    ("POST", PATH): _place,
}
