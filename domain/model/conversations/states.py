"""What the ledger keeps of a question to an assistant."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from jackfield.domain.model.kept import State


@frozen(kw_only=True)
class AskState(State):
    """One question to an assistant: with which version, and how its answer ended, if it did.

    `conversation` is the platform's id; it is known once the question was taken.
    """

    assistant: str
    prompt: str
    version: str
    prompt_hash: str
    started: datetime
    conversation: str | None = None
    end: str | None = None
