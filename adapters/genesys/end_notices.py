"""Webhooks for ended conversations on Genesys Cloud: `wire.md` §8.

A webhook's URL may hold a secret: no error repeats it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final, cast

from jackfield.adapters.genesys.client import Change, Client, path
from jackfield.adapters.genesys.documents import object_of, read_id, read_object, read_utc
from jackfield.adapters.genesys.session_wire import State, WebhookBody, resolution_of, session_of
from jackfield.adapters.genesys.wire import Created, Page, decode, encode
from jackfield.domain.model.errors import InvalidInput, NotFound, OutcomeUnknown, Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.ports.assistants import ConversationId
from jackfield.ports.end_notices import Notice, Registered

_WEBHOOKS: Final = ("api", "v2", "integrations", "webhooks")
_PAGE_SIZE: Final = 100
_MOST_PAGES: Final = 100
_OURS: Final = "jackfield:"
_FINGERPRINTED: Final = b"jackfield: a webhook for ended conversations"
_FINGERPRINT_LENGTH: Final = 12
_PLACE: Final = "webhook"


class GenesysEndNotices:
    """The `EndNotices` of Genesys Cloud: the name of a webhook tells its secret from another one."""

    def __init__(self, client: Client) -> None:
        self._client = client.of("notices")

    def ensure(self, url: str, secret: Secret, *, ends: float) -> Registered:
        """Make it (`POST`) if the list has none of its name, and remove those of other secrets then."""
        client = self._client.until(ends)
        there = _ours(client, url, secret)
        current = _first(there) or _made(client, url, secret)
        for each in there:
            if each.id != current.id:
                _remove(client, each)
        return current

    def registered(self, url: str, secret: Secret | None, *, ends: float) -> tuple[Registered, ...]:
        """List them (`GET`), and keep those of our names."""
        return _ours(self._client.until(ends), url, secret)

    def remove(self, url: str, *, ends: float) -> int:
        """Remove them one by one (`DELETE`)."""
        client = self._client.until(ends)
        return sum(_remove(client, each) for each in _ours(client, url, None))

    def read(self, body: bytes) -> Notice:
        """Read the conversation that the platform sends; it tells no reason."""
        said = read_object(body, "notice")
        conversation, ended = read_id(said.get("id")), read_utc(said.get("endTime"))
        if conversation is None or ended is None or said.get("state") != State.CLOSED:
            raise InvalidInput(
                "it does not tell which conversation ended, and when",
                place=_PLACE,
                remedy="register this URL for conversation:ended alone",
            )
        return Notice(
            conversation=ConversationId(conversation),
            ended=ended,
            resolution=resolution_of(said.get("resolutionStatus")),
            session=session_of(object_of(said.get("attributes"))),
        )


def name_of(secret: Secret) -> str:
    """Return the name of the webhook that signs with *secret*: who reads it learns nothing of that."""
    key = secret.reveal().encode("utf-8", "surrogatepass")
    fingerprint = hmac.digest(key, _FINGERPRINTED, hashlib.sha256).hex()
    return f"{_OURS}{fingerprint[:_FINGERPRINT_LENGTH]}"


def _first(there: tuple[Registered, ...]) -> Registered | None:
    """Return the current one; of two, every process keeps the same."""
    return min((each for each in there if each.current), key=lambda each: each.id, default=None)


def _ours(client: Client, url: str, secret: Secret | None) -> tuple[Registered, ...]:
    name = None if secret is None else name_of(secret)
    found = (_registered(entity, name) for entity in _listed(client) if _is_ours(entity, url))
    return tuple(found)


def _is_ours(entity: dict[str, Any], url: str) -> bool:
    name = entity.get("name")
    return isinstance(name, str) and name.startswith(_OURS) and entity.get("url") == url


def _registered(entity: dict[str, Any], current: str | None) -> Registered:
    webhook = read_id(entity.get("id"))
    if webhook is None:
        raise Unavailable("the platform lists a webhook of ours without an id", place=_PLACE)
    name = cast("str", entity["name"])
    return Registered(id=webhook, name=name, url=entity["url"], current=name == current)


def _listed(client: Client) -> Iterator[dict[str, Any]]:
    seen = 0
    for number in range(1, _MOST_PAGES + 1):
        page = _page(client, number)
        yield from page.entities
        seen += len(page.entities)
        if not page.entities or seen >= page.total:
            return
    raise Unavailable(f"the list of webhooks does not end within {_MOST_PAGES} pages", place=_PLACE)


def _page(client: Client, number: int) -> Page:
    where = path(*_WEBHOOKS, pageNumber=number, pageSize=_PAGE_SIZE)
    return client.read(where, lambda body: _numbered(body, number))


def _numbered(body: bytes, number: int) -> Page:
    page = decode(body, Page)
    if page.page_number != number:
        raise InvalidInput(f"page {number} was asked for, and page {page.page_number} came")
    return page


def _made(client: Client, url: str, secret: Secret) -> Registered:
    """Make it once; where no answer came, the list tells whether it is there."""
    name = name_of(secret)
    body = encode(WebhookBody(name=name, url=url, secret=secret.reveal()))
    change = Change(method="POST", path=path(*_WEBHOOKS), body=body)
    try:
        made = client.change(change, lambda answer: decode(answer, Created))
    except OutcomeUnknown:
        found = _first(_ours(client, url, secret))
        if found is None:
            raise
        return found
    return Registered(id=made.id, name=name, url=url, current=True)


def _remove(client: Client, webhook: Registered) -> bool:
    """Say whether it was there, for all that is known: one of which an earlier try got no answer was."""
    change = Change(method="DELETE", path=path(*_WEBHOOKS, webhook.id), body=None)
    try:
        client.change(change, bytes)
    except NotFound:
        return False
    except OutcomeUnknown as error:
        if not error.attempts or error.attempts[-1].status != HTTPStatus.NOT_FOUND:
            raise
    return True
