"""Every snippet of every page does what the page says."""

from __future__ import annotations

import socket
from typing import Final

import pytest
from ruamel.yaml import YAML

from tests.docs.conftest import FENCE, PAGES, Reader, Snippet, page_text

NO_RUN: Final = {"docs/how-to/check-in-ci.md": 3}
"""Snippets that only a CI system can run."""
_PORT: Final = "18080"


def snippets(text: str) -> tuple[Snippet, ...]:
    return tuple(Snippet(m[1], tuple(m[2].split()), m[3]) for m in FENCE.finditer(text))


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.parametrize("page", PAGES)
def test_every_snippet_of_a_page_does_what_the_page_says(page: str, text: str, reader: Reader) -> None:
    found = snippets(text.replace(_PORT, _free_port()))
    runnable = [snippet for snippet in found if "no-run" not in snippet.words]
    for snippet in runnable:
        reader.follow(snippet)
    with reader.capture.disabled():
        print(f" {page}: {len(runnable)} of {len(found)} snippets ran")


def test_no_other_snippet_is_left_out() -> None:
    left_out = {page: sum("no-run" in s.words for s in snippets(page_text(page))) for page in PAGES}
    assert {page: count for page, count in left_out.items() if count} == NO_RUN


@pytest.mark.parametrize("page", [*NO_RUN])
def test_what_a_ci_system_runs_is_at_least_yaml(page: str) -> None:
    left_out = [s for s in snippets(page_text(page)) if "no-run" in s.words]
    assert all(isinstance(YAML(typ="safe", pure=True).load(s.text), dict) for s in left_out)
