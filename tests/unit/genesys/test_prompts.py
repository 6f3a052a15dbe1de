from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.definitions import prompt_body, version_body
from jackfield.adapters.genesys.prompts import GenesysPrompts
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.wire import encode
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.secrets import Secret
from jackfield.ports.prompts import PromptGateway, RemoteId, RemoteVersion, Split

PROMPT = RemoteId("p/1")
DEFINITION = PromptDefinition(
    name="escalation", version="1.2.0+b", model="gpt", max_tokens=100, template="Hi", metadata={"a": "b"}
)
VERSION = {**orjson.loads(encode(version_body("p/1", DEFINITION))), "id": "v-1"}
LIVE = {**orjson.loads(encode(prompt_body(DEFINITION))), "id": "p/1"}


class Platform:
    """Answers every call with the same body, and keeps the requests."""

    def __init__(self, body: object) -> None:
        self.body = orjson.dumps(body)
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(status=200, body=self.body)

    @property
    def asked(self) -> tuple[str, str, bytes | None]:
        (request,) = self.requests
        return request.method, request.url.removeprefix("https://api.example/api/v2/ai/"), request.body


class Pages:
    """A list of prompts, page by page; its filter by name lets everything through."""

    def __init__(self, names: list[str], size: int, *, total: int | None = None) -> None:
        self.names = names
        self.size = size
        self.total = len(names) if total is None else total
        self.asked: list[int] = []

    def __call__(self, request: Request) -> Response:
        number = int(parse_qs(urlsplit(request.url).query)["pageNumber"][0])
        self.asked.append(number)
        names = self.names[(number - 1) * self.size : number * self.size]
        page = {
            "entities": [{**LIVE, "name": name, "id": f"id-{name}"} for name in names],
            "pageNumber": number,
            "pageSize": self.size,
            "total": self.total,
        }
        return Response(status=200, body=orjson.dumps(page))


def gateway(send: Platform | Pages) -> PromptGateway:
    hosts = Hosts(api="https://api.example", login="https://login.example")
    policy = Policy(send, FrozenClock())
    return GenesysPrompts(Client(policy, [policy.lane(FixedToken(Secret("token")))], hosts))


def test_finds_a_prompt_on_the_last_page() -> None:
    pages = Pages([f"escalation-{i}" for i in range(7)] + ["escalation"], size=3)
    found = gateway(pages).find("escalation")
    assert found is not None
    assert (found.id, pages.asked) == ("id-escalation", [1, 2, 3])


def test_stops_at_the_end_of_the_list() -> None:
    pages = Pages(["escalation-1", "Escalation"], size=1)
    assert gateway(pages).find("escalation") is None
    assert pages.asked == [1, 2]


def test_stops_at_an_empty_page_whatever_the_total_says() -> None:
    pages = Pages(["other"], size=1, total=50)
    assert gateway(pages).find("escalation") is None
    assert pages.asked == [1, 2]


def test_a_list_without_an_end_is_an_error() -> None:
    with pytest.raises(Unavailable, match="does not end"):
        gateway(Pages(["other"] * 1001, size=1, total=10**9)).find("escalation")


def test_a_page_that_was_not_asked_for_is_an_error() -> None:
    page = {"entities": [{"name": "other"}], "pageNumber": 2, "pageSize": 1, "total": 9}
    with pytest.raises(Unavailable, match="page 1 was asked for"):
        gateway(Platform(page)).find("escalation")


def test_an_odd_neighbor_on_the_page_spoils_nothing() -> None:
    page = {"entities": [{"name": 5, "variables": "odd"}, LIVE], "pageNumber": 1, "pageSize": 2, "total": 2}
    found = gateway(Platform(page)).find("escalation")
    assert found is not None
    assert found.id == PROMPT


def test_creates_by_a_post_of_the_definition() -> None:
    platform = Platform(LIVE)
    assert gateway(platform).create(DEFINITION) == PROMPT
    assert platform.asked == ("POST", "llm/prompts", encode(prompt_body(DEFINITION)))


def test_stores_by_a_post_of_the_version() -> None:
    platform = Platform(VERSION)
    gateway(platform).store(PROMPT, DEFINITION)
    assert platform.asked == (
        "POST",
        "prompt-templates/p%2F1/versions",
        encode(version_body("p/1", DEFINITION)),
    )


def test_activates_by_a_put_of_the_full_definition() -> None:
    platform = Platform(LIVE)
    gateway(platform).activate(PROMPT, DEFINITION)
    assert platform.asked == ("PUT", "llm/prompts/p%2F1", encode(prompt_body(DEFINITION)))


def test_reads_what_is_live() -> None:
    platform = Platform(LIVE)
    live = gateway(platform).active(PROMPT)
    assert (platform.asked, live.version) == (("GET", "llm/prompts/p%2F1", None), "1.2.0+b")


def test_reads_one_version_back() -> None:
    platform = Platform(VERSION)
    assert gateway(platform).stored(PROMPT, DEFINITION)
    assert platform.asked == ("GET", "prompt-templates/p%2F1/versions/1.2.0%2Bb", None)


@pytest.mark.parametrize(
    ("change", "stored"),
    [
        ({"content": "Ho"}, False),
        ({"version": "1.2.0"}, False),
        ({"variables": {"x": "string"}}, False),
        ({"metadata": {"a": "c"}}, False),
        ({"metadata": {}}, True),
        ({"rollbackDirective": True}, True),
    ],
)
def test_a_version_is_stored_if_content_variables_and_kept_metadata_are_the_same(
    change: dict[str, object], *, stored: bool
) -> None:
    assert gateway(Platform({**VERSION, **change})).stored(PROMPT, DEFINITION) is stored


def test_lists_versions_as_the_platform_orders_them() -> None:
    platform = Platform({"entities": [{"version": "2.0.0", "rollbackDirective": True}, {"version": "1.0.0"}]})
    assert gateway(platform).versions(PROMPT) == [
        RemoteVersion(number="2.0.0", frozen=True),
        RemoteVersion(number="1.0.0", frozen=False),
    ]


def test_freezes_by_a_patch_of_the_directive_alone() -> None:
    platform = Platform(VERSION)
    gateway(platform).freeze(PROMPT, "1.2.0", frozen=True)
    assert platform.asked == (
        "PATCH",
        "prompt-templates/p%2F1/versions/1.2.0",
        b'{"rollbackDirective":true}',
    )


@pytest.mark.parametrize(
    ("share", "fraction", "percent"),
    [
        (0, "0.0", "0"),
        (1, "0.0001", "0"),
        (250, "0.025", "2"),
        (3333, "0.3333", "33"),
        (10_000, "1.0", "100"),
    ],
)
def test_splits_with_the_exact_share_in_the_body_and_whole_percents_in_the_header(
    share: int, fraction: str, percent: str
) -> None:
    platform = Platform(VERSION)
    gateway(platform).split(PROMPT, Split(version="1.2.0", share=share, variant="canary"), version="1.2.0")
    request = platform.requests[0]
    trigger = f'{{"enabled":true,"trafficPercent":{fraction},"variantId":"canary"}}'
    assert request.body == f'{{"abTestingTrigger":{trigger}}}'.encode()
    assert request.headers["X-Genesys-AB-Test"] == f"variant=canary,traffic={percent}"


def test_ends_a_split_without_the_header() -> None:
    platform = Platform(VERSION)
    gateway(platform).split(PROMPT, None, version="1.2.0")
    request = platform.requests[0]
    assert request.body == b'{"abTestingTrigger":{"enabled":false,"trafficPercent":0.0,"variantId":""}}'
    assert "X-Genesys-AB-Test" not in request.headers


@pytest.mark.parametrize(
    "split",
    [
        Split(version="1.2.1", share=1, variant="a"),
        Split(version="1.2.0", share=-1, variant="a"),
        Split(version="1.2.0", share=10_001, variant="a"),
        Split(version="1.2.0", share=1, variant="a,traffic=99"),
        Split(version="1.2.0", share=1, variant="a\r\nX: y"),
        Split(version="1.2.0", share=1, variant=""),
    ],
)
def test_a_split_that_makes_no_sense_is_not_sent(split: Split) -> None:
    platform = Platform(VERSION)
    with pytest.raises(InvalidInput):
        gateway(platform).split(PROMPT, split, version="1.2.0")
    assert platform.requests == []
