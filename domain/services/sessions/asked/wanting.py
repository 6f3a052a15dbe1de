"""A session that somebody wants: checked whole, before anything is held or sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field, frozen

from jackfield.domain.model.decisions import Choice
from jackfield.domain.model.errors import InvalidInput, NotFound
from jackfield.domain.model.fields import all_of, expect, text
from jackfield.domain.model.sessions.attributes import PIN_KEY, SESSION_KEY, Attributes, joined
from jackfield.domain.model.sessions.bots import Bot
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.weighing import shown
from jackfield.domain.services.sessions.asked.values import Overflow, Refuse, Wait, WhenFull

LONGEST: Final = timedelta(hours=1)
_LONGEST_NAME: Final = 1_000
_LONGEST_LANGUAGE: Final = 35
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*", re.ASCII)
_OURS: Final = "jackfield."
_PINS: Final = f"{PIN_KEY}."


def _named(instance: object, attribute: Any, value: Any) -> None:
    text(instance, attribute, value)
    _refuse_odd(value, attribute.name)


def _refuse_odd(value: str, place: str) -> None:
    if not value.strip() or not value.isprintable() or len(value) > _LONGEST_NAME:
        raise InvalidInput(
            f"it is empty, over {_LONGEST_NAME:,} characters, or holds what cannot be printed",
            place=place,
            remedy="write it as the platform does",
        )


def _skills(values: Iterable[str]) -> tuple[str, ...]:
    taken = all_of(str, values, "skills")
    for skill in taken:
        _refuse_odd(skill, "skills")
    return taken


def _choices(values: Iterable[Choice]) -> tuple[Choice, ...]:
    taken = all_of(Choice, values, "choices")
    for choice in taken:
        _refuse_odd(choice.prompt, "choices")
        _refuse_odd(choice.version, "choices")
    if len({choice.prompt for choice in taken}) < len(taken):
        raise InvalidInput(
            "a prompt is there twice", place="choices", remedy="give one choice of each prompt"
        )
    return taken


def _when_full(_instance: object, _attribute: object, value: Any) -> None:
    if not isinstance(value, Refuse | Wait | Overflow):
        raise InvalidInput(
            "it says nothing that can be done",
            place="when_full",
            remedy="give Refuse(), Wait(…) or Overflow(…)",
        )


def _deadline(_instance: object, _attribute: object, value: Any) -> None:
    if value is None:
        return
    expect(timedelta, value, "deadline", "give a timedelta, such as timedelta(seconds=20)")
    if not timedelta() < value <= LONGEST:
        raise InvalidInput("it is more than nothing, and at most 1 h", place="deadline", remedy="mend it")


def _attributes(_instance: object, _attribute: object, value: Any) -> None:
    """The caller's own, before ours come to them: errors name what is theirs."""
    Attributes.of(value)
    ours = [key for key in value if key.startswith(_OURS) and key != PIN_KEY and not key.startswith(_PINS)]
    if ours:
        raise InvalidInput(
            f"{shown(ours[0])} is a key of Jackfield's own",
            place="attributes",
            remedy=f"name it otherwise; but for {PIN_KEY}, all {_OURS}… are written by Jackfield",
        )


def _language(instance: object, attribute: Any, value: Any) -> None:
    if value is None:
        return
    text(instance, attribute, value)
    if len(value) > _LONGEST_LANGUAGE or _LANGUAGE.fullmatch(value) is None:
        raise InvalidInput(
            f"it must be a language tag, of {_LONGEST_LANGUAGE} characters at most",
            place="language",
            remedy="write such as 'de' or 'pt-BR', or leave it out",
        )


@frozen(kw_only=True)
class Wanted:
    """A session of *customer* with *bot*, which is named as in the settings.

    `choices` are the prompt versions that it keeps; `language` and `skills` find the queue of an overflow.
    `deadline` bounds everything, waiting too; None is what the settings say, beside the waiting.
    """

    bot: str = field(validator=_named)
    customer: str = field(validator=_named, repr=False)
    type: str = field(default="chat", validator=_named)
    attributes: Mapping[str, object] = field(factory=dict[str, object], validator=_attributes, repr=False)
    language: str | None = field(default=None, validator=_language)
    skills: tuple[str, ...] = field(default=(), converter=_skills)
    choices: tuple[Choice, ...] = field(default=(), converter=_choices)
    when_full: WhenFull = field(factory=Refuse, validator=_when_full)
    deadline: timedelta | None = field(default=None, validator=_deadline)

    @property
    def waiting(self) -> timedelta:
        """How long it waits for a place."""
        return self.when_full.at_most if isinstance(self.when_full, Wait) else timedelta()

    @property
    def at_last(self) -> Refuse | Overflow:
        """What is done when there is no place, and nothing is waited for any more."""
        return self.when_full.then if isinstance(self.when_full, Wait) else self.when_full

    def session(self, identifier: str, *, now: datetime) -> Session:
        """Return the session as it begins, of that id.

        Its attributes are the caller's, the pins of its versions and its id; raises `InvalidInput` if these
        have no room with the others.
        """
        return Session(
            id=identifier,
            bot=self.bot,
            customer=self.customer,
            type=self.type,
            started=now,
            attributes=self._whole(identifier),
            language=self.language,
            versions=tuple((choice.prompt, choice.version) for choice in self.choices),
        )

    def _whole(self, identifier: str) -> Attributes:
        pins = self._pins()
        both = next((key for key in pins if key in self.attributes), None)
        if both is not None:
            raise InvalidInput(
                f"{shown(both)} is given, and a choice that would be written there",
                place="attributes",
                remedy="give the choice alone",
            )
        return joined(self.attributes, {**pins, SESSION_KEY: identifier})

    def _pins(self) -> dict[str, str]:
        """One pin has the key that programs know; several have one each. An empty one says nothing."""
        alone = len(self.choices) == 1
        return {
            PIN_KEY if alone else f"{PIN_KEY}.{choice.prompt}": choice.pin
            for choice in self.choices
            if choice.pin
        }


def bot_of(bots: Mapping[str, Bot], name: str) -> Bot:
    """Return the bot of that name; raise `NotFound`, naming those that there are."""
    try:
        return bots[name]
    except KeyError:
        known = ", ".join(sorted(bots)) or "none"
        raise NotFound(
            f"there is no bot {shown(name)}; there are: {known}",
            place="bot",
            remedy="name one of these, or write it into the settings, as sessions.bots.NAME",
        ) from None
