"""What is sent: every fault is named, and nothing is coerced."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.service.bodies import LARGEST_BODY, document
from tests.unit.service.house import NAME, Answered, House, published

CHOOSE = f"/v1/prompts/{NAME}/choose"


def raw(house: House, body: bytes, **headers: str) -> Answered:
    return house.ask("POST", CHOOSE, body, headers={"content_type": "application/json", **headers})


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"",
        b"[",
        b'{"unit": NaN}',
        b'{"unit": 1e999}',
        b'{"unit": "x", "unit": "y"}',
        b'{"unit": "\\ud800"}',
        b'{"unit": "\xff"}',
        b"[" * 100_000,
        b'{"unit": ' * 5_000,
        b'{"unit": ' + b"9" * 5_000 + b"}",
        b"null",
        b"[]",
        b'"unit"',
        b"1",
        b"\x00",
        b"\xef\xbb\xbf{}",
    ],
    ids=range(17),
)
def test_what_is_no_such_document_is_bad(house: House, core: Core, body: bytes) -> None:
    published(core)
    found = raw(house, body)
    assert (found.status, found.headers["content-type"]) == (
        (415 if not body else 400),
        "application/problem+json",
    ) or found.status == 400


def test_every_fault_is_named_at_its_place(house: House) -> None:
    found = house.post(CHOOSE, {"unit": 7, "pin": "x" * 5_000, "surprise": True})
    problems = {each["place"]: each["code"] for each in found.json["problems"]}
    assert (found.status, problems) == (
        400,
        {"unit": "type", "pin": "value", "surprise": "field-unknown"},
    )


def test_no_fault_repeats_a_value(house: House) -> None:
    found = house.post(CHOOSE, {"unit": ["hunter2"], "pin": {"hunter2": 1}})
    assert b"hunter2" not in found.body


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin-1"],
)
def test_what_is_not_called_json_is_not_read(house: House, content_type: str) -> None:
    assert raw(house, b'{"unit": "x"}', content_type=content_type).status == 415


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/merge-patch+json"])
def test_json_may_say_more_of_itself(house: House, core: Core, content_type: str) -> None:
    published(core)
    assert raw(house, b'{"unit": "x"}', content_type=content_type).status == 200


def _status(house: House, environ: dict[str, Any]) -> int:
    seen = list[str]()

    def start(status: str, _headers: object) -> None:
        seen.append(status)

    house.app(environ, start)
    return int(seen[0][:3])


class Untouched(io.BytesIO):
    """A body that must not be read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("it was read")


def test_a_body_that_is_too_large_is_not_even_read(house: House) -> None:
    environ = house.environ("POST", CHOOSE, b"x", {"content_type": "application/json"})
    environ["CONTENT_LENGTH"], environ["wsgi.input"] = str(LARGEST_BODY + 1), Untouched()
    assert _status(house, environ) == 413


def test_the_largest_body_is_read(house: House) -> None:
    pad = b" " * (LARGEST_BODY - len(b'{"unit": 1}'))
    assert raw(house, b'{"unit": 1}' + pad).status == 400


@pytest.mark.parametrize(("size", "status"), [(10, 400), (LARGEST_BODY + 1, 413)])
def test_a_body_of_unknown_length_has_the_same_limit(house: House, size: int, status: int) -> None:
    environ = house.environ("POST", CHOOSE, b"", {"content_type": "application/json"})
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(b" " * size)}
    assert _status(house, environ) == status


def test_a_body_that_was_cut_is_no_whole_one(house: House) -> None:
    found = raw(house, b'{"unit": "x"}', content_length="500")
    assert (found.status, found.json["type"]) == (400, "urn:jackfield:problem:body-cut")


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 50, "٣", "0x10", "²", "+5", " 5"])
def test_a_length_that_is_no_number_is_refused(house: House, length: str) -> None:
    assert raw(house, b"{}", content_length=length).status in (400, 413)


@pytest.mark.parametrize(
    "query", ["limit=ten", "limit=1&limit=2", "limit=", "after=1.5", "%ff=1", "limit=%ff", "x"]
)
def test_a_query_that_does_not_fit_is_bad(house: House, query: str) -> None:
    assert house.get(f"/v1/audit?{query}").status == 400


def test_more_parameters_than_any_operation_has_are_not_even_read(house: House) -> None:
    found = house.get(f"/v1/audit?{'a&' * 31_000}")
    assert (found.status, found.json["detail"]) == (400, "it has more than 100 parameters")


def test_what_comes_twice_is_named_once_each(house: House) -> None:
    found = house.get("/v1/audit?limit=1&after=1&limit=2&after=2&limit=3&prompt=x")
    assert [each["place"] for each in found.json["problems"]] == ["after", "limit"]


@pytest.mark.parametrize(
    "body", [b'{"unit":"x","unit":"x"}', b'{"unit":"x", "unit":"x"}', b'{"unit":1e2,"unit":1,"a":1e15}']
)
def test_no_key_comes_twice_however_it_is_written(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="twice"):
        document(body)


def test_what_is_written_compactly_is_read_alike() -> None:
    whole = {"unit": "x", "more": [1, 2.5, None, True, "\u00e9"]}
    compact = json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()
    assert document(compact) == document(json.dumps(whole).encode()) == whole
