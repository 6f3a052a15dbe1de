"""Entries as others read them."""

from __future__ import annotations

from attrs import evolve

from jackfield.adapters.testing.destination import entry
from jackfield.domain.model.exports import promotion_record


def test_of_an_erased_entry_nothing_is_claimed() -> None:
    whole = entry()
    erased = evolve(whole, event=evolve(whole.event, payload=None))
    record = promotion_record(erased, template_id="t", synced=False)
    assert record is not None
    unknown = ("version", "latencyMs", "rollbackDirective", "estimatedContextTokens")
    assert [record[name] for name in unknown] == [None] * 4


def test_a_promotion_without_a_directive_has_none() -> None:
    record = promotion_record(entry(), template_id="t", synced=False)
    assert record is not None
    assert record["rollbackDirective"] is False
