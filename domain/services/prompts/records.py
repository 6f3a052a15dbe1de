"""Reading and writing prompts and versions in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import InvalidInput, NotFound
from jackfield.domain.model.events import START, Event, Outcome
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.clock import Clock
from jackfield.ports.ledger import Change, Ledger

if TYPE_CHECKING:  # loaded with the first state that is read
    from jackfield.domain.model.states import Operation, PromptState

_PAGE: Final = 500


@frozen
class Loaded:
    """A prompt's state at a revision."""

    subject: Subject
    revision: int
    state: PromptState

    @property
    def name(self) -> str:
        """The prompt's name."""
        return self.subject.name


def found(loaded: Loaded, names: Callable[[], Iterable[str]]) -> Loaded:
    """Return *loaded*, or raise `NotFound` if the prompt was never written; a name like it is named."""
    if not loaded.revision:
        from difflib import get_close_matches

        close = get_close_matches(loaded.name, names(), 1)
        raise NotFound(
            f"no such prompt here, but {close[0]}" if close else "no such prompt here",
            place=f"prompt {loaded.name}",
            remedy="list them with 'jackfield status', or publish its file first",
        )
    return loaded


@frozen(kw_only=True)
class Records:
    """The prompts of one organization, as the ledger has them."""

    organization: Organization
    ledger: Ledger
    clock: Clock
    new_id: Callable[[], str]
    _definitions: dict[tuple[str, str], PromptDefinition] = field(
        factory=dict[tuple[str, str], PromptDefinition], init=False, repr=False
    )

    def names(self) -> tuple[str, ...]:
        """Every prompt that was ever published here, by name."""
        return tuple(s.name for s in self.ledger.subjects(self.organization, Kind.PROMPT))

    def load(self, name: str) -> Loaded:
        """Return the prompt's state; an empty one at revision 0 if it was never written."""
        subject = Subject(self.organization, Kind.PROMPT, name)
        versioned = self.ledger.read(subject)
        from jackfield.domain.model.states import PromptState

        state = versioned.state
        return Loaded(subject, versioned.revision, state if isinstance(state, PromptState) else PromptState())

    def known(self, name: str) -> Loaded:
        """Return the prompt's state, or raise `NotFound`."""
        return found(self.load(name), self.names)

    def definition(self, loaded: Loaded, number: str) -> PromptDefinition:
        """Return a published version's definition, or raise `NotFound`; its hash must be the recorded one."""
        recorded = loaded.state.versions.get(number)
        if recorded is None:
            raise NotFound(
                f"there is no version {number}",
                place=f"prompt {loaded.name}",
                remedy=f"list its versions with 'jackfield status {loaded.name}', or publish it first",
            )
        definition = self._definitions.get((loaded.name, number))
        if definition is None or definition.content_hash != recorded:
            definition = self._read(loaded.name, number, recorded)
            self.remember(definition)
        return definition

    def remember(self, definition: PromptDefinition) -> None:
        """Keep a published definition at hand; content never changes under its hash."""
        self._definitions[definition.name, definition.version] = definition

    def remembered(self, name: str) -> dict[str, PromptDefinition]:
        """Return the published definitions of a prompt that are at hand, by number; nothing is read."""
        known = tuple(self._definitions.items())
        return {number: definition for (prompt, number), definition in known if prompt == name}

    def _read(self, name: str, number: str, recorded: str) -> PromptDefinition:
        definition = self.kept(name, number)
        if definition is None or definition.content_hash != recorded:
            raise InvalidInput(
                f"the content of version {number} is not what was published",
                place=f"prompt {name}",
                remedy="somebody changed the ledger: run 'jackfield audit verify' and restore a backup",
            )
        return definition

    def kept(self, name: str, number: str) -> PromptDefinition | None:
        """Return the content that the ledger keeps of a version, published or only intended."""
        state = self.ledger.read(self.version_subject(name, number)).state
        from jackfield.domain.model.states import VersionState

        return state.definition if isinstance(state, VersionState) else None

    def version_subject(self, name: str, number: str) -> Subject:
        """The ledger's key of one version."""
        return Subject(self.organization, Kind.VERSION, f"{name}@{number}")

    def keeping(self, definition: PromptDefinition) -> Change:
        """Return the change that keeps a version's content."""
        from jackfield.domain.model.states import VersionState

        subject = self.version_subject(definition.name, definition.version)
        state = VersionState(definition=definition, content_hash=definition.content_hash)
        return Change(subject=subject, expected=self.ledger.read(subject).revision, state=state)

    def outcome(self, subject: Subject, operation: Operation) -> Outcome | None:
        """Return what the log says of *operation* at last, or None if it says nothing."""
        outcome, after = None, START
        while page := self.ledger.follow(self.organization, after, _PAGE, subject):
            after = page[-1].position
            said = [e.event.outcome for e in page if e.event.correlation_id == operation.id]
            outcome = said[-1] if said else outcome
        return outcome

    def event(
        self, subject: Subject, operation: Operation, outcome: Outcome, payload: Mapping[str, JSON]
    ) -> Event:
        """Return the event of *operation*'s *outcome*, which happens now."""
        return Event(
            id=self.new_id(),
            time=self.clock.now(),
            subject=subject,
            type=operation.verb.value,
            actor=operation.actor,
            reason=operation.reason,
            outcome=outcome,
            correlation_id=operation.id,
            payload={"version": operation.version, **payload},
        )
