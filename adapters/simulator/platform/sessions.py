"""Conversations of customers with bots, §8 of the wire contract: begun, listed, routed and ended."""

from __future__ import annotations

from typing import Final

import orjson

from jackfield.adapters.simulator.platform.answers import Answer, Rejection, conflict, missing
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.oauth import bearer
from jackfield.adapters.simulator.platform.pages import Page, outside
from jackfield.adapters.simulator.platform.reading import (
    NOT_ALLOWED,
    OUT_OF_RANGE,
    REQUIRED,
    Fields,
)
from jackfield.adapters.simulator.platform.registry import (
    ACTIVE,
    CLOSED,
    PATH,
    STATES,
    Registry,
    shown,
    state_of,
    unknown,
)
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import ANY, CONVERSATIONS, STREAM, refuse_without
from jackfield.adapters.simulator.platform.streams import accept, upgrades
from jackfield.adapters.simulator.store import Document

LARGEST_ATTRIBUTES_BYTES: Final = 40_960
RESOLUTIONS: Final = ("resolved", "escalated", "abandoned", "failed")

_CHANGING: Final = ("attributes", "routing", "state", "resolutionStatus")


def create(call: Call) -> Answer:
    """Begin a conversation with a bot, or with the people of a queue."""
    fields = Fields(call.document())
    opening: Document = {
        "to": _read_to(fields),
        "from": _read_from(fields),
        "type": fields.text("type"),
        "attributes": _read_attributes(fields),
        "queue": _read_queue(fields),
    }
    fields.refuse_faults()
    opening["bot"] = opening["to"][0]["id"]
    _refuse_unknown(call, opening)
    _refuse_outage(call, opening)
    return Answer(201, shown(Registry.of(call).begin(opening)))


def open_or_list(call: Call) -> Answer:
    """Open the stream of answers to whoever asks for a socket; list conversations to whoever filters them."""
    asks = upgrades(call.headers)
    refuse_without(bearer(call).scopes, STREAM if asks or not call.query else CONVERSATIONS)
    return list_page(call) if call.query and not asks else accept(call)


def list_page(call: Call) -> Answer:
    """Return one page of the conversations in the order in which they began."""
    page, bot, state = Page.of(call.query), call.query.get("to.id"), _state(call)
    registry = Registry.of(call)
    if bot is not None and state == ACTIVE:
        total, found = registry.active(bot, page.first, page.size)
    else:
        met = [each for _, each in registry.read() if _meets(each, bot, state)]
        total, found = len(met), met[page.first : page.first + page.size]
    asked = {name: call.query[name] for name in ("to.id", "state") if name in call.query}
    return Answer(200, page.shown([shown(each) for each in found], total, PATH, asked))


def show(call: Call) -> Answer:
    """Return one conversation."""
    return Answer(200, shown(_held(call, Registry.of(call))))


def change(call: Call) -> Answer:
    """Replace what is named, each as a whole: attributes, routing (null: back to the bot), state.

    Closing again the same way changes nothing; anything else is a conflict with what is over.
    """
    registry = Registry.of(call)
    held = _held(call, registry)
    fields = Fields(call.document())
    changed, resolution = _read_change(fields, held), _read_closing(fields)
    fields.refuse_faults()
    if held["ended"] is not None:
        _refuse_reopening(held, changed, resolution)
        return Answer(200, shown(held))
    if changed != held:
        _refuse_unknown(call, changed)
        held = registry.change(held, changed)
    return Answer(200, shown(held if resolution is None else registry.end(held, resolution, registry.now)))


def _held(call: Call, registry: Registry) -> Document:
    held = registry.find(call.path[-1])
    if held is None:
        raise missing()
    return held


def _meets(held: Document, bot: str | None, state: str | None) -> bool:
    return bot in {None, held["bot"]} and state in {None, state_of(held)}


def _state(call: Call) -> str | None:
    state = call.query.get("state")
    if state is not None and state not in STATES:
        raise outside("state", "string", ", ".join(STATES))
    return state


def _read_to(fields: Fields) -> list[Document]:
    """Read whom the conversation is with: one bot."""
    listed = fields.values.get("to")
    if isinstance(listed, list) and len(listed) != 1:
        fields.fault(OUT_OF_RANGE if listed else REQUIRED, "to")
    return [_party(each) for each in fields.objects("to")]


def _read_from(fields: Fields) -> Document:
    party = fields.object("from")
    if party is not None:
        return _party(party)
    if fields.values.get("from") is None:
        fields.fault(REQUIRED, "from")
    return {}


def _party(fields: Fields) -> Document:
    name = fields.text("name", required=False)
    return {"id": fields.text("id"), **({"name": name} if name else {})}


def _read_attributes(fields: Fields) -> Document:
    held = fields.object("attributes")
    values = {} if held is None else dict(held.values)
    if len(orjson.dumps(values)) > LARGEST_ATTRIBUTES_BYTES:
        fields.fault("field.size", "attributes")
    return values


def _read_queue(fields: Fields) -> str | None:
    routing = fields.object("routing")
    return None if routing is None else routing.text("queueId")


def _read_change(fields: Fields, held: Document) -> Document:
    """Return the conversation with the attributes and the routing that are named."""
    for name in fields.values:
        if name not in _CHANGING:
            fields.fault("field.immutable", name)
    changed: Document = dict(held)
    if fields.values.get("attributes") is not None:
        changed["attributes"] = _read_attributes(fields)
    if "routing" in fields.values:
        changed["queue"] = _read_queue(fields)
    return changed


def _read_closing(fields: Fields) -> str | None:
    """Return the resolution, if the conversation is to be closed."""
    named = [name for name in ("state", "resolutionStatus") if fields.values.get(name) is not None]
    state = fields.choice("state", STATES) if named else ""
    if state == CLOSED:
        return fields.choice("resolutionStatus", RESOLUTIONS) or None
    if "resolutionStatus" in named and state:
        fields.fault(NOT_ALLOWED, "resolutionStatus")
    return None


def _refuse_unknown(call: Call, opening: Document) -> None:
    if opening["bot"] not in call.roster:
        raise unknown("to.id")
    if opening["queue"] is not None and opening["queue"] not in call.queues:
        raise unknown("routing.queueId")


def _refuse_outage(call: Call, opening: Document) -> None:
    bot = call.roster.get(opening["bot"])
    if bot is not None and not bot.converses:
        raise Rejection("service.unavailable")


def _refuse_reopening(held: Document, changed: Document, resolution: str | None) -> None:
    if resolution is None or changed != held or resolution != held["resolution"]:
        raise conflict("conversation.closed", "state", "the conversation is over")


ROUTES: Final = (
    Route(PATH, {"GET": open_or_list, "POST": create}, {"GET": ANY, "POST": CONVERSATIONS}),
    Route(f"{PATH}/*", {"GET": show, "PATCH": change}, CONVERSATIONS),
)
