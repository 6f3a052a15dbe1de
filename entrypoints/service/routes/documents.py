"""What describes the service: its OpenAPI document, and a page of it for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from jackfield.entrypoints.service.frame import Direct, Environ, Exchange
from jackfield.entrypoints.service.operations import JSON, Call, Operation, Text
from jackfield.entrypoints.service.plain import Sent
from jackfield.entrypoints.service.serving import Serving


def get_openapi(_call: Call) -> Text:
    """Return the OpenAPI document."""
    return Text(content_type=JSON, body=_document())


def get_docs(_call: Call) -> Text:
    """Return a page that shows it; it loads nothing from anywhere."""
    return Text(
        content_type="text/html; charset=utf-8",
        body=_page(),
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
    )


@cache
def _document() -> bytes:
    import orjson

    from jackfield.entrypoints.service.openapi.document import document
    from jackfield.entrypoints.service.routes import OPERATIONS as EVERY

    return orjson.dumps(document(EVERY))


@cache
def _page() -> bytes:
    from jackfield.entrypoints.service.openapi.document import document
    from jackfield.entrypoints.service.openapi.page import page
    from jackfield.entrypoints.service.routes import OPERATIONS as EVERY

    return page(document(EVERY)).encode()


_TAG: Final = "operation"

OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/openapi.json",
        answer=get_openapi,
        summary="Describe every operation (OpenAPI 3.1).",
        tag=_TAG,
        scope=None,
    ),
    Operation(
        method="GET",
        path="/docs",
        answer=get_docs,
        summary="Show the description to people.",
        tag=_TAG,
        scope=None,
        content_types=("text/html",),
    ),
)


def _to_docs(_environ: Environ, exchange: Exchange) -> Sent:
    """Send whoever looks at the address alone to the page."""
    exchange.route = "/"
    return "303 See Other", [("location", "/docs"), ("content-length", "0")], b""


DIRECT: Final[Mapping[tuple[str, str], Callable[[Serving], Direct]]] = {
    (method, "/"): lambda _serving: _to_docs for method in ("GET", "HEAD")
}
