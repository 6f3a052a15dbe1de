"""From a session that is over to one call; nothing is sent here."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Final, Self
from urllib.parse import quote, urlsplit

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON, ordered
from jackfield.domain.model.events import Entry
from jackfield.domain.model.secrets import Secret
from jackfield.plugins.builtin.crm.facts import facts_of, spelled
from jackfield.plugins.builtin.crm.fields import Fields, body, compiled
from jackfield.plugins.builtin.crm.presets import Method
from jackfield.plugins.builtin.crm.settings import AUTHORIZATION, CONTENT_TYPE, CrmSettings, When
from jackfield.plugins.builtin.crm.texts import Text, read
from jackfield.ports.previews import NoCall, PlannedCall

_ERASED: Final = NoCall(
    why="the event's payload was erased: nobody knows any more what to tell", refused=True
)
_ELSEWHERE: Final = frozenset({".", ".."})


@frozen(kw_only=True)
class Call:
    """A call that can be made; its secrets mask themselves until then."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str | Secret]
    body: str = field(repr=False)

    def planned(self) -> PlannedCall:
        """Return it as it may be shown."""
        shown = {name: str(value) for name, value in self.headers.items()}
        return PlannedCall(method=self.method, url=self.url, headers=shown, body=self.body)

    def revealed(self) -> dict[str, str]:
        """Return the headers as they are sent."""
        return {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in self.headers.items()
        }


@frozen(kw_only=True)
class Calls:
    """A mapping that was read: it makes one call of each session, or says why none."""

    method: Method
    url: Text = field(repr=False)
    fields: Fields = field(repr=False)
    headers: Mapping[str, str | Secret]
    idempotency_header: str
    when: When

    @classmethod
    def of(cls, own: CrmSettings) -> Self:
        """Read the mapping of *own*, which was found without fault."""
        given = {each.name: each.secret or each.value for each in own.headers}
        return cls(
            method=own.method,
            url=read(own.url),
            fields={path: compiled(value) for path, value in own.whole().items()},
            headers={CONTENT_TYPE: "application/json", **_authorization(own), **given},
            idempotency_header=own.idempotency_header,
            when=own.when,
        )

    @property
    def origin(self) -> str:
        """The scheme and host that are called: no fact is in them."""
        parts = urlsplit(str(self.url.pieces[0]))
        return f"{parts.scheme}://{parts.netloc}"

    def call_for(self, entry: Entry) -> Call | NoCall:
        """Return the call for *entry*, the end of a session, or why there is none."""
        facts = facts_of(entry)
        if facts is None:
            return _ERASED
        if not _admits(self.when, facts):
            return NoCall(why="the settings leave such sessions out ([plugins.crm.when])")
        url = _addressed(self.url, facts)
        if isinstance(url, NoCall):
            return url
        return Call(
            method=self.method.value,
            url=url,
            headers={**self.headers, **self._key(entry)},
            body=ordered(body(self.fields, facts)),
        )

    def _key(self, entry: Entry) -> dict[str, str]:
        """The event's id, the same each time: a CRM that knows such keys does it once."""
        name = self.idempotency_header
        return {name: quote(entry.event.id, safe="")} if name else {}


def _authorization(own: CrmSettings) -> dict[str, Secret]:
    if own.token is None:
        return {}
    token = own.token.reveal()
    if own.user:
        return {AUTHORIZATION: Secret(f"Basic {b64encode(f'{own.user}:{token}'.encode()).decode()}")}
    return {AUTHORIZATION: Secret(f"Bearer {token}")}


def _admits(when: When, facts: Mapping[str, JSON]) -> bool:
    resolutions, bots = when.resolutions, when.bots
    return (not resolutions or facts["resolution"] in resolutions) and (
        not bots or facts["bot"] in bots or facts["bot_id"] in bots
    )


def _addressed(url: Text, facts: Mapping[str, JSON]) -> str | NoCall:
    """Fill the URL so that no fact leads anywhere else: each is a part of one segment."""
    empty = sorted(name for name in url.names() if not spelled(facts[name]))
    if empty:
        return NoCall(why=f"the URL needs {' and '.join(empty)}, and nobody knows that", refused=True)
    filled = url.text(facts, lambda fact: quote(spelled(fact), safe=""))
    if _ELSEWHERE & set(urlsplit(filled).path.split("/")):
        return NoCall(why="a fact of the session would lead the URL elsewhere", refused=True)
    return filled
