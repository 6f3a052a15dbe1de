"""Takes personal data out of texts that are kept: by pattern, as well as that goes."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from attrs import define, field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.plugins.markers import hookimpl

_NAME: Final = re.compile(r"[a-z][a-z_]{0,29}", re.ASCII)
_OWN: Final = ("card", "email", "iban", "ip", "key", "number", "phone", "ssn")
_LONGEST: Final = 1_000
_MOST: Final = 100


def _name(_instance: object, _field: object, name: str) -> None:
    if _NAME.fullmatch(name) is None or name in _OWN:
        raise InvalidInput(
            f"its name is a to z and '_', at most 30, and none of {', '.join(_OWN)}", place="name"
        )


def _regex(_instance: object, _field: object, regex: str) -> None:
    if len(regex) > _LONGEST:
        raise InvalidInput(f"its regex has more than {_LONGEST} characters", place="regex")
    try:
        compiled = re.compile(regex)
    except (re.error, OverflowError, RecursionError) as error:
        at = f" at character {error.pos + 1}" if isinstance(error, re.error) and error.pos is not None else ""
        raise InvalidInput(f"its regex is no regular expression of Python's{at}", place="regex") from None
    if compiled.match("") is not None:
        raise InvalidInput("its regex matches the empty text, so it would match everywhere", place="regex")


def _few(_instance: object, _field: object, patterns: tuple[Pattern, ...]) -> None:
    if len(patterns) > _MOST:
        raise InvalidInput(f"there are more than {_MOST} patterns", place="patterns")


@frozen(kw_only=True)
class Pattern:
    """One of `patterns`: what is found by *regex* is written as `[name]`."""

    name: str = field(validator=_name)
    regex: str = field(validator=_regex)


@frozen(kw_only=True)
class RedactSettings:
    """`[plugins.redact]`: patterns of your own, which are looked for first, in their order.

    *enabled* is false where other plugins alone are to redact; without any, no text is kept.
    """

    enabled: bool = True
    patterns: tuple[Pattern, ...] = field(default=(), validator=_few)


@define
class Redact:
    """Redacts by pattern, before any other plugin that redacts; unless its table switches it off."""

    Settings: ClassVar[type[RedactSettings]] = RedactSettings

    settings: RedactSettings = field(factory=RedactSettings)

    @property
    def is_off(self) -> bool:
        """Whether the settings say that it is not to be called."""
        return not self.settings.enabled

    @hookimpl
    def jackfield_redact(self, text: str) -> str:
        """Return *text* with a mark in the place of each thing that was found."""
        from jackfield.plugins.builtin.redacting import redacted

        for pattern in self.settings.patterns:
            text = self._without(text, pattern)
        return redacted(text)

    def _without(self, text: str, pattern: Pattern) -> str:
        """Look between the marks that are there, and never into them."""
        mark, compiled = f"[{pattern.name}]", re.compile(pattern.regex)
        parts = self._marks.split(text)
        parts[::2] = [compiled.sub(lambda found: mark if found[0] else "", part) for part in parts[::2]]
        return "".join(parts)

    @property
    def _marks(self) -> re.Pattern[str]:
        names = "|".join(map(re.escape, (*_OWN, *(each.name for each in self.settings.patterns))))
        return re.compile(rf"(\[(?:{names})\])")
