"""What every ledger must do."""

from __future__ import annotations

from typing import Final

import pytest
from attrs import evolve

from jackfield.adapters.testing.changes import ORGANIZATION, chain, change, event, prompt
from jackfield.adapters.testing.shared_ledger import SharedLedgerContract
from jackfield.domain.model.errors import Conflict, InvalidInput
from jackfield.domain.model.events import GENESIS, START, Position, Verified, verify
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.states import VersionState
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.ports.ledger import Change, Ledger, Receipt, Repeat, Versioned

OTHER: Final = Organization("globex")
ODD_TEXTS: Final = (
    "",
    'it\'s "quoted" \\ and `so` on',
    "'; DROP TABLE entries; --",
    "Größe 日本語 🚀 \u202e",
    "tab\tnewline\nnul\x00end",
    "e\u0301 is not \u00e9",
    '"position":0,"previous":"' + GENESIS + '"',
    "%_?:name",
    "x" * 5_000,
)


class LedgerContract(SharedLedgerContract):
    """Provide a fixture `open_ledger`, which opens one and the same empty store, and inherit the tests."""

    def test_a_subject_that_was_never_written_has_revision_zero(self, ledger: Ledger) -> None:
        assert ledger.read(prompt()) == Versioned(0, None)

    def test_reads_what_was_committed(self, ledger: Ledger) -> None:
        written = change(prompt())
        ledger.commit(written)
        assert ledger.read(prompt()) == Versioned(1, written.state)

    def test_reads_many_states_in_the_order_that_they_were_asked_for(self, ledger: Ledger) -> None:
        wanted = [change(prompt(name), text=name) for name in ODD_TEXTS]
        ledger.commit(*wanted)
        asked = [prompt(name) for name in (*reversed(ODD_TEXTS), "nobody", ODD_TEXTS[0])]
        states = {each.subject: Versioned(1, each.state) for each in wanted}
        assert list(ledger.read_all(asked)) == [states.get(each, Versioned(0, None)) for each in asked]

    def test_reads_none_of_another_organization_among_many(self, ledger: Ledger) -> None:
        ledger.commit(change(prompt()))
        assert list(ledger.read_all([prompt(organization=OTHER)])) == [Versioned(0, None)]

    def test_reads_thousands_of_states_at_once(self, ledger: Ledger) -> None:
        subjects = [Subject(ORGANIZATION, Kind.VERSION, f"escalation@{number}") for number in range(5_000)]
        state = VersionState(
            definition=PromptDefinition(
                name="escalation", version="1.0.0", model="m", max_tokens=1, template="t"
            ),
            content_hash="0",
        )
        ledger.commit(*(Change(subject=subject, expected=0, state=state) for subject in subjects[::2]))
        revisions = [versioned.revision for versioned in ledger.read_all(subjects)]
        assert revisions == [1, 0] * 2_500

    def test_refuses_to_read_several_kinds_or_organizations_at_once(self, ledger: Ledger) -> None:
        for other in (prompt(organization=OTHER), Subject(ORGANIZATION, Kind.AUDIT, "payloads")):
            with pytest.raises(InvalidInput, match="several organizations or kinds"):
                ledger.read_all([prompt(), other])

    def test_reads_nothing_when_nothing_is_asked_for(self, ledger: Ledger) -> None:
        assert list(ledger.read_all([])) == []

    def test_each_commit_raises_the_revision_by_one(self, ledger: Ledger) -> None:
        for revision in range(3):
            ledger.commit(change(prompt(), revision, text=str(revision)))
        assert ledger.read(prompt()) == Versioned(3, change(prompt(), text="2").state)

    @pytest.mark.parametrize("expected", [0, 2, -1, 10**30])
    def test_another_revision_than_expected_is_a_conflict(self, ledger: Ledger, expected: int) -> None:
        ledger.commit(change(prompt()))
        with pytest.raises(Conflict, match=r"prompt/escalation: .*revision 1.*read it again"):
            ledger.commit(change(prompt(), expected))

    def test_a_conflict_changes_nothing(self, ledger: Ledger) -> None:
        receipt = ledger.commit(change(prompt()))
        with pytest.raises(Conflict):
            ledger.commit(change(prompt(), 0, text="late", once="late"))
        assert ledger.read(prompt()) == Versioned(1, change(prompt()).state)
        assert ledger.head(ORGANIZATION) == receipt

    def test_several_changes_happen_together(self, ledger: Ledger) -> None:
        ledger.commit(change(prompt("a")), change(prompt("b"), events=2))
        assert [e.event.subject.name for e in chain(ledger)] == ["a", "b", "b"]
        assert [ledger.read(prompt(name)).revision for name in "ab"] == [1, 1]

    @pytest.mark.parametrize("stale", [0, 1, 2])
    def test_one_conflict_among_several_changes_stops_them_all(self, ledger: Ledger, stale: int) -> None:
        changes = [change(prompt(name), once="first") for name in "abc"]
        changes[stale] = evolve(changes[stale], expected=7)
        with pytest.raises(Conflict):
            ledger.commit(*changes)
        assert [ledger.read(prompt(name)).revision for name in "abc"] == [0, 0, 0]
        assert ledger.head(ORGANIZATION) == Receipt(START, GENESIS)

    def test_what_a_conflict_named_once_can_still_be_done(self, ledger: Ledger) -> None:
        with pytest.raises(Conflict):
            ledger.commit(change(prompt(), 5, once="key"))
        assert ledger.commit(change(prompt(), once="key")) == ledger.head(ORGANIZATION)

    def test_the_second_commit_of_a_once_is_a_repeat(self, ledger: Ledger) -> None:
        receipt = ledger.commit(change(prompt(), once="key"))
        assert ledger.commit(change(prompt(), 1, text="again", once="key")) == Repeat(prompt(), "key")
        assert ledger.read(prompt()) == Versioned(1, change(prompt()).state)
        assert ledger.head(ORGANIZATION) == receipt

    def test_a_repeat_comes_before_a_conflict(self, ledger: Ledger) -> None:
        ledger.commit(change(prompt(), once="key"))
        assert ledger.commit(change(prompt("b"), 9), change(prompt(), 0, once="key")) == Repeat(
            prompt(), "key"
        )

    def test_a_repeat_among_several_changes_stops_them_all(self, ledger: Ledger) -> None:
        ledger.commit(change(prompt("b"), once="key"))
        answer = ledger.commit(change(prompt("a"), once="other"), change(prompt("b"), 1, once="key"))
        assert answer == Repeat(prompt("b"), "key")
        assert ledger.read(prompt("a")).revision == 0
        assert isinstance(ledger.commit(change(prompt("a"), once="other")), Receipt)

    def test_a_once_belongs_to_its_subject(self, ledger: Ledger) -> None:
        subjects = (prompt("a"), prompt("b"), Subject(OTHER, Kind.PROMPT, "a"))
        answers = [ledger.commit(change(subject, once="key")) for subject in subjects]
        assert [type(answer) for answer in answers] == [Receipt, Receipt, Receipt]

    def test_positions_count_from_one_without_a_gap(self, ledger: Ledger) -> None:
        for revision in range(4):
            ledger.commit(change(prompt(), revision, events=revision))
        assert [entry.position for entry in chain(ledger)] == [1, 2, 3, 4, 5, 6]

    def test_a_receipt_names_the_last_entry(self, ledger: Ledger) -> None:
        receipt = ledger.commit(change(prompt(), events=3))
        last = list(chain(ledger))[-1]
        assert receipt == Receipt(last.position, last.hash) == ledger.head(ORGANIZATION)

    def test_a_commit_without_events_answers_with_the_chains_head(self, ledger: Ledger) -> None:
        assert ledger.commit(change(prompt("a"), events=0)) == Receipt(START, GENESIS)
        receipt = ledger.commit(change(prompt("b")))
        assert ledger.commit(change(prompt("a"), 1, events=0)) == receipt

    def test_the_chain_verifies(self, ledger: Ledger) -> None:
        for revision in range(10):
            ledger.commit(change(prompt(), revision, events=2))
        head = ledger.head(ORGANIZATION).head
        assert verify(chain(ledger), anchor=head) == Verified(entries=20, head=head, detached=0)

    def test_events_come_back_as_they_were(self, ledger: Ledger) -> None:
        written = event(prompt(), "text")
        ledger.commit(evolve(change(prompt()), events=(written,)))
        assert [entry.event for entry in chain(ledger)] == [written]

    def test_follows_page_by_page(self, ledger: Ledger) -> None:
        ledger.commit(change(prompt(), events=7))
        pages = [ledger.follow(ORGANIZATION, Position(after), 3) for after in (0, 3, 6, 7, 10**30)]
        assert [[e.position for e in page] for page in pages] == [[1, 2, 3], [4, 5, 6], [7], [], []]

    @pytest.mark.parametrize(("limit", "count"), [(-1, 0), (0, 0), (1, 1), (10**30, 2)])
    def test_a_page_is_never_longer_than_its_limit(self, ledger: Ledger, limit: int, count: int) -> None:
        ledger.commit(change(prompt(), events=2))
        assert len(ledger.follow(ORGANIZATION, START, limit)) == count

    def test_follows_one_subject(self, ledger: Ledger) -> None:
        for revision in range(3):
            ledger.commit(change(prompt("a"), revision), change(prompt("b"), revision))
        assert [e.position for e in ledger.follow(ORGANIZATION, Position(1), 9, prompt("a"))] == [3, 5]

    def test_follows_no_subject_of_another_organization(self, ledger: Ledger) -> None:
        ledger.commit(change(Subject(OTHER, Kind.PROMPT, "a")))
        assert list(ledger.follow(ORGANIZATION, START, 9, Subject(OTHER, Kind.PROMPT, "a"))) == []

    def test_lists_the_subjects_of_a_kind_by_name(self, ledger: Ledger) -> None:
        version = Subject(ORGANIZATION, Kind.VERSION, "a@1.0.0")
        ledger.commit(change(prompt("b")), change(prompt("a")), _version(version))
        assert list(ledger.subjects(ORGANIZATION, Kind.PROMPT)) == [prompt("a"), prompt("b")]
        assert list(ledger.subjects(ORGANIZATION, Kind.VERSION)) == [version]

    def test_organizations_never_mix(self, ledger: Ledger) -> None:
        for revision in range(3):
            ledger.commit(change(prompt(), revision, text="ours"))
            ledger.commit(change(prompt(organization=OTHER), revision, text="theirs", events=2))
        assert [verify(chain(ledger, o)).entries for o in (ORGANIZATION, OTHER)] == [3, 6]
        assert ledger.read(prompt()).state == change(prompt(), text="ours").state
        assert list(ledger.subjects(OTHER, Kind.PROMPT)) == [prompt(organization=OTHER)]
        assert {e.event.subject.organization for e in chain(ledger, OTHER)} == {OTHER}

    def test_one_commit_belongs_to_one_organization(self, ledger: Ledger) -> None:
        with pytest.raises(InvalidInput, match="one organization"):
            ledger.commit(change(prompt()), change(prompt(organization=OTHER)))
        with pytest.raises(InvalidInput, match="one organization"):
            ledger.commit(evolve(change(prompt()), events=(event(prompt(organization=OTHER)),)))

    def test_one_commit_changes_a_subject_once(self, ledger: Ledger) -> None:
        with pytest.raises(InvalidInput, match="each of its subjects once"):
            ledger.commit(change(prompt()), change(prompt(), 1))

    def test_a_commit_of_nothing_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(InvalidInput):
            ledger.commit()

    @pytest.mark.parametrize("text", ODD_TEXTS)
    def test_odd_texts_come_back_as_they_were(self, ledger: Ledger, text: str) -> None:
        subject = prompt(text)
        odd = evolve(change(subject, text=text, once=text), events=(event(subject, text, reason=text),))
        ledger.commit(odd)
        assert ledger.read(subject) == Versioned(1, odd.state)
        assert [e.event for e in ledger.follow(ORGANIZATION, START, 9, subject)] == list(odd.events)
        assert ledger.commit(odd) == Repeat(subject, text)
        assert list(ledger.subjects(ORGANIZATION, Kind.PROMPT)) == [subject]
        assert verify(chain(ledger)).entries == 1

    def test_texts_that_look_alike_are_different_subjects(self, ledger: Ledger) -> None:
        names = ("é", "e\u0301", "E\u0301", "e", "e\x00", "e ")
        for name in names:
            ledger.commit(change(prompt(name), text=name))
        assert [s.name for s in ledger.subjects(ORGANIZATION, Kind.PROMPT)] == sorted(names)

    def test_a_text_that_utf8_cannot_carry_is_refused_everywhere(self, ledger: Ledger) -> None:
        half = "\ud800"
        spoilt = (
            change(prompt(half), events=0),
            change(prompt(), text=half),
            change(prompt(), once=half),
            evolve(change(prompt()), events=(event(prompt(), reason=half),)),
        )
        for bad in spoilt:
            with pytest.raises(InvalidInput):
                ledger.commit(bad)
        with pytest.raises(InvalidInput):
            ledger.read(prompt(half))
        assert ledger.head(ORGANIZATION) == Receipt(START, GENESIS)

    def test_a_payload_that_would_hold_up_the_others_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(InvalidInput, match="of at most"):
            ledger.commit(change(prompt(), text="x" * 8_000_001))
        assert ledger.head(ORGANIZATION) == Receipt(START, GENESIS)

    def test_erases_payloads_and_tells_of_it_together(self, ledger: Ledger) -> None:
        ledger.commit(change(prompt(), events=3))
        head = ledger.head(ORGANIZATION).head
        ledger.erase(ORGANIZATION, [Position(1), Position(3)], change(prompt("b")))
        assert [e.event.payload is None for e in chain(ledger)] == [True, False, True, False]
        assert verify(chain(ledger), anchor=head).detached == 2  # noqa: PLR2004 - as many as were erased

    def test_an_erasure_that_conflicts_erases_nothing(self, ledger: Ledger) -> None:
        ledger.commit(change(prompt()))
        with pytest.raises(Conflict):
            ledger.erase(ORGANIZATION, [Position(1)], change(prompt(), 7))
        assert verify(chain(ledger)).detached == 0

    def test_erasing_what_is_not_there_is_no_error(self, ledger: Ledger) -> None:
        ledger.commit(change(prompt()))
        for _ in range(2):
            ledger.erase(ORGANIZATION, [Position(1), Position(2), Position(10**6)])
        ledger.erase(OTHER, [Position(1)])
        ledger.erase(ORGANIZATION, [])
        assert verify(chain(ledger)).detached == 1

    def test_commits_go_on_after_an_erasure(self, ledger: Ledger) -> None:
        ledger.commit(change(prompt()))
        ledger.erase(ORGANIZATION, [Position(1)], change(prompt(), 1))
        ledger.commit(change(prompt(), 2))
        assert ledger.read(prompt()).revision == verify(chain(ledger)).entries == 3  # noqa: PLR2004  # its commits

    def test_keeps_a_large_state(self, ledger: Ledger) -> None:
        subject = Subject(ORGANIZATION, Kind.VERSION, "large@1.0.0")
        large = _version(subject, template="{{tone}} 🚀" * 200_000)
        ledger.commit(large)
        assert ledger.read(subject) == Versioned(1, large.state)


def _version(subject: Subject, template: str = "Be {{tone}}.") -> Change:
    definition = PromptDefinition(name="a", version="1.0.0", model="m", max_tokens=9, template=template)
    state = VersionState(definition=definition, content_hash=definition.content_hash)
    return Change(subject=subject, expected=0, state=state)
