"""The act of the log: what it has of the questions, and what it has not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jackfield.domain.model.conversations.answers import Answer
from jackfield.domain.model.conversations.asks import ASK, Compliance, injection_record
from jackfield.domain.model.events import Entry, Outcome
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.demo.helpline import Helpline
from jackfield.entrypoints.demo.stage import Stage
from jackfield.entrypoints.demo.talks import MARKS


def tell(stage: Stage, core: Core, helpline: Helpline, answers: Sequence[Answer]) -> None:
    """Show the entries of *answers*, and compare them with what the platform was sent."""
    stage.act("The audit log has both questions: who asked, a hash of what was sent, how it ended; no text")
    entries = [each for each in core.audit.entries() if each.event.type == ASK]
    ended = [each for each in entries if each.event.outcome is Outcome.SUCCEEDED]
    for entry in ended:
        stage.say(_line(entry))
    found = [mark for mark in MARKS if _is_kept(mark, core.settings.folder)]
    stage.insist(f"no text of a conversation is kept ({', '.join(found)} is)", holds=not found)
    hashes = [_hash(messages) for messages in helpline.sent]
    for that, holds in _claims(entries, ended, answers, hashes):
        stage.insist(that, holds=holds)
    stage.say(
        f"{len(hashes)} hashes made again from what the platform was sent: equal; no text of theirs in the"
        " ledger's files"
    )
    verified = core.audit.verify()
    stage.say(f"{verified.entries} entries: no change found; head {verified.head[:16]}…")


def _line(entry: Entry) -> str:
    record, payload = injection_record(entry) or {}, entry.event.payload or {}
    digest = str(record.get("promptHash"))
    return (
        f"entry {entry.position}  {record.get('eventType')}  {record.get('userId')}  {digest[:16]}…"
        f"  {payload.get('end')}  {record.get('complianceStatus')}"
    )


def _claims(
    entries: Sequence[Entry], ended: Sequence[Entry], answers: Sequence[Answer], hashes: Sequence[str]
) -> Iterator[tuple[str, bool]]:
    """Yield what must hold, and whether it does."""
    records = [injection_record(each) or {} for each in ended]
    yield f"{len(answers)} questions were intended and ended", len(entries) == 2 * len(answers)
    conversations = [each.conversation for each in answers]
    yield "each entry names its conversation", [r.get("conversationId") for r in records] == conversations
    yield "each hash is of the messages as sent", [r.get("promptHash") for r in records] == hashes
    yield "both are audited", all(r.get("complianceStatus") == Compliance.AUDITED for r in records)
    ends = [(each.event.payload or {}).get("end") for each in ended]
    yield "both ended as their answers did", ends == [each.end.value for each in answers]


def _hash(messages: Sequence[Mapping[str, str]]) -> str:
    """Return the hash by the rule of the wire contract, made anew."""
    text = json.dumps(messages, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _is_kept(mark: str, folder: Path) -> bool:
    return any(mark.encode() in path.read_bytes() for path in folder.glob("ledger.db*"))
