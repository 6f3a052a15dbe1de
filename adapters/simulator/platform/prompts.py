"""Prompts, §3 of the wire contract: what is live for everybody."""

from __future__ import annotations

from typing import Any, Final

from jackfield.adapters.simulator.platform.answers import Answer
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.catalog import PROMPTS, Catalog, version_exists
from jackfield.adapters.simulator.platform.pages import Page
from jackfield.adapters.simulator.platform.reading import Fields
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import LLM
from jackfield.adapters.simulator.platform.templates import (
    check_placeholders,
    read_text,
    read_version,
    tokens,
)
from jackfield.adapters.simulator.platform.variables import as_map, read_list, same_maps
from jackfield.adapters.simulator.platform.versions import new_view
from jackfield.adapters.simulator.store import Document

PATH: Final = "/api/v2/ai/llm/prompts"

_SOURCES: Final = ("conversation_history", "external_api", "knowledge_base")
_INJECTION_POINTS: Final = ("system", "user", "assistant")


def create(call: Call) -> Answer:
    """Make a prompt, live at once; its version is the first of its list."""
    definition = _read(call)
    return Answer(201, add(call, definition, call.ids.uuid("prompt")))


def add(call: Call, definition: Document, prompt_id: str) -> Document:
    """File a new prompt under *prompt_id* and return it as §3 shows it."""
    catalog = Catalog(call.state)
    catalog.claim(definition["name"], prompt_id)
    live = _shown(definition, prompt_id, call.timestamp())
    catalog.put_prompt(prompt_id, {"live": live, "versions": [live["version"]], "frozen": [], "splits": []})
    catalog.put_version(prompt_id, _version(call, live))
    return live


def show(call: Call) -> Answer:
    """Return what is live."""
    return Answer(200, Catalog(call.state).prompt(call.path[-1])["live"])


def replace(call: Call) -> Answer:
    """Make a definition live for everybody: a new version, or any that is listed with the same content."""
    catalog = Catalog(call.state)
    prompt_id = call.path[-1]
    prompt = catalog.prompt(prompt_id)
    live = _shown(_read(call), prompt_id, prompt["live"]["dateCreated"])
    versions = _enlist(call, catalog, prompt, live)
    _rename(catalog, prompt["live"]["name"], live)
    catalog.end_splits(prompt_id, prompt)
    catalog.put_prompt(prompt_id, prompt, live=live, versions=versions, splits=[])
    return Answer(200, live)


def list_page(call: Call) -> Answer:
    """Return one page of the prompts in the order of their making, or the one of exactly that name."""
    page, name = Page.of(call.query), call.query.get("name")
    if name:
        found = Catalog(call.state).named(name)
        total, held = (0, []) if found is None else (1, [found][page.first : page.first + page.size])
    else:
        total, held = (
            call.state.count(PROMPTS),
            list(call.state.page(PROMPTS, offset=page.first, limit=page.size)),
        )
    entities = [prompt["live"] for prompt in held]
    return Answer(200, page.shown(entities, total, PATH, {"name": name} if name else {}))


def _read(call: Call) -> Document:
    fields = Fields(call.document())
    definition: Document = {
        "name": fields.text("name"),
        "version": read_version(fields),
        "template": read_text(fields, "template"),
        "variables": read_list(fields),
        "contextRules": [_read_rule(rule) for rule in fields.objects("contextRules")],
        "modelId": fields.text("modelId"),
        "maxTokens": fields.count("maxTokens"),
    }
    declared = {variable["name"] for variable in definition["variables"]}
    check_placeholders(fields, "template", definition["template"], declared)
    needed = tokens(definition["template"]) + sum(rule["maxTokens"] for rule in definition["contextRules"])
    if needed > definition["maxTokens"] >= 1:
        fields.fault("tokens.exceeded", "maxTokens")
    fields.refuse_faults()
    return definition


def _read_rule(fields: Fields) -> dict[str, Any]:
    return {
        "source": fields.choice("source", _SOURCES),
        "maxTokens": fields.count("maxTokens"),
        "injectionPoint": fields.choice("injectionPoint", _INJECTION_POINTS),
    }


def _shown(definition: Document, prompt_id: str, created: str) -> Document:
    return {"id": prompt_id, **definition, "dateCreated": created, "selfUri": f"{PATH}/{prompt_id}"}


def _settings(live: Document) -> Document:
    return {name: live[name] for name in ("variables", "contextRules", "modelId", "maxTokens")}


def _version(call: Call, live: Document) -> Document:
    view = new_view(
        call, live["id"], live["version"], content=live["template"], variables=as_map(live["variables"])
    )
    return {"view": view, "settings": _settings(live), "inherited": False}


def _enlist(call: Call, catalog: Catalog, prompt: Document, live: Document) -> list[str]:
    numbers: list[str] = prompt["versions"]
    if live["version"] not in numbers:
        catalog.put_version(live["id"], _version(call, live))
        return [*numbers, live["version"]]
    held = catalog.version(live["id"], live["version"])
    if not _is_of(held, live):
        raise version_exists()
    if held["inherited"]:
        catalog.put_version(live["id"], {**held, "settings": _settings(live), "inherited": False})
    return numbers


def _is_of(version: Document, live: Document) -> bool:
    """Say whether the listed version has this content; settings it only inherited are not its own."""
    view = version["view"]
    if view["content"] != live["template"] or not same_maps(view["variables"], as_map(live["variables"])):
        return False
    return bool(version["inherited"] or version["settings"] == _settings(live))


def _rename(catalog: Catalog, before: str, live: Document) -> None:
    catalog.claim(live["name"], live["id"])
    if before != live["name"]:
        catalog.release(before)


ROUTES: Final = (
    Route(PATH, {"GET": list_page, "POST": create}, LLM, configures=True),
    Route(f"{PATH}/*", {"GET": show, "PUT": replace}, LLM, configures=True),
)
