"""`jackfield simulate --knowledge`: a platform whose agents are advised of our articles."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from tests.e2e.command.conftest import CLIENT, SECRET, House, simulated
from tests.e2e.command.test_simulated_bots import call

RENEWAL: Final[dict[str, Any]] = {
    "id": "renewal",
    "title": "Renewing a library card",
    "content": "It takes a minute. Ask for the old card.",
    "age_days": 2,
    "phrases": ["card has expired"],
}
OURS: Final[dict[str, Any]] = {"base": "kb-library", "articles": [RENEWAL]}
NAMELESS: Final[dict[str, Any]] = {"articles": []}


def given(house: House, document: Any) -> str:
    path = house.folder / "ours.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(path)


def test_bases_of_a_file_are_there_beside_the_fresh_ones(house: House) -> None:
    path = given(house, [OURS, {"base": "kb-billing", "articles": [RENEWAL]}, {"base": "kb-none"}])
    with simulated("--knowledge", path) as url:
        shown = call(url, "/_simulator/knowledge")["knowledge"]
        call(url, "/_simulator/reset", {})
        after = call(url, "/_simulator/knowledge")["knowledge"]
    assert (shown["kb-library"], shown["kb-billing"], shown["kb-none"], shown["kb-travel"]) == (1, 1, 0, 4)
    assert after == shown


def test_an_agent_is_advised_of_what_the_file_holds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_ID", CLIENT)
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", SECRET)
    (house.folder / "call.txt").write_text("customer: My card has expired.", encoding="utf-8")
    with simulated("--knowledge", given(house, [OURS])) as url:
        house.settings(f'default = "ours"\n[targets.ours]\nplatform = "genesys"\nbase_url = "{url}"\n')
        asked = ("call.txt", "--conversation", "c-1", "--agent", "a-1", "--base", "kb-library")
        ran = house("advice", "query", *asked, "--format", "json")
    (item,) = ran.json["accepted"]
    assert (ran.code, item["title"], item["source"]) == (0, "Renewing a library card", "kb-library")


def test_a_file_may_begin_with_a_byte_order_mark(house: House) -> None:
    with simulated("--knowledge", given(house, f"\ufeff{json.dumps([OURS])}")) as url:
        assert call(url, "/_simulator/knowledge")["knowledge"]["kb-library"] == 1


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("", "no JSON from line 1, column 1 on; write a JSON list: ["),
        ('[\n {"base": }]', "no JSON from line 2, column 11 on"),
        ({"base": "kb"}, "knowledge: it is no list; write a JSON list: ["),
        (
            [OURS, NAMELESS],
            "knowledge[1]: it does not have the right shape; mend what is listed\n  base:",
        ),
        ([{"base": " "}], "knowledge[0]: it has no id; give one"),
        (
            [{"base": "kb", "articles": [{**RENEWAL, "text": "x"}]}],
            "  articles[0].text: there is no such field",
        ),
        (
            [{"base": "kb", "articles": [RENEWAL, RENEWAL]}],
            "  articles[1].id: articles[0] has the same id; rename",
        ),
        (
            [{"base": "kb", "articles": [{**RENEWAL, "published": "2026-01-01"}, {**RENEWAL, "id": " "}]}],
            "  articles[0].published: it is not a time with a zone; give a time in UTC [value]\n",
        ),
        (
            [{"base": "kb", "articles": [RENEWAL, {**RENEWAL, "id": " "}]}],
            "  articles[1].id: it is empty; write",
        ),
        ([OURS, OURS], "knowledge[1].base: a base of that id came before; put their articles together"),
    ],
)
def test_a_file_that_holds_no_articles_is_refused(document: Any, told: str, house: House) -> None:
    ran = house("simulate", "--port", "0", "--knowledge", given(house, document))
    assert (ran.code, ran.err.count("error:")) == (1, 1)
    assert ran.err.startswith(f"error: {house.folder / 'ours.json'}, knowledge")
    assert told in ran.err, ran.err


def test_a_file_that_is_not_there_is_named(house: House) -> None:
    ran = house("simulate", "--port", "0", "--knowledge", "missing.json")
    assert (ran.code, "missing.json" in ran.err) == (2, True)
