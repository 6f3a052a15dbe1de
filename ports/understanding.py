"""Who says what a customer means, and in which mood."""

from __future__ import annotations

from typing import Protocol

from jackfield.domain.model.sessions.signals import Evaluation


class Understanding(Protocol):
    """Evaluates what customers say; safe for threads."""

    def evaluate(self, text: str, *, bot: str, language: str | None, ends: float) -> Evaluation:
        """Return what *text* means to *bot* (the platform's id), as it came: nothing of it is checked here.

        It changes nothing and may be asked again. *ends* is when it must be over, in monotonic seconds.
        Raises a `Refused` or a `NotSent` where nobody can say; `NotFound` for an unknown bot.
        """
        ...
