"""Prompt template versions, §4 of the wire contract: immutable but for their two switches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast
from urllib.parse import quote

from jackfield.adapters.simulator.platform.answers import Answer
from jackfield.adapters.simulator.platform.calls import Call
from jackfield.adapters.simulator.platform.catalog import Catalog, rollback_active, version_exists
from jackfield.adapters.simulator.platform.reading import NOT_ALLOWED, WRONG_TYPE, Fields
from jackfield.adapters.simulator.platform.routes import Route
from jackfield.adapters.simulator.platform.scopes import TEMPLATES_READ, TEMPLATES_WRITE
from jackfield.adapters.simulator.platform.splits import check_header, read_trigger
from jackfield.adapters.simulator.platform.templates import check_placeholders, read_text, read_version
from jackfield.adapters.simulator.platform.variables import read_map
from jackfield.adapters.simulator.store import Document

PATH: Final = "/api/v2/ai/prompt-templates"

_SWITCHES: Final = ("rollbackDirective", "abTestingTrigger")
_INHERITED: Final = ("contextRules", "modelId", "maxTokens")


def create(call: Call) -> Answer:
    """Add a version; what is live stays, and gives the version the settings that §4 lacks."""
    catalog = Catalog(call.state)
    prompt_id = call.path[-2]
    prompt = catalog.prompt(prompt_id)
    view = _read(call, prompt_id)
    _refuse_conflicts(prompt, view)
    settings = {name: prompt["live"][name] for name in _INHERITED}
    catalog.put_version(prompt_id, {"view": view, "settings": settings, "inherited": True})
    _file_switches(catalog, {**prompt, "versions": [*prompt["versions"], view["version"]]}, view)
    return Answer(201, view)


def list_all(call: Call) -> Answer:
    """Return every version, the newest first."""
    catalog = Catalog(call.state)
    numbers = catalog.prompt(call.path[-2])["versions"]
    views = [catalog.version(call.path[-2], number)["view"] for number in reversed(numbers)]
    return Answer(200, {"entities": views})


def show(call: Call) -> Answer:
    """Return one version."""
    catalog = Catalog(call.state)
    catalog.prompt(call.path[-3])
    return Answer(200, catalog.version(call.path[-3], call.path[-1])["view"])


def change(call: Call) -> Answer:
    """Set or clear the rollback directive and the A/B trigger, and nothing else."""
    catalog = Catalog(call.state)
    prompt = catalog.prompt(call.path[-3])
    held = catalog.version(call.path[-3], call.path[-1])
    view = {**held["view"], **_read_switches(call)}
    catalog.put_version(call.path[-3], {**held, "view": view})
    _file_switches(catalog, prompt, view)
    return Answer(200, view)


def new_view(
    call: Call, prompt_id: str, number: str, *, content: str, variables: Mapping[str, Any], **switches: object
) -> Document:
    """Return a new version as §4 shows it."""
    return {
        "id": call.ids.uuid("version"),
        "templateId": prompt_id,
        "version": number,
        "content": content,
        "variables": variables,
        "rollbackDirective": False,
        "abTestingTrigger": None,
        "metadata": {},
        **switches,
        "dateCreated": call.timestamp(),
        "selfUri": f"{PATH}/{prompt_id}/versions/{quote(number, safe='+')}",
    }


def _read(call: Call, prompt_id: str) -> Document:
    fields = Fields(call.document())
    if fields.values.get("templateId", prompt_id) != prompt_id:
        fields.fault(NOT_ALLOWED, "templateId")
    number = read_version(fields)
    content = read_text(fields, "content")
    variables = read_map(fields)
    check_placeholders(fields, "content", content, variables)
    directive = fields.flag("rollbackDirective", default=False)
    trigger = read_trigger(fields)
    check_header(fields, call.headers, trigger)
    metadata = _read_metadata(fields)
    fields.refuse_faults()
    return new_view(
        call,
        prompt_id,
        number,
        content=content,
        variables=variables,
        rollbackDirective=directive,
        abTestingTrigger=trigger,
        metadata=metadata,
    )


def _read_metadata(fields: Fields) -> dict[str, str]:
    held = fields.object("metadata")
    if held is None:
        return {}
    for name, value in held.values.items():
        if not isinstance(value, str):
            held.fault(WRONG_TYPE, name)
    return dict(cast("Mapping[str, str]", held.values))


def _read_switches(call: Call) -> Document:
    fields = Fields(call.document())
    for name in fields.values:
        if name not in _SWITCHES:
            fields.fault("field.immutable", name)
    switches: Document = {}
    if "rollbackDirective" in fields.values:
        switches["rollbackDirective"] = fields.flag("rollbackDirective")
    if "abTestingTrigger" in fields.values:
        switches["abTestingTrigger"] = read_trigger(fields)
    check_header(fields, call.headers, switches.get("abTestingTrigger"))
    fields.refuse_faults()
    return switches


def _refuse_conflicts(prompt: Document, view: Document) -> None:
    if view["version"] in prompt["versions"]:
        raise version_exists()
    if prompt["frozen"] and not view["rollbackDirective"]:
        raise rollback_active()


def _file_switches(catalog: Catalog, prompt: Document, view: Document) -> None:
    number = view["version"]
    trigger = view["abTestingTrigger"]
    frozen = _with(prompt["frozen"], number, present=view["rollbackDirective"])
    splits = _with(prompt["splits"], number, present=trigger is not None and trigger["enabled"])
    catalog.put_prompt(view["templateId"], prompt, frozen=frozen, splits=splits)


def _with(numbers: Iterable[str], number: str, *, present: bool) -> list[str]:
    others = [held for held in numbers if held != number]
    return [*others, number] if present else others


ROUTES: Final = (
    Route(
        f"{PATH}/*/versions",
        {"GET": list_all, "POST": create},
        {"GET": TEMPLATES_READ, "POST": TEMPLATES_WRITE},
        configures=True,
    ),
    Route(
        f"{PATH}/*/versions/*",
        {"GET": show, "PATCH": change},
        {"GET": TEMPLATES_READ, "PATCH": TEMPLATES_WRITE},
        configures=True,
    ),
)
