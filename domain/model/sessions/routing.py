"""Which queue takes a session that goes to people: the first rule that fits, else the default."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import all_of, text


def _queue(instance: object, attribute: Any, value: Any) -> None:
    text(instance, attribute, value)
    if not value.strip():
        raise InvalidInput("it is empty", place=attribute.name, remedy="name a queue")


def _intents(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "intents")


def _skills(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "skills")


def _languages(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "languages")


@frozen(kw_only=True)
class Rule:
    """A queue for some intents, skills and languages; of an empty list any fits.

    Intents fit as they are spelled. Of the skills one must be among those wanted. A language fits those that
    are more special: "pt" also "pt-BR", in any case.
    """

    queue: str = field(validator=_queue)
    intents: tuple[str, ...] = field(default=(), converter=_intents)
    skills: tuple[str, ...] = field(default=(), converter=_skills)
    languages: tuple[str, ...] = field(default=(), converter=_languages)

    @property
    def fits_all(self) -> bool:
        """Whether it fits whatever comes."""
        return not (self.intents or self.skills or self.languages)

    def fits(self, intent: str | None, skills: Collection[str], language: str | None) -> bool:
        """Return whether the rule is for such a session."""
        return (
            (not self.intents or intent in self.intents)
            and (not self.skills or any(skill in skills for skill in self.skills))
            and (not self.languages or any(_speaks(each, language) for each in self.languages))
        )


@frozen(kw_only=True)
class Route:
    """The queue, and the number of the rule that chose it, from 1; None for the default."""

    queue: str
    rule: int | None = None


def _rules(values: Iterable[Rule]) -> tuple[Rule, ...]:
    return all_of(Rule, values, "rules")


@frozen(kw_only=True)
class Routing:
    """Rules in their order, and the queue for what none of them fits."""

    default: str = field(validator=_queue)
    rules: tuple[Rule, ...] = field(default=(), converter=_rules)

    def __attrs_post_init__(self) -> None:
        wide = next((number for number, rule in enumerate(self.rules, 1) if rule.fits_all), None)
        if wide is not None:
            raise InvalidInput(
                f"rule {wide} fits every session",
                place="routes",
                remedy="give it an intent, a skill or a language, or make its queue the default",
            )

    def route(
        self, *, intent: str | None = None, skills: Collection[str] = (), language: str | None = None
    ) -> Route:
        """Return the queue for a session with *intent* that wants *skills* and speaks *language*."""
        for number, rule in enumerate(self.rules, 1):
            if rule.fits(intent, skills, language):
                return Route(queue=rule.queue, rule=number)
        return Route(queue=self.default)


def _speaks(wanted: str, language: str | None) -> bool:
    said = (language or "").casefold().replace("_", "-")
    base = wanted.casefold().replace("_", "-")
    return said == base or said.startswith(f"{base}-")
