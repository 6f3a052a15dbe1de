from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.definitions import (
    agree,
    definition_of,
    holds,
    prompt_body,
    variables_map,
    version_body,
)
from jackfield.adapters.genesys.prompts import GenesysPrompts
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.adapters.genesys.wire import PromptAnswer, PromptBody, VersionAnswer, decode, encode
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.model.prompts import (
    ContextRule,
    ContextSource,
    InjectionPoint,
    Limits,
    PromptDefinition,
)
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.variables import TYPE_NAMES, Value, Variable, VariableType
from jackfield.ports.prompts import RemoteId
from tests.proofs.sizes import sized

DEFINITION = PromptDefinition(
    name="escalation",
    version="1.2.0",
    model="gpt-small",
    max_tokens=4096,
    template="Hi {{ name }} of {{tier}}\r\n{{age}} {{vip}} {{tags}}",
    variables=(
        Variable(name="name", description="who calls", max_length=80),
        Variable(name="tier", default="gold"),
        Variable(name="age", type=VariableType.NUMBER, default=42),
        Variable(name="vip", type=VariableType.BOOLEAN, default=False),
        Variable(name="tags", type=VariableType.ARRAY, default=["ä", 1, True]),
    ),
    context_rules=(ContextRule(source=ContextSource.EXTERNAL_API, max_tokens=50),),
    user_template="{{name}}",
    metadata={"author": "me"},
    limits=Limits(tokens=100),
)

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
defaults: dict[VariableType, st.SearchStrategy[Any]] = {
    VariableType.STRING: texts.filter(lambda text: text not in TYPE_NAMES),
    VariableType.NUMBER: numbers,
    VariableType.BOOLEAN: st.booleans(),
    VariableType.ARRAY: st.lists(texts | numbers | st.booleans(), max_size=4),
}


@st.composite
def variables(draw: st.DrawFn) -> Variable:
    kind = draw(st.sampled_from(VariableType))
    return Variable(name=draw(names), type=kind, default=draw(st.none() | defaults[kind]))


rules = st.builds(
    ContextRule,
    source=st.sampled_from(ContextSource),
    max_tokens=st.integers(1, 10**6),
    injection_point=st.sampled_from(InjectionPoint),
)
definitions = st.builds(
    PromptDefinition,
    name=names,
    version=st.just("1.0.0"),
    model=texts,
    max_tokens=st.integers(1, 10**6),
    template=texts.map(lambda text: text.replace("{", "").replace("\r", "")),
    variables=st.lists(variables(), max_size=4, unique_by=lambda v: v.name),
    context_rules=st.lists(rules, max_size=3),
    metadata=st.just({}),
)


@given(definitions)
def test_a_definition_comes_back_from_its_body(definition: PromptDefinition) -> None:
    body = encode(prompt_body(definition))
    assert definition_of(decode(body, PromptBody)) == definition


@given(definitions)
def test_a_stored_version_holds_its_definition(definition: PromptDefinition) -> None:
    answer = decode(encode(version_body("id", definition)), VersionAnswer)
    assert holds(answer, definition)


@given(definitions, variables())
def test_a_stored_version_does_not_hold_other_variables(
    definition: PromptDefinition, another: Variable
) -> None:
    answer = decode(encode(version_body("id", definition)), VersionAnswer)
    other = evolve(definition, variables=(*definition.variables, evolve(another, name="zz_another_zz")))
    assert not holds(answer, other)


def test_the_body_of_a_prompt_has_the_fields_of_the_contract_in_their_order() -> None:
    assert encode(prompt_body(DEFINITION)).decode() == (
        '{"name":"escalation","version":"1.2.0",'
        '"template":"Hi {{name}} of {{tier}}\\n{{age}} {{vip}} {{tags}}",'
        '"variables":[{"name":"name","type":"string","required":true},'
        '{"name":"tier","type":"string","required":false,"defaultValue":"gold"},'
        '{"name":"age","type":"number","required":false,"defaultValue":"42"},'
        '{"name":"vip","type":"boolean","required":false,"defaultValue":"false"},'
        '{"name":"tags","type":"array","required":false,"defaultValue":"[\\"ä\\",1,true]"}],'
        '"contextRules":[{"source":"external_api","maxTokens":50,"injectionPoint":"system"}],'
        '"modelId":"gpt-small","maxTokens":4096}'
    )


def test_the_body_of_a_version_has_the_fields_of_the_contract_in_their_order() -> None:
    assert encode(version_body("p-1", DEFINITION)).decode() == (
        '{"templateId":"p-1","version":"1.2.0",'
        '"content":"Hi {{name}} of {{tier}}\\n{{age}} {{vip}} {{tags}}",'
        '"variables":{"name":"string","tier":"gold","age":42,"vip":false,"tags":"[\\"ä\\",1,true]"},'
        '"rollbackDirective":false,'
        '"abTestingTrigger":{"enabled":false,"trafficPercent":0.0,"variantId":""},'
        '"metadata":{"author":"me"}}'
    )


def test_what_the_platform_does_not_keep_has_its_default_when_adopted() -> None:
    adopted = definition_of(prompt_body(DEFINITION))
    assert (adopted.user_template, dict(adopted.metadata), adopted.limits, adopted.variables[0]) == (
        None,
        {},
        Limits(),
        Variable(name="name"),
    )


def test_agrees_with_what_was_adopted_from_it() -> None:
    assert agree(definition_of(prompt_body(DEFINITION)), DEFINITION)


def test_agreement_does_not_ask_for_the_order_of_the_variables() -> None:
    assert agree(DEFINITION, evolve(DEFINITION, variables=DEFINITION.variables[::-1]))


def test_agreement_sees_a_change_in_a_malformed_placeholder_that_others_stored() -> None:
    assert not agree(evolve(DEFINITION, template="{{1x}}"), evolve(DEFINITION, template="{{2x}}"))


@pytest.mark.parametrize("name", sorted(TYPE_NAMES))
def test_a_default_that_reads_as_a_type_is_not_sent(name: str) -> None:
    with pytest.raises(InvalidInput, match="type's name"):
        variables_map((Variable(name="x", default=name),))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", "1.50", 1.5),
        ("number", "twelve", "twelve"),
        ("number", "true", "true"),
        ("boolean", "1", "1"),
        ("array", "[[1]]", "[[1]]"),
        ("string", "42", "42"),
    ],
)
def test_a_default_that_is_not_of_its_type_stays_text(kind: str, text: str, value: Value) -> None:
    variable = {"name": "x", "type": kind, "required": False, "defaultValue": text}
    body = orjson.dumps({**orjson.loads(encode(prompt_body(DEFINITION))), "variables": [variable]})
    assert definition_of(decode(body, PromptBody)).variables[0].default == value


def answered(**changes: object) -> bytes:
    return orjson.dumps({**orjson.loads(encode(prompt_body(DEFINITION))), "id": "p-1", **changes})


def test_unknown_fields_are_ignored() -> None:
    assert decode(answered(selfUri="/x", dateCreated="now", extra=[1]), PromptAnswer).id == "p-1"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"maxTokens": "4096"}, "$.max_tokens"),
        ({"maxTokens": 40.5}, "$.max_tokens"),
        ({"maxTokens": True}, "$.max_tokens"),
        ({"name": None}, "$.name"),
        ({"name": 5}, "$.name"),
        ({"variables": ""}, "$.variables"),
        ({"variables": {}}, "$.variables"),
        ({"variables": [{"name": "x", "type": "object", "required": True}]}, "$.variables[0].type"),
        ({"variables": [{"name": "x", "type": "string", "required": "no"}]}, "$.variables[0].required"),
        ({"variables": [{"name": "x", "type": "string"}]}, "$.variables[0].required"),
        ({"variables": ["canary"]}, "$.variables[0]"),
        ({"contextRules": [{"source": "canary"}]}, "$.context_rules[0]"),
    ],
)
def test_a_field_of_another_type_is_told_by_its_path_without_its_value(
    changes: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(answered(**changes), PromptAnswer)
    assert path in caught.value.message
    assert "canary" not in caught.value.message


def test_a_number_that_is_too_large_to_be_exact_is_refused() -> None:
    with pytest.raises(InvalidInput, match="max_tokens"):
        decode(answered().replace(b"4096", b"9" * 30), PromptAnswer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>canary</html>",
        answered()[:-1],
        b"\xff\xfe{}",
        "{}".encode("utf-16"),
        b"null",
        b"[]",
        b'"canary"',
        b"[" * 100_000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"id": NaN}',
        b'{"id": "\\ud800"}',
        b"1" * 100_000,
    ],
)
def test_a_body_that_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(body, PromptAnswer)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
def test_a_text_that_utf8_cannot_carry_is_not_sent(text: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        encode(prompt_body(evolve(DEFINITION, model=text)))


VALID = (
    answered(),
    orjson.dumps({"entities": [orjson.loads(answered())], "pageNumber": 1, "pageSize": 100, "total": 1}),
    orjson.dumps({"entities": [{"version": "1.2.0", "rollbackDirective": True}]}),
    orjson.dumps({**orjson.loads(encode(version_body("p-1", DEFINITION))), "id": "v-1"}),
    orjson.dumps(
        {
            "code": "request.conflict",
            "message": "App not authorized to use scope ai:llm:manage",
            "details": [{"errorCode": "version.exists", "fieldName": "version"}],
        }
    ),
)
STATUSES = (
    200,
    200,
    200,
    200,
    200,
    200,
    200,
    200,
    200,
    201,
    204,
    302,
    400,
    401,
    403,
    404,
    409,
    429,
    500,
    503,
)
ODD = (
    b"null", b"true", b"-1", b"1e999", b"99999999999999999999999", b'"x"', b"[]", b"{}", b"[[[[[[]]]]]]",
    b'"\\ud800"', b"\xff", b"\x00", b'{"x":1}', b"",
)  # fmt: skip


def fitting(request: Request) -> bytes:
    """Return the valid answer to a request of the gateway's."""
    live, page, versions, version, _ = VALID
    if "/llm/prompts" in request.url:
        return page if "pageNumber" in request.url else live
    return versions if request.method == "GET" and request.url.endswith("/versions") else version


def mutated(dice: random.Random, body: bytes) -> bytes:
    """Change *body* at up to four places: a byte, a piece, or a whole JSON value."""
    for _ in range(dice.randint(0, 4)):
        at, end = sorted(dice.randrange(len(body) + 1) for _ in range(2))
        body = dice.choice(
            (
                body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :],
                body[:at] + body[end:],
                body[:at] + dice.choice(ODD) + body[at:],
                body[:at],
                valued(dice, body),
            )
        )
    return body


def valued(dice: random.Random, body: bytes) -> bytes:
    colons = [i for i, byte in enumerate(body) if byte == ord(":")]
    if not colons:
        return body
    at = dice.choice(colons) + 1
    end = min((i for i in (body.find(b",", at), body.find(b"}", at)) if i >= 0), default=len(body))
    return body[:at] + dice.choice(ODD) + body[end:]


def calls(gateway: GenesysPrompts) -> tuple[Callable[[], object], ...]:
    prompt = RemoteId("p-1")
    return (
        lambda: gateway.find("escalation"),
        lambda: gateway.create(DEFINITION),
        lambda: gateway.store(prompt, DEFINITION),
        lambda: gateway.stored(prompt, DEFINITION),
        lambda: gateway.activate(prompt, DEFINITION),
        lambda: gateway.active(prompt),
        lambda: gateway.versions(prompt),
        lambda: gateway.freeze(prompt, "1.2.0", frozen=True),
    )


def test_odd_answers_raise_only_our_errors(capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(20260101)
    count, refused = sized(4_000, full=20_000), 0

    def send(request: Request) -> Response:
        header = {"retry-after": mutated(dice, b"17").decode("latin-1")}
        body = dice.choice((*VALID, *[fitting(request)] * 15))
        return Response(status=dice.choice(STATUSES), headers=header, body=mutated(dice, body))

    hosts = Hosts(api="https://api.example", login="https://login.example")
    policy = Policy(send, clock := FrozenClock(), rules=CallRules(retries=0))
    gateway = GenesysPrompts(Client(policy, [policy.lane(FixedToken(Secret("token")))], hosts))
    verbs = calls(gateway)
    for _ in range(count):
        clock.advance(timedelta(days=3))  # past any gate or breaker
        try:
            dice.choice(verbs)()
        except JackfieldError:
            refused += 1
    with capsys.disabled():
        print(f"\n{count} odd answers: {refused} refused, none escaped")
    assert 0 < refused < count
