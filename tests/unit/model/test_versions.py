"""Semantic versions, against the specification and against the `semver` package."""

from __future__ import annotations

import pytest
import semver
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.versions import SemVer

NUMBERS = st.integers(0, 12) | st.integers(0, 10**20)
IDENTIFIERS = st.from_regex(r"0|[1-9][0-9]{0,3}|[0-9]{0,2}[a-zA-Z-][0-9a-zA-Z-]{0,3}", fullmatch=True)
BUILDS = st.from_regex(r"[0-9a-zA-Z-]{1,4}", fullmatch=True)


def written(numbers: tuple[int, int, int], prerelease: list[str], build: list[str]) -> str:
    core = ".".join(map(str, numbers))
    return core + "-" * bool(prerelease) + ".".join(prerelease) + "+" * bool(build) + ".".join(build)


VERSIONS = st.builds(
    written,
    st.tuples(NUMBERS, NUMBERS, NUMBERS) | st.just((1, 0, 0)),
    st.lists(IDENTIFIERS, max_size=4),
    st.lists(BUILDS, max_size=3),
)

# https://regex101.com/r/vkijKf/1/, to which semver.org points
VALID = """
0.0.4 1.2.3 10.20.30 1.1.2-prerelease+meta 1.1.2+meta 1.1.2+meta-valid 1.0.0-alpha 1.0.0-beta
1.0.0-alpha.beta 1.0.0-alpha.beta.1 1.0.0-alpha.1 1.0.0-alpha0.valid 1.0.0-alpha.0valid
1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay 1.0.0-rc.1+build.1 2.0.0-rc.1+build.123 1.2.3-beta
10.2.3-DEV-SNAPSHOT 1.2.3-SNAPSHOT-123 1.0.0 2.0.0 1.1.7 2.0.0+build.1848 2.0.1-alpha.1227 1.0.0-alpha+beta
1.2.3----RC-SNAPSHOT.12.9.1--.12+788 1.2.3----R-S.12.9.1--.12+meta 1.2.3----RC-SNAPSHOT.12.9.1--.12
1.0.0+0.build.1-rc.10000aaa-kk-0.1 99999999999999999999999.999999999999999999.99999999999999999
1.0.0-0A.is.legal
"""

INVALID = """
1 1.2 1.2.3-0123 1.2.3-0123.0123 1.1.2+.123 +invalid -invalid -invalid+invalid -invalid.01 alpha alpha.beta
alpha.beta.1 alpha.1 alpha+beta alpha_beta alpha. alpha.. beta 1.0.0-alpha_beta -alpha. 1.0.0-alpha..
1.0.0-alpha..1 1.0.0-alpha...1 1.0.0-alpha....1 1.0.0-alpha.....1 1.0.0-alpha......1 1.0.0-alpha.......1
01.1.1 1.01.1 1.1.01 1.2.3.DEV 1.2-SNAPSHOT 1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788 1.2-RC-SNAPSHOT
-1.0.3-gamma+b7718 +justmeta 9.8.7+meta+meta 9.8.7-whatever+meta+meta
99999999999999999999999.999999999999999999.99999999999999999----RC-SNAPSHOT.12.09.1---------------..12
v1.0.0 1.0.0- 1.0.0+ 1.0.0-+b 1.0.0-a+ 1..0 .1.0.0 1.0.0. 1,0,0 1.0.0-é 1.0.0+é ١.٠.٠ 1.0.0-١ ²1.0.0
"""  # noqa: RUF001  # foreign digits are the point

PRECEDENCE = """
1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0
2.1.0 2.1.1
"""


def order(left: str, right: str) -> int:
    a, b = SemVer.parse(left).precedence, SemVer.parse(right).precedence
    return (a > b) - (a < b)


@pytest.mark.parametrize("text", VALID.split())
def test_a_valid_version_is_written_as_it_was_read(text: str) -> None:
    assert str(SemVer.parse(text)) == text


@pytest.mark.parametrize(
    "text", [*INVALID.split(), "", " 1.0.0", "1.0.0 ", "1.0.0\n", "1.0.0\0", "1. 0.0", "\ud800"]
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a semantic version"):
        SemVer.parse(text)


def test_a_version_of_boundless_length_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is not a semantic version"):
        SemVer.parse("9" * 5_000 + ".0.0")


def test_a_refusal_names_place_and_remedy() -> None:
    with pytest.raises(InvalidInput) as caught:
        SemVer.parse("one")
    expected = ("version", "write MAJOR.MINOR.PATCH, like 2.1.0 or 2.1.0-rc.1 (https://semver.org)")
    assert (caught.value.place, caught.value.remedy) == expected


def test_a_version_is_read_into_its_parts() -> None:
    assert SemVer.parse("1.2.3-rc.1+b.007") == SemVer(1, 2, 3, ("rc", "1"), ("b", "007"))


def test_the_examples_of_the_specification_are_in_order() -> None:
    ascending = PRECEDENCE.split()
    assert sorted(sorted(ascending), key=lambda text: SemVer.parse(text).precedence) == ascending


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("1.9.0", "1.10.0"),
        ("1.0.0-9", "1.0.0-10"),
        ("1.0.0-99", "1.0.0-a"),
        ("1.0.0-Z", "1.0.0-a"),
        ("1.0.0--", "1.0.0-0a"),
        ("1.0.0-a", "1.0.0-a.0"),
        ("1.0.0-a.b.c", "1.0.0-b"),
        ("1.0.0-a+z", "1.0.0+a"),
    ],
)
def test_a_lower_version_comes_first(lower: str, higher: str) -> None:
    assert order(lower, higher) == -1


def test_build_metadata_has_no_precedence() -> None:
    assert order("1.0.0-a+1", "1.0.0-a+2.x") == 0


def test_versions_that_differ_in_build_metadata_are_not_the_same() -> None:
    assert SemVer.parse("1.0.0+1") != SemVer.parse("1.0.0+2")


@given(VERSIONS)
@settings(deadline=None)
def test_reading_and_writing_are_inverse(text: str) -> None:
    assert str(SemVer.parse(text)) == text


@given(VERSIONS, VERSIONS)
@settings(deadline=None, max_examples=400)
def test_precedence_is_that_of_the_semver_package(left: str, right: str) -> None:
    assert order(left, right) == semver.Version.parse(left).compare(right)


@given(st.text(st.sampled_from("019a-+._ é"), max_size=12))
@settings(deadline=None, max_examples=400)
def test_what_is_a_version_is_what_the_semver_package_takes(text: str) -> None:
    try:
        accepted = str(SemVer.parse(text)) == text
    except InvalidInput:
        accepted = False
    assert accepted == semver.Version.is_valid(text)
