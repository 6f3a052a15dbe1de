"""The document as a page for people: one file without scripts, which loads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from json import dumps
from typing import Any, Final

from jackfield.entrypoints.service.openapi.examples import command, resolved

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; text-transform: capitalize; } code, pre { font-family: ui-monospace, monospace; }
summary { cursor: pointer; padding: .3rem 0; } pre { background: #8881; padding: .7rem; overflow: auto; }
.method { display: inline-block; width: 4.5rem; font-weight: 600; } .what { opacity: .7; }
"""


def page(document: Mapping[str, Any]) -> str:
    """Return the page."""
    info = document["info"]
    title = f"{escape(info['title'])} {escape(info['version'])}"
    body = "\n".join(_operations(document))
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{title}</h1><p>{escape(info['description'])}"
        ' The document: <a href="/openapi.json">/openapi.json</a></p>'
        f"{body}</body></html>"
    )


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    by_tag = dict[str, list[str]]()
    for path, there in document["paths"].items():
        for method, operation in there.items():
            shown = _operation(path, method, resolved(operation, document["components"]["schemas"]))
            by_tag.setdefault(operation["tags"][0], []).append(shown)
    for tag, shown_ in by_tag.items():
        yield f"<h2>{escape(tag)}</h2>"
        yield from shown_


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    parts = {
        "example": command(path, method, operation),
        "parameters": operation.get("parameters"),
        "body": _content(operation.get("requestBody")),
        "answer": _content(operation["responses"]["200"]),
        "refusals": ", ".join(status for status in operation["responses"] if status != "200"),
    }
    details = "".join(f"<p>{name}</p><pre>{_json(part)}</pre>" for name, part in parts.items() if part)
    return (
        f"<details id={escape(operation['operationId'])}><summary><span class=method>{method.upper()}</span>"
        f"<code>{escape(path)}</code> <span class=what>{escape(operation['summary'])}</span></summary>"
        f"<p>{escape(operation.get('description', ''))}</p>{details}</details>"
    )


def _content(part: Mapping[str, Any] | None) -> object:
    return None if part is None else part.get("content")


def _json(value: object) -> str:
    return escape(value if isinstance(value, str) else dumps(value, indent=2, ensure_ascii=False))
