"""Semantic versions, as https://semver.org/spec/v2.0.0.html defines them."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from attrs import frozen

from jackfield.domain.model.errors import InvalidInput

LONGEST: Final = 128
_NUMBER: Final = r"0|[1-9]\d*"
_PRERELEASE: Final = rf"(?:{_NUMBER}|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
SEMVER: Final = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})"
    rf"(?:-({_PRERELEASE}(?:\.{_PRERELEASE})*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)

Precedence: TypeAlias = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


@frozen
class SemVer:
    """One semantic version; two that differ in build metadata alone have the same precedence."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> SemVer:
        """Read *text*; raise `InvalidInput` for anything that is not exactly a semantic version."""
        match = SEMVER.fullmatch(text) if len(text) <= LONGEST else None
        if match is None:
            raise InvalidInput(
                f"{text[:40]!r} is not a semantic version",
                place="version",
                remedy="write MAJOR.MINOR.PATCH, like 2.1.0 or 2.1.0-rc.1 (https://semver.org)",
            )
        major, minor, patch, prerelease, build = match.groups()
        return cls(int(major), int(minor), int(patch), _parts(prerelease), _parts(build))

    @property
    def precedence(self) -> Precedence:
        """The key to sort by (§11): a release after its pre-releases, numbers before words, build ignored."""
        words = tuple((not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in self.prerelease)
        return self.major, self.minor, self.patch, not self.prerelease, words

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        text += f"-{'.'.join(self.prerelease)}" if self.prerelease else ""
        return text + (f"+{'.'.join(self.build)}" if self.build else "")


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()
