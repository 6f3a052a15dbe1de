"""Heads kept elsewhere: taken, written, read, and compared with the chain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve

from jackfield.domain.model.errors import ChainBroken, InvalidInput, NotFound
from jackfield.domain.model.events import Position
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.prompts import ActingPrompts
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.files.anchors import append_anchor, read_anchors
from tests.unit.services.conftest import House, version


def test_an_anchor_is_the_newest_entry(two: ActingPrompts, core: Core, house: House) -> None:
    anchor = core.audit.anchor()
    assert (anchor.organization, anchor.position) == (core.audit.organization, 4)
    assert (anchor.hash, anchor.time) == (core.audit.verify().head, house.clock.now())


def test_an_empty_log_has_no_anchor(core: Core) -> None:
    with pytest.raises(NotFound, match="would prove nothing"):
        core.audit.anchor()


def test_every_anchor_is_looked_for(two: ActingPrompts, core: Core) -> None:
    anchors = [core.audit.anchor()]
    two.publish(version("2.0.0"))
    anchors.append(core.audit.anchor())
    assert core.audit.verify(anchors=anchors).entries == 6


def test_an_entry_that_is_not_the_anchored_one_is_named(two: ActingPrompts, core: Core) -> None:
    wrong = evolve(core.audit.anchor(), position=Position(2))
    with pytest.raises(ChainBroken, match="audit entry 2: it is not the entry that was here"):
        core.audit.verify(anchors=[core.audit.anchor(), wrong])


def test_an_end_that_was_cut_is_named(two: ActingPrompts, core: Core) -> None:
    later = evolve(core.audit.anchor(), position=Position(9))
    with pytest.raises(ChainBroken, match="audit entry 9: an anchor was taken of it, and it is not in"):
        core.audit.verify(anchors=[later])


def test_an_anchor_of_another_organization_is_refused(two: ActingPrompts, core: Core) -> None:
    foreign = evolve(core.audit.anchor(), organization=Organization("globex"))
    with pytest.raises(InvalidInput, match="of the organization globex, not of acme"):
        core.audit.verify(anchors=[foreign])


def test_a_file_gives_back_what_was_appended(two: ActingPrompts, core: Core, tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    anchors = [core.audit.anchor()]
    append_anchor(path, anchors[0])
    two.publish(version("2.0.0"))
    anchors.append(core.audit.anchor())
    append_anchor(path, anchors[1])
    assert list(read_anchors(path)) == anchors
    assert path.stat().st_mode & 0o777 == 0o600


LINE = {"organization": "acme", "position": 1, "hash": "0" * 64, "time": "2026-01-01T00:00:00.000000Z"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "null",
        "{}",
        json.dumps({**LINE, "position": "1"}),
        json.dumps({**LINE, "position": 0}),
        json.dumps({**LINE, "position": 1.0}),
        json.dumps({**LINE, "hash": "0" * 63}),
        json.dumps({**LINE, "hash": "G" * 64}),
        json.dumps({**LINE, "time": "yesterday"}),
        json.dumps({**LINE, "time": "2026-01-01T00:00:00"}),
        json.dumps({**LINE, "more": 1}),
        json.dumps(LINE) + "\n" + json.dumps(LINE)[:40],
        "[" * 100_000,
    ],
)
def test_what_is_no_file_of_anchors_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "anchors.jsonl"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=str(path)):
        read_anchors(path)


def test_a_file_that_cannot_be_written_is_named(two: ActingPrompts, core: Core, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="it cannot be written: Is a directory"):
        append_anchor(tmp_path, core.audit.anchor())
