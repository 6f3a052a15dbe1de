"""What an agent could say or look up, by Genesys Cloud: `wire.md` §9."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from jackfield.adapters.genesys.advice_wire import Page, query_body, read_page
from jackfield.adapters.genesys.client import Client, path
from jackfield.domain.model.advice.queries import AdviceQuery
from jackfield.domain.model.errors import NotFound, Unavailable
from jackfield.ports.advice import Recommended

_QUERY: Final = ("api", "v2", "agentassist", "recommendations", "query")
_MOST_PAGES: Final = 1_000
_MOST_NAMED: Final = 5
_LONGEST_NAMED: Final = 80


class GenesysAdvice:
    """The `AdviceGateway` of Genesys Cloud; each page is a call of its own."""

    def __init__(self, client: Client) -> None:
        self._client = client.of("advice")

    def recommend(self, query: AdviceQuery, *, wanted: int, ends: float) -> Iterator[tuple[Recommended, ...]]:
        """Ask for page after page (`POST`, which changes nothing), each by the token of the one before."""
        del wanted  # the platform has no field for a page's size
        client, body, asked = self._client.until(ends), query_body(query), set[str]()
        where = path(*_QUERY)
        for _ in range(_MOST_PAGES):
            page = _ask(client, where, body, query, asked)
            yield page.recommended
            if page.following is None:
                return
            asked.add(page.following)
            where = path(*_QUERY, pageToken=page.following)
        raise Unavailable(
            f"the pages do not end within {_MOST_PAGES}", place="advice", remedy="ask for fewer items"
        )


def _ask(client: Client, where: str, body: bytes, query: AdviceQuery, asked: set[str]) -> Page:
    try:
        return client.query(where, body, lambda answer: read_page(answer, query, asked))
    except NotFound as error:
        if not query.bases:
            raise
        raise _absent(query.bases, error) from error


def _absent(bases: tuple[str, ...], error: NotFound) -> NotFound:
    named = ", ".join(repr(each[:_LONGEST_NAMED]) for each in bases[:_MOST_NAMED]) + (
        ", …" if len(bases) > _MOST_NAMED else ""
    )
    return NotFound(
        f"there is no knowledge base {named}"
        if len(bases) == 1
        else f"one of the knowledge bases {named} is not there",
        place="bases",
        remedy="take their ids from the platform, and check the target's region, base URL and organization",
        attempts=error.attempts,
    )
