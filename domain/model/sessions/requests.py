"""Whether a customer asks for a person: by the intent's name, or by words in a few languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from unicodedata import combining, normalize

from attrs import Factory, field, frozen

from jackfield.domain.model.fields import all_of

INTENTS: Final = ("agent", "escalate", "human", "live_agent", "operator", "representative", "talk_to_human")
PHRASES: Final = (
    # English
    *("talk to a person", "talk to someone", "talk to somebody", "talk to a human", "talk to an agent"),
    *("speak to a person", "speak to someone", "speak to somebody", "speak to a human", "speak to an agent"),
    *("speak with a person", "speak with someone", "speak with a human", "speak with an agent"),
    *("talk with a person", "talk with a human", "talk with an agent", "i want a person", "i want a human"),
    *("human agent", "live agent", "real person please", "i need a human", "i need a person"),
    *("speak to a representative", "talk to a representative", "speak to your manager"),
    # German
    *("mit einem menschen", "mit einem mitarbeiter", "mit einer mitarbeiterin", "mit jemandem sprechen"),
    *("echten menschen", "menschlichen mitarbeiter"),
    # French
    *("parler a un conseiller", "parler a une personne", "parler a quelqu'un", "parler a un humain"),
    # Spanish
    *("hablar con una persona", "hablar con un agente", "hablar con alguien", "hablar con un humano"),
    # Portuguese
    *("falar com uma pessoa", "falar com um atendente", "falar com alguém", "falar com um humano"),
    # Italian
    *("parlare con una persona", "parlare con un operatore", "parlare con qualcuno"),
    # Dutch
    *("met een medewerker", "met een mens spreken", "iemand spreken"),
    # Japanese
    *("オペレーターに", "オペレーターと", "担当者と話", "人と話したい"),
)
ALONE: Final = (
    *("agent", "a person", "person", "human", "a human", "operator", "representative", "real person"),
    *("mensch", "mitarbeiter", "conseiller", "humain", "agente", "persona", "humano", "atendente", "pessoa"),
    *("operatore", "medewerker", "オペレーター"),
)
"""What asks for a person if it is all that is said."""
_POLITE: Final = frozenset(
    (
        *("please", "pls", "now", "hello", "hi", "bitte", "hallo", "s", "il", "vous", "te", "plait", "svp"),
        *("bonjour", "por", "favor", "hola", "per", "favore", "ciao", "alstublieft", "お願いします"),
    )
)
_WORD: Final = re.compile(r"\w+")
_FIRST_UNSPACED: Final = "\u2e80"
"""From this character on (Chinese, Japanese, Korean …) words are not parted by blanks."""


def _intents(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "intents")


def _phrases(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "phrases")


def _alone(values: Iterable[str]) -> tuple[str, ...]:
    return all_of(str, values, "alone")


@frozen(kw_only=True)
class _Index:
    """The folded settings: phrases by their first word, each with a blank behind every word."""

    intents: frozenset[str]
    alone: frozenset[str]
    spaced: Mapping[str, tuple[str, ...]]
    longest: int
    unspaced: tuple[str, ...]

    def stands_in(self, words: list[str]) -> bool:
        """Return whether a phrase stands anywhere in *words*, as whole words."""
        return any(
            (" ".join(words[at : at + self.longest]) + " ").startswith(phrases)
            for at, word in enumerate(words)
            if (phrases := self.spaced.get(word))
        )


@frozen(kw_only=True)
class Requests:
    """How customers ask for a person, as settings.

    `intents` are names of intents; `phrases` ask wherever they stand in what is said, as whole words, `alone`
    if nothing but politeness stands beside them. Case, accents and punctuation do not matter. Denials are not
    understood: "not a human agent" asks for one.
    """

    intents: tuple[str, ...] = field(default=INTENTS, converter=_intents)
    phrases: tuple[str, ...] = field(default=PHRASES, converter=_phrases)
    alone: tuple[str, ...] = field(default=ALONE, converter=_alone)
    _index: _Index = field(
        init=False, repr=False, eq=False, default=Factory(lambda self: self._indexed(), takes_self=True)
    )

    def ask(self, text: str, intent: str | None = None) -> bool:
        """Return whether *text*, or the *intent* it was taken for, asks for a person."""
        index = self._index
        if intent is not None and _folded(intent) in index.intents:
            return True
        folded = _folded(text)
        words = _WORD.findall(folded)
        if " ".join(word for word in words if word not in _POLITE) in index.alone:
            return True
        return index.stands_in(words) or any(phrase in folded for phrase in index.unspaced)

    def _indexed(self) -> _Index:
        phrases = [_folded(phrase) for phrase in self.phrases]
        unspaced = tuple(phrase for phrase in phrases if max(phrase, default="") >= _FIRST_UNSPACED)
        spaced = dict[str, tuple[str, ...]]()
        for words in (_WORD.findall(phrase) for phrase in phrases if phrase not in unspaced):
            if words:
                spaced[words[0]] = (*spaced.get(words[0], ()), " ".join(words) + " ")
        return _Index(
            intents=frozenset(map(_folded, self.intents)),
            alone=frozenset(filter(None, (" ".join(_words(phrase)) for phrase in self.alone))),
            spaced=spaced,
            longest=max((phrase.count(" ") for each in spaced.values() for phrase in each), default=0),
            unspaced=unspaced,
        )


def _folded(text: str) -> str:
    return "".join(c for c in normalize("NFKD", text.casefold()) if not combining(c))


def _words(text: str) -> list[str]:
    return _WORD.findall(_folded(text))
