"""Which fault meets which call, and how faults are written."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform, control
from jackfield.adapters.simulator.control import Simulator
from jackfield.adapters.simulator.faults import (
    KINDS,
    Fault,
    Faults,
    FaultySend,
    Injection,
    Pattern,
    Rule,
    parse,
)
from jackfield.domain.model.errors import InvalidInput, JackfieldError

PROMPTS = "/api/v2/ai/llm/prompts"


def call(method: str = "GET", path: str = PROMPTS, document: object = None) -> Request:
    body = None if document is None else orjson.dumps(document)
    return Request(method=method, url=f"http://host{path}", body=body)


def kinds(faults: Faults, *requests: Request) -> list[str | None]:
    chosen = [faults.choose(request) for request in requests]
    return [None if fault is None else fault.kind for fault in chosen]


def test_nothing_happens_where_nothing_is_set() -> None:
    assert kinds(Faults(), call(), call()) == [None, None]


def test_a_script_meets_the_next_calls_of_its_route() -> None:
    faults = Faults()
    faults.next("GET", f"{PROMPTS}/*", "503", times=2)
    one = call(path=f"{PROMPTS}/a")
    assert kinds(faults, call(), one, call("PUT", f"{PROMPTS}/a"), one, one) == [
        None,
        "503",
        None,
        "503",
        None,
    ]


def test_scripts_of_one_route_follow_each_other() -> None:
    faults = Faults()
    for kind in ("503", "drop"):
        faults.next("GET", "**", kind)
    assert kinds(faults, call(), call(), call()) == ["503", "drop", None]


def test_a_script_goes_before_chance() -> None:
    faults = Faults()
    faults.randomly("429", 1)
    faults.next("GET", "**", "drop")
    assert kinds(faults, call(), call()) == ["drop", "429"]


def test_a_rate_is_about_met() -> None:
    faults = Faults(seed=1)
    faults.randomly("429", 0.2)
    met = sum(kind is not None for kind in kinds(faults, *(call(path=f"/{n}") for n in range(2000))))
    assert 320 < met < 480


def test_another_seed_makes_other_faults() -> None:
    def made(seed: int) -> list[str | None]:
        faults = Faults(seed=seed)
        faults.randomly("429", 0.5)
        return kinds(faults, *[call()] * 64)

    assert (made(1) == made(1), made(1) == made(2)) == (True, False)


def test_the_chances_of_two_rules_are_apart() -> None:
    faults = Faults()
    faults.randomly("429", 0.5)
    faults.randomly("503", 0.5)
    assert {*kinds(faults, *[call()] * 64)} == {"429", "503", None}


def test_a_query_does_not_hide_a_route() -> None:
    faults = Faults()
    faults.randomly("503", 1, on=f"GET {PROMPTS}")
    assert kinds(faults, call(path=f"{PROMPTS}?name=a"), call("POST")) == ["503", None]


@pytest.mark.parametrize("kind", ["401", "revoked"])
def test_a_login_shows_no_token_that_could_be_refused(kind: str) -> None:
    faults = Faults()
    faults.randomly(kind, 1)
    assert kinds(faults, call("POST", "/oauth/token"), call()) == [None, kind]


def test_only_reads_see_late() -> None:
    faults = Faults()
    faults.randomly("404", 1)
    assert kinds(faults, call("POST"), call("PUT", f"{PROMPTS}/a"), call()) == [None, None, "404"]


def test_what_happened_is_counted_and_told() -> None:
    faults = Faults()
    faults.next("POST", PROMPTS, "drop", times=2)
    kinds(
        faults, call("POST", PROMPTS, {"name": "a", "version": "1.0.0"}), call("POST", PROMPTS, {"name": "b"})
    )
    assert faults.injected == {"drop": 2}
    assert faults.log == (
        Injection(f"POST {PROMPTS}", "a/1.0.0", 1, "drop"),
        Injection(f"POST {PROMPTS}", "b", 1, "drop"),
    )


def test_clearing_forgets_faults_and_counts() -> None:
    faults = Faults(seed=3)
    faults.next("GET", "**", "drop", times=2)
    kinds(faults, call())
    faults.clear()
    assert faults.view() == {"seed": 3, "faults": [], "injected": {}}
    assert kinds(faults, call()) == [None]


def test_a_token_stays_revoked_until_the_simulator_is_reset() -> None:
    faults, platform = Faults(), Platform(clock=FrozenClock())
    faults.revoke(b"digest")
    faults.clear()
    before = faults.has_revoked(b"digest")
    control.answer(Simulator(platform, faults), call("POST", "/_simulator/reset"))
    assert (before, faults.has_revoked(b"digest")) == (True, False)


def test_faults_are_limited_in_number() -> None:
    faults = Faults()
    for _ in range(1000):
        faults.randomly("429", 0.1)
    with pytest.raises(InvalidInput, match="there are 1000 faults already"):
        faults.randomly("429", 0.1)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/api/v2/ai/prompt-templates/p/versions/1.0.0", "p/1.0.0"),
        (f"{PROMPTS}?name=a&pageNumber=2", "a/2"),
        ("/unknown/x", ""),
    ],
)
def test_a_call_is_keyed_by_what_it_is_about(path: str, key: str) -> None:
    faults = Faults()
    faults.next("GET", "**", "500")
    kinds(faults, call(path=path))
    assert faults.log[0].key == key


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b"grant_type=x", b" "])
def test_a_body_that_is_no_definition_is_no_matter(body: bytes) -> None:
    faults = Faults()
    faults.next("POST", "**", "500")
    faults.choose(Request(method="POST", url=f"http://host{PROMPTS}", body=body))
    assert faults.log[0].key == ""


CALLS = st.lists(
    st.builds(
        call,
        st.sampled_from(("GET", "PUT")),
        st.sampled_from([f"{PROMPTS}/{name}" for name in "abc"] + [PROMPTS, "/oauth/token"]),
        st.sampled_from((None, {"name": "a", "version": "1.0.0"}, {"name": "a", "version": "2.0.0"})),
    ),
    max_size=60,
)


def met(seed: int, calls: Sequence[Request]) -> set[Injection]:
    faults = _random(seed)
    for each in calls:
        faults.choose(each)
    return {*faults.log}


def _random(seed: int) -> Faults:
    faults = Faults(seed=seed)
    for text in ("429:0.3:58", "503:0.3@GET /api/v2/ai/llm/prompts/*", "drop-after:0.2@PUT"):
        faults.add(parse(text))
    return faults


@given(CALLS, st.integers(), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_the_order_of_arrival_does_not_matter(calls: list[Request], seed: int, order: random.Random) -> None:
    shuffled = calls.copy()
    order.shuffle(shuffled)
    assert met(seed, shuffled) == met(seed, calls)


def test_one_stream_of_random_numbers_would_not_pass_that_test() -> None:
    def met_by_arrival(calls: Sequence[Request]) -> set[tuple[str, int]]:
        stream, seen, met_there = random.Random(7), Counter[str](), set[tuple[str, int]]()
        for each in calls:
            seen[each.url] += 1
            if stream.random() < 0.3:
                met_there.add((each.url, seen[each.url]))
        return met_there

    calls = [call(path=f"{PROMPTS}/{n % 7}") for n in range(60)]
    assert met_by_arrival(calls) != met_by_arrival(calls[::-1])
    assert met(7, calls) == met(7, calls[::-1]) != set()


@pytest.mark.parametrize("seed", range(5))
def test_threads_meet_the_faults_that_one_thread_meets(seed: int) -> None:
    calls = [call("PUT", f"{PROMPTS}/{n % 7}") for n in range(400)]
    faults = _random(seed)
    send = FaultySend(lambda _: Response(status=204), faults, FrozenClock())
    barrier = threading.Barrier(8)

    def work(mine: Sequence[Request]) -> None:
        barrier.wait()
        for each in mine:
            try:
                send(each)
            except JackfieldError:
                continue

    threads = [threading.Thread(target=work, args=(calls[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {*faults.log} == met(seed, calls)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("429:0.2", Rule(fault=Fault("429"), rate=0.2)),
        ("429:0.2:58", Rule(fault=Fault("429", 58), rate=0.2)),
        ("skew:1:-90", Rule(fault=Fault("skew", -90), rate=1)),
        (
            f"slow:1:0.5@get {PROMPTS}/*",
            Rule(fault=Fault("slow", 0.5), rate=1, pattern=Pattern("GET", f"{PROMPTS}/*")),
        ),
        ("503:1@POST", Rule(fault=Fault("503"), rate=1, pattern=Pattern("POST"))),
        ("503:1@/oauth/**", Rule(fault=Fault("503"), rate=1, pattern=Pattern("", "/oauth/**"))),
    ],
)
def test_a_random_fault_is_written_in_a_line(text: str, rule: Rule) -> None:
    assert parse(text) == rule


@pytest.mark.parametrize("text", ["", "flood:0.2", ":", "@", "429 :1"])
def test_what_is_no_kind_is_told_the_kinds(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert all(kind in refused.value.remedy for kind in KINDS)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("429", "lacks a rate"),
        ("429:1:2:3", "too many numbers"),
        ("429:x", "'x' is no number"),
        ("429:0", "a rate is more than 0"),
        ("429:1.1", "at most 1"),
        ("429:nan", "a rate is more than 0"),
        ("429:1:0.5", "a whole number"),
        ("429:1:-1", "it takes `Retry-After`"),
        ("429:1:inf", "it takes `Retry-After`"),
        ("500:1:3", "it takes no number"),
        ("500:1@FETCH /x", "'FETCH' is no method"),
        ("500:1@GET x", "a path begins with '/'"),
    ],
)
def test_what_is_written_wrongly_is_told_what_is_right(text: str, wrong: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert wrong in str(refused.value)


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_any_text_is_a_fault_or_our_error(text: str) -> None:
    try:
        parse(text)
    except InvalidInput:
        return
