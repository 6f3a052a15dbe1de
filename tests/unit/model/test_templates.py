"""The template grammar: what is a placeholder, what is a literal, and where each fault is reported."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jackfield.domain.model.templates import Literal, Placeholder, Segment, Template, Text, parse

ALPHABET = (
    "{",
    "}",
    "{{",
    "}}",
    "{{{{",
    "x",
    "name",
    "1",
    "-",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "é",
    "😀",
    "\0",
    "\ud800",
)
SOURCES = st.lists(st.sampled_from(ALPHABET), max_size=24).map("".join) | st.text(max_size=40)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,79}", fullmatch=True)
GOOD_PIECES = st.one_of(
    st.sampled_from(["{{{{", "{", "}", "}}", "text ", "\n", "\r\n", "é😀"]),
    st.builds("{{{{{0}{1}{0}}}}}".format, st.sampled_from(["", " ", "\t "]), NAMES),
)


def faults(text: str) -> list[tuple[str, int, int]]:
    return [(p.code, p.line, p.column) for p in parse(text).problems]


def names(template: Template) -> list[str]:
    return [p.name for p in template.placeholders]


def spelled(segment: Segment) -> str:
    return {Text: "T", Literal: "L", Placeholder: "P"}[type(segment)]


def unpad(match: re.Match[str]) -> str:
    return match[1] or f"{{{{{match[2]}}}}}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{x", "placeholder-unclosed"),
        ("{{x ", "placeholder-unclosed"),
        ("{{x}", "placeholder-unclosed"),
        ("{{", "placeholder-unclosed"),
        ("{{{", "placeholder-unclosed"),
        ("{{a\nb}}", "placeholder-unclosed"),
        ("{{a\r\nb}}", "placeholder-unclosed"),
        ("{{a\rb}}", "placeholder-unclosed"),
        ("{{\n}}", "placeholder-unclosed"),
        ("{{}}", "placeholder-empty"),
        ("{{ }}", "placeholder-empty"),
        ("{{\t \t}}", "placeholder-empty"),
        ("{{1x}}", "placeholder-malformed"),
        ("{{a-b}}", "placeholder-malformed"),
        ("{{a b}}", "placeholder-malformed"),
        ("{{a\tb}}", "placeholder-malformed"),
        ("{{a.b}}", "placeholder-malformed"),
        ("{{#if x}}", "placeholder-malformed"),
        ("{{é}}", "placeholder-malformed"),
        ("{{x\N{COMBINING ACUTE ACCENT}}}", "placeholder-malformed"),
        ("{{\N{NO-BREAK SPACE}x}}", "placeholder-malformed"),
        ("{{x\N{ARABIC-INDIC DIGIT ONE}}}", "placeholder-malformed"),
        ("{{\N{NO-BREAK SPACE}}}", "placeholder-malformed"),
        ("{{{x}}", "placeholder-malformed"),
        ("{{{x}}}", "placeholder-malformed"),
        ("{{x} }}", "placeholder-malformed"),
        ("{{ {x} }}", "placeholder-malformed"),
        (f"{{{{{'x' * 81}}}}}", "placeholder-too-long"),
    ],
)
def test_a_malformed_placeholder_is_one_fault_at_its_braces(text: str, code: str) -> None:
    assert faults(text) == [(code, 1, 1)]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("ab {{}}", 1, 4),
        ("ab\n{{}}", 2, 1),
        ("ab\r\nc{{}}", 2, 2),
        ("ab\rc{{}}", 2, 2),
        ("\n\n\n{{}}", 4, 1),
        ("😀😀é{{}}", 1, 4),
        ("\t\t{{}}", 1, 3),
        ("{{x}}{{}}", 1, 6),
        ("{{ x }}{{}}", 1, 8),
        ("{{{{{{}}", 1, 5),
        ("a\N{LINE SEPARATOR}{{}}", 1, 3),
    ],
)
def test_a_fault_is_placed_in_the_text_as_it_was_written(text: str, line: int, column: int) -> None:
    assert faults(text) == [("placeholder-empty", line, column)]


def test_every_fault_of_a_text_is_reported_in_order() -> None:
    text = "{{}} {{1x}}\n{{ok}} {{a b}}\0\n{{x"
    assert faults(text) == [
        ("placeholder-empty", 1, 1),
        ("placeholder-malformed", 1, 6),
        ("placeholder-malformed", 2, 8),
        ("control-character", 2, 15),
        ("placeholder-unclosed", 3, 1),
    ]


def test_the_inner_of_two_nested_placeholders_is_still_read() -> None:
    template = parse("{{a {{b}} }}")
    assert ([p.code for p in template.problems], names(template)) == (["placeholder-unclosed"], ["b"])


def test_an_unclosed_placeholder_does_not_hide_the_next_line() -> None:
    assert names(parse("{{a\n{{b}}")) == ["b"]


@pytest.mark.parametrize("text", ["x}}", "}}", "{x}", "{", "", "a\tb\n", "\n", "{ {x} }"])
def test_what_does_not_begin_with_two_braces_is_text(text: str) -> None:
    assert "".join(s.value for s in parse(text).segments if isinstance(s, Text)) == text


@pytest.mark.parametrize("character", ["\0", "\b", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f", "\x80", "\x9b"])
def test_a_control_character_is_a_fault(character: str) -> None:
    assert faults(f"ab{character}") == [("control-character", 1, 3)]


@pytest.mark.parametrize("half", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_half_of_a_surrogate_pair_is_a_fault(half: int) -> None:
    assert faults(f"\n{chr(half)}") == [("lone-surrogate", 2, 1)]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("{{{{", "L"),
        ("{{{{x}}}}", "LT"),
        ("{{{{{{x}}", "LP"),
        ("{{{{{x}}", "LT"),
        ("{{x}}{{{{", "PL"),
        ("{{{{{{{{", "LL"),
        ("a{{{{b{{ c }}d", "TLTPT"),
    ],
)
def test_four_braces_are_a_literal(text: str, shape: str) -> None:
    assert "".join(map(spelled, parse(text).segments)) == shape


def test_a_literal_keeps_its_four_braces_when_normalized() -> None:
    assert parse("{{{{x}} {{ y }}").normalized == "{{{{x}} {{y}}"


def test_a_name_may_have_eighty_characters() -> None:
    assert names(parse(f"{{{{{'x' * 80}}}}}")) == ["x" * 80]


def test_a_placeholder_used_twice_is_there_twice() -> None:
    assert names(parse("{{a}}{{b}}{{ a }}")) == ["a", "b", "a"]


def test_normalizing_takes_blanks_and_carriage_returns_away() -> None:
    assert parse("a\r\n{{ \tx }}\rb").normalized == "a\n{{x}}\nb"


def test_a_message_shows_what_is_no_name_without_its_invisible_characters() -> None:
    assert repr("\N{ZERO WIDTH SPACE}x") in parse("{{\N{ZERO WIDTH SPACE}x}}").problems[0].message


@given(SOURCES)
@settings(deadline=None, max_examples=400)
@example("{{{x}}{{ {{{{")
def test_parsing_never_raises_and_faults_come_in_order(text: str) -> None:
    places = [(line, column) for _, line, column in faults(text)]
    assert places == sorted(places)


@given(SOURCES)
@settings(deadline=None, max_examples=400)
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = parse(text).normalized
    assert parse(once).normalized == once


@given(st.lists(GOOD_PIECES, max_size=12).map("".join).filter(lambda text: not parse(text).problems))
@settings(deadline=None)
def test_normalizing_keeps_the_placeholders(text: str) -> None:
    template = parse(text)
    assert names(parse(template.normalized)) == names(template)


@given(st.lists(GOOD_PIECES, max_size=12).map("".join).filter(lambda text: not parse(text).problems))
@settings(deadline=None)
@example("{{{{text }}")
def test_no_code_point_of_a_good_text_is_lost(text: str) -> None:
    plain = re.sub(r"\r\n?", "\n", text)
    unpadded = re.sub(r"(\{\{\{\{)|\{\{[ \t]*(\w+)[ \t]*\}\}", unpad, plain, flags=re.ASCII)
    assert parse(text).normalized == unpadded


@given(SOURCES)
@settings(deadline=None)
def test_a_placeholder_stands_at_its_offset(text: str) -> None:
    template = parse(text)
    found = [re.compile(r"\{\{[ \t]*(\w+)").match(template.source, p.offset) for p in template.placeholders]
    assert [match[1] for match in found if match] == names(template)


def test_a_text_full_of_faults_is_read_in_linear_time() -> None:
    assert len(parse("{{x \n" * 40_000).problems) == 40_000
