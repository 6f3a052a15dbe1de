"""Feedback that is told under a name: recorded once, also by several processes, and after a crash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from jackfield.domain.model.advice.feedback import Feedback
from jackfield.domain.model.advice.records import advice_subject, told_of
from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.events import START, Entry
from jackfield.domain.services.advice.hearing.recording import Recording
from jackfield.domain.services.advice.told import Display, Said

_PAGE = 500


@frozen
class Once:
    """Writes it at once: the ledger's commit decides who was first."""

    recording: Recording

    def commit(self, happened: Sequence[Display | Said], said: Sequence[Said]) -> tuple[Feedback, ...] | None:
        """Write it, and return None; or return what was told by this name before.

        Raises `InvalidInput` if that was something else, and `Conflict` if it was erased.
        """
        key, conversation = said[0].once or "", said[0].conversation
        if self.recording.write_once(happened, f"feedback {key}"):
            return None
        before = tuple(self._told(conversation, key))
        if not before:
            raise Conflict(
                "it was told before, and what was told was erased",
                place=f"conversation {conversation}",
                remedy="leave it at that",
            )
        if [_what(each) for each in before] != [_what(each.feedback) for each in said]:
            raise InvalidInput(
                "other feedback was told under this name",
                place="once",
                remedy="give each request a name of its own",
            )
        return before

    def _told(self, conversation: str, key: str) -> Iterator[Feedback]:
        for entry in self._entries(conversation):
            payload = entry.event.payload
            if payload is not None and payload.get("once") == key:
                yield from told_of(entry)

    def _entries(self, conversation: str) -> Iterator[Entry]:
        organization, after = self.recording.organization, START
        subject = advice_subject(organization, conversation)
        while page := self.recording.ledger.follow(organization, after, _PAGE, subject):
            yield from page
            after = page[-1].position


def _what(told: Feedback) -> tuple[str, str, str]:
    return told.recommendation, told.agent, told.action
