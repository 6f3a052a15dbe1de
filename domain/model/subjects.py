"""What state belongs to: a named thing of a kind in an organization."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NewType

from attrs import field, frozen
from attrs.validators import instance_of

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import text

Organization = NewType("Organization", str)

_ORGANIZATION: Final = re.compile(r"[!-~]{1,200}")


class Kind(StrEnum):
    """The kinds of subject that the ledger keeps."""

    PROMPT = "prompt"
    VERSION = "version"
    AUDIT = "audit"
    DESTINATION = "destination"
    EVIDENCE = "evidence"
    UNIT = "unit"
    KEYS = "keys"
    EXPORT = "export"
    ASK = "ask"
    SESSION = "session"
    CONVERSATION = "conversation"
    SESSIONS = "sessions"
    ADVICE = "advice"


@frozen
class Subject:
    """The key of one state: nothing is kept, cached or leased without its organization."""

    organization: Organization
    kind: Kind = field(validator=instance_of(Kind))
    name: str = field(validator=text)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def organization(name: str) -> Organization:
    """Return *name* as an organization's key: 1 to 200 printable ASCII characters, no blanks."""
    if _ORGANIZATION.fullmatch(name) is None:
        raise InvalidInput(
            "an organization is 1 to 200 printable ASCII characters without blanks",
            place="organization",
            remedy="set a shorter or plainer organization for the target",
        )
    return Organization(name)
