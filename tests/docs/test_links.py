"""Every link leads somewhere, and every page is reached."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.docs.conftest import DOCS, FENCE, PAGES, ROOT, page_text

_LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    path = (page.parent / name).resolve() if name else page
    return path.exists() and (not anchor or anchor in _anchors(path))


@pytest.mark.parametrize("page", PAGES)
def test_every_local_link_leads_somewhere(page: str) -> None:
    links = [m[1] for m in _LINK.finditer(FENCE.sub("", page_text(page))) if not m[1].startswith("https://")]
    assert [link for link in links if not _leads_somewhere(ROOT / page, link)] == []


def test_every_page_is_reached_from_the_index() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / m[1].partition("#")[0]).resolve() for m in _LINK.finditer(index.read_text())}
    assert {*DOCS.rglob("*.md")} - linked == {index}
