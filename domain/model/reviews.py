"""What reviewers are shown of a version that is about to go live, and what they say of it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import text
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import Organization

LONGEST: Final = 1_000
"""The most characters of a finding's message."""

FAILED: Final = "review-failed"
"""The code of what is said in the place of a reviewer that raised, hung, or could not be asked."""

_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Severity(StrEnum):
    """Whether a finding keeps a version from going live, or is only shown."""

    ERROR = "error"
    WARNING = "warning"


def _severity(value: str) -> Severity:
    if value not in frozenset(Severity):
        raise InvalidInput(f"it is one of {', '.join(Severity)}", place="severity")
    return Severity(value)


def _message(_instance: object, attribute: Any, value: str) -> None:
    if not value.strip() or len(value) > LONGEST:
        raise InvalidInput(f"it has 1 to {LONGEST} characters", place=attribute.name, remedy="mend it")


def _code(_instance: object, attribute: Any, value: str) -> None:
    if _CODE.fullmatch(value) is None:
        raise InvalidInput(
            "it is words of lower-case letters and digits, joined by '-'",
            place=attribute.name,
            remedy="mend it",
        )


@frozen(kw_only=True)
class Finding:
    """One thing that a reviewer says of a version; `plugin` is who says it, filled in by Jackfield."""

    message: str = field(validator=[text, _message])
    code: str = field(default="review", validator=[text, _code])
    severity: Severity = field(default=Severity.ERROR, converter=_severity)
    plugin: str = field(default="", validator=text)

    @property
    def blocks(self) -> bool:
        """Whether it keeps the version from going live."""
        return self.severity is Severity.ERROR

    def problem(self) -> Problem:
        """Return it as a problem, at the plugin's place."""
        return Problem(code=self.code, message=self.message, place=f"plugin {self.plugin}")

    def __str__(self) -> str:
        return f"{self.severity}: {self.problem()}"


@frozen(kw_only=True)
class Candidate:
    """A version that somebody wants to make live.

    `before` is the number of what is live now, if anything. `actor` and `reason` are empty where somebody
    only asks what the reviewers would say.
    """

    organization: Organization
    definition: PromptDefinition
    before: str | None = None
    actor: str = ""
    reason: str = ""
