"""Entries of the log as records that other systems know: of promotions, of questions, and of advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jackfield.domain.model.advice.records import advice_records
from jackfield.domain.model.conversations.asks import injection_record
from jackfield.domain.model.conversations.states import AskState
from jackfield.domain.model.deliveries.states import Fate
from jackfield.domain.model.events import Entry, Outcome
from jackfield.domain.model.subjects import Kind
from jackfield.entrypoints.cli.promotions import promotion_records
from jackfield.entrypoints.core import Core


def records_of(
    core: Core, entries: Sequence[Entry], fates: Mapping[str, Mapping[str, Fate]]
) -> list[Mapping[str, Any]]:
    """Return the records of *entries* in their order; what is none of these has none."""
    found = list[Mapping[str, Any]]()
    for entry in entries:
        if entry.event.subject.kind is Kind.ASK:
            found += _of_a_question(core, entry)
        elif entry.event.subject.kind is Kind.ADVICE:
            found += advice_records(entry)
        else:
            found += promotion_records(core, [entry], fates)
    return found


def _of_a_question(core: Core, entry: Entry) -> list[Mapping[str, Any]]:
    """Return the record of its end, or of its intent as long as there is no end."""
    if entry.event.outcome is Outcome.INTENDED:
        state = core.audit.ledger.read(entry.event.subject).state
        if isinstance(state, AskState) and state.end is not None:
            return []
    record = injection_record(entry)
    return [] if record is None else [record]
