"""What agents of a conversation judged wrong, as the log has it: for where the shared cache is spoilt."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from attrs import frozen

from jackfield.domain.model.advice.feedback import Action
from jackfield.domain.model.advice.records import advice_subject, told_of
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.model.events import START
from jackfield.domain.model.subjects import Organization
from jackfield.ports.ledger import Ledger

_PAGE: Final = 500


@frozen
class Judged:
    """Looks in the log of one organization."""

    organization: Organization
    ledger: Ledger

    def __call__(self, conversation: str) -> Collection[str]:
        """Return what was judged wrong, the newest first; as far as the log can be read."""
        subject, after = advice_subject(self.organization, conversation), START
        wrong = dict[str, None]()
        try:
            while page := self.ledger.follow(self.organization, after, _PAGE, subject):
                told = (each for entry in page for each in told_of(entry))
                wrong.update((each.recommendation, None) for each in told if each.action is Action.WRONG)
                after = page[-1].position
        except JackfieldError:
            pass
        return tuple(reversed(wrong))
