"""Webhooks for ended conversations, §8 of the wire contract: registered once by name and URL."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from jackfield.adapters.simulator.platform.answers import Answer, conflict, missing
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.pages import Page
from jackfield.adapters.simulator.platform.post import MOST_WEBHOOKS, WEBHOOKS
from jackfield.adapters.simulator.platform.reading import NOT_ALLOWED, REQUIRED, WRONG_TYPE, Fields
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import WEBHOOKS as SCOPES
from jackfield.adapters.simulator.store import Document
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import key_of

PATH: Final = "/api/v2/integrations/webhooks"
ENDED: Final = "conversation:ended"
NAMES: Final = "webhook-names"

_LONGEST_URL: Final = 2_048
_SCHEMES: Final = ("http", "https")


def register(call: Call) -> Answer:
    """Register a webhook; one of the same name and URL is there already, and stays as it is."""
    asked = _read(Fields(call.document()))
    named = call.state.get(NAMES, _key(asked))
    known = None if named is None else call.state.get(WEBHOOKS, named["id"])
    if known is not None:
        return Answer(200, _shown(known))
    if call.state.count(WEBHOOKS) >= MOST_WEBHOOKS:
        raise conflict("webhook.limit", "url", f"there are {MOST_WEBHOOKS} webhooks")
    held = {"id": call.ids.uuid("webhook"), **asked, "dateCreated": call.timestamp()}
    call.state.put(WEBHOOKS, held["id"], held)
    call.state.put(NAMES, _key(held), {"id": held["id"]})
    return Answer(201, _shown(held))


def list_page(call: Call) -> Answer:
    """Return one page of the webhooks in the order in which they were registered."""
    page = Page.of(call.query)
    held = call.state.page(WEBHOOKS, offset=page.first, limit=page.size)
    return Answer(200, page.shown([_shown(each) for each in held], call.state.count(WEBHOOKS), PATH, {}))


def remove(call: Call) -> Answer:
    """Remove a webhook; what ended before is told all the same."""
    held = call.state.get(WEBHOOKS, call.path[-1])
    if held is None:
        raise missing()
    call.state.delete(WEBHOOKS, held["id"])
    call.state.delete(NAMES, _key(held))
    return Answer(204, None)


def _read(fields: Fields) -> Document:
    asked: Document = {
        "name": fields.text("name"),
        "url": _read_url(fields),
        "events": _read_events(fields),
        "secret": _read_secret(fields),
    }
    fields.refuse_faults()
    return asked


def _read_url(fields: Fields) -> str:
    url = fields.text("url")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in _SCHEMES and parts.hostname is not None and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if url and not (whole and url.isascii() and url.isprintable() and " " not in url):
        fields.fault(NOT_ALLOWED, "url")
    elif len(url) > _LONGEST_URL:
        fields.fault("field.length", "url")
    return url


def _read_events(fields: Fields) -> list[str]:
    events = fields.values.get("events")
    if not isinstance(events, list) or not events:
        fields.fault(REQUIRED if events is None or events == [] else WRONG_TYPE, "events")
        return []
    listed: list[Any] = events
    for at, each in enumerate(listed):
        if each != ENDED:
            fields.fault(NOT_ALLOWED if isinstance(each, str) else WRONG_TYPE, f"events[{at}]")
    return [ENDED]


def _read_secret(fields: Fields) -> str:
    """Read the secret, which may be left out; one of which no key can be made is refused."""
    if fields.values.get("secret") is None:
        return ""
    secret = fields.text("secret", required=False)
    try:
        if secret:
            key_of(Secret(secret))
    except InvalidInput:
        fields.fault(NOT_ALLOWED, "secret")
    return secret


def _key(webhook: Document) -> str:
    return orjson.dumps([webhook["name"], webhook["url"]]).decode()


def _shown(held: Document) -> Document:
    told = {name: each for name, each in held.items() if name != "secret"}
    return {**told, "selfUri": f"{PATH}/{held['id']}"}


ROUTES: Final = (
    Route(PATH, {"GET": list_page, "POST": register}, SCOPES),
    Route(f"{PATH}/*", {"DELETE": remove}, SCOPES),
)
