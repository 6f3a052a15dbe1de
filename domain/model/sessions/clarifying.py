"""What a bot says when it asks back, by language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from jackfield.domain.model.sessions.handoff import in_language
from jackfield.domain.model.sessions.policy import Clarification

AFFIRMATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "Did I get that right: this is about {intent}?",
        "de": "Habe ich das richtig verstanden: Es geht um {intent}?",
        "es": "¿Lo he entendido bien: se trata de {intent}?",
        "fr": "Ai-je bien compris : il s'agit de {intent} ?",
        "pt": "Entendi bem: trata-se de {intent}?",
    }
)
"""Asks whether the intent was understood; `{intent}` stands for its name."""

REPHRASINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "I did not quite understand that. Could you say it in other words?",
        "de": "Das habe ich nicht ganz verstanden. Können Sie es anders sagen?",
        "es": "No lo he entendido del todo. ¿Puede decirlo con otras palabras?",
        "fr": "Je n'ai pas bien compris. Pouvez-vous le dire autrement ?",
        "pt": "Não entendi bem. Pode dizer de outra forma?",
    }
)
"""Asks for other words."""


def asked_back(
    kind: Clarification,
    intent: str | None,
    language: str | None,
    *,
    affirmations: Mapping[str, str] = AFFIRMATIONS,
    rephrasings: Mapping[str, str] = REPHRASINGS,
) -> str:
    """Return what to say in *language*; an intent is read as words: `card_arrival` is "card arrival"."""
    if kind is Clarification.REPHRASE or not intent:
        return in_language(rephrasings, language)
    return in_language(affirmations, language).replace("{intent}", intent.replace("_", " ").replace("-", " "))
