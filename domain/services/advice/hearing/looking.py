"""Looking in the log for what a conversation was recommended, where this process does not know it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from attrs import define, field, frozen

from jackfield.domain.model.advice.happenings import DELIVERED, DISPLAYED
from jackfield.domain.model.advice.records import advice_subject
from jackfield.domain.model.events import START, Entry, Position
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.advice.told import Display, OnScreen
from jackfield.ports.ledger import Ledger

NEWEST: Final = 1_000
"""So many of the log's newest entries are looked at, where nobody told the conversation."""
_PAGE: Final = 500


@define(eq=False)
class Sighted:
    """What the log has of recommendations: displayed to an agent by its id, and given at all."""

    displayed: dict[tuple[str, str], tuple[Display, OnScreen]] = field(
        factory=dict[tuple[str, str], "tuple[Display, OnScreen]"]
    )
    given: dict[str, OnScreen] = field(factory=dict[str, OnScreen])

    def find(self, agent: str, identifier: str) -> tuple[Display | None, OnScreen] | None:
        """Return where it was displayed to *agent*, else where it stood in an answer; what is newest."""
        display, on_screen = self.displayed.get((agent, identifier), (None, None))
        given = self.given.get(identifier)
        if on_screen is None:
            return None if given is None else (None, given)
        return display, on_screen.filled(given)

    def take(self, entry: Entry) -> None:
        """Learn of an entry; what was erased of it teaches nothing."""
        for _, each in stood(entry):
            self.given[each.recommendation] = each.filled(self.given.get(each.recommendation))
        for display in displays(entry):
            for each in display.shown:
                self.displayed[display.agent, each.recommendation] = display, each


@frozen(kw_only=True)
class Looking:
    """Looks in the log of one organization."""

    organization: Organization
    ledger: Ledger

    def of(self, conversation: str | None) -> Sighted:
        """Return what the log has of a conversation; of all of them, as far as it is new, if none is told."""
        found = Sighted()
        for entry in self._newest() if conversation is None else self._all(conversation):
            found.take(entry)
        return found

    def _all(self, conversation: str) -> Iterator[Entry]:
        subject, after = advice_subject(self.organization, conversation), START
        while page := self.ledger.follow(self.organization, after, _PAGE, subject):
            yield from page
            after = page[-1].position

    def _newest(self) -> Iterator[Entry]:
        head = self.ledger.head(self.organization).position
        yield from self.ledger.follow(self.organization, Position(max(START, head - NEWEST)), NEWEST)


def stood(entry: Entry) -> Iterator[tuple[str, OnScreen]]:
    """Give the conversation, and where each recommendation stood that *entry* tells of as given or shown."""
    payload = entry.event.payload
    if payload is not None and entry.event.type == DELIVERED:
        said = cast("Mapping[str, Any]", payload)
        answers = said["answers"].values()
        for each in (each for answer in answers for each in answer["recommendations"]):
            yield said["conversation"], OnScreen(each["id"], each["source"], each["position"])
    for display in displays(entry):
        for shown in display.shown if display.known else ():
            if shown.source is not None or shown.position is not None:
                yield display.conversation, shown


def displays(entry: Entry) -> Iterator[Display]:
    """Give what *entry* tells of as displayed."""
    payload = entry.event.payload
    if payload is None or entry.event.type != DISPLAYED:
        return
    said = cast("Mapping[str, Any]", payload)
    shown = tuple(
        OnScreen(each["recommendation"], each["source"], each["position"]) for each in said["recommendations"]
    )
    known = said.get("known", True)
    yield Display(said["conversation"], said["agent"], entry.event.time, shown, said["advice"], known=known)
