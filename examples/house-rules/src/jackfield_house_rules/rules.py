"""The rules, as settings and as a check."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import field, frozen

from jackfield import InvalidInput
from jackfield.plugin import Candidate, Finding, Severity


def _expression(_instance: object, _attribute: object, value: str | None) -> None:
    try:
        re.compile(value or "")
    except re.error as error:
        raise InvalidInput(f"it is no regular expression: {error}") from None


@frozen(kw_only=True)
class HouseRulesSettings:
    """`[plugins.house-rules]`."""

    forbidden: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    ticket: str | None = field(default=None, validator=_expression)
    statsd: str | None = None


def check(rules: HouseRulesSettings, version: Candidate) -> Iterator[Finding]:
    """Yield a finding for each rule that the version breaks."""
    definition = version.definition
    text = f"{definition.template}\n{definition.user_template or ''}".casefold()
    for phrase in rules.forbidden:
        if phrase.casefold() in text:
            yield Finding(code="forbidden-phrase", message=f"no prompt of ours says {phrase!r}")
    declared = {variable.name for variable in definition.variables}
    for name in rules.required:
        if name not in declared:
            yield Finding(code="required-variable", message=f"every prompt of ours declares {name!r}")
    if version.actor and re.search(rules.ticket or "", version.reason) is None:
        yield Finding(code="no-ticket", message=f"the reason names no ticket ({rules.ticket})")
    if not definition.metadata.get("author"):
        message = "metadata has no author: whom do we ask?"
        yield Finding(code="no-author", message=message, severity=Severity.WARNING)
