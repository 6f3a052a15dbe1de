"""The audit log: a page of it, and the proof that nobody changed it."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.events import Position
from jackfield.entrypoints.cli.views import entry_view
from jackfield.entrypoints.service.operations import Call, Operation, View
from jackfield.entrypoints.service.shapes.audit import EntriesShape, Listing, Proving, VerifiedShape

_HASH: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


def list_entries(call: Call) -> View:
    """Return a page of entries, oldest first."""
    wanted = call.asked(Listing)
    if wanted.prompt is not None and wanted.session is not None:
        raise InvalidInput("both are named", place="prompt and session", remedy="name one of them")
    found = call.serving.core.audit.entries(
        after=Position(wanted.after), prompt=wanted.prompt, session=wanted.session
    )
    page = list(islice(found, wanted.limit + 1))
    shown = page[: wanted.limit]
    return {
        "entries": [entry_view(each) for each in shown],
        "next": shown[-1].position if len(page) > len(shown) else None,
    }


def verify_log(call: Call) -> View:
    """Check the whole chain, and what is kept against what it tells."""
    head = call.asked(Proving).head
    if head is not None and _HASH.fullmatch(head) is None:
        raise InvalidInput("a head is 64 hexadecimal digits", place="query.head", remedy="mend it")
    verified = call.serving.core.audit.verify(anchor=None if head is None else head.lower())
    return {"entries": verified.entries, "head": verified.head, "detached": verified.detached}


_TAG: Final = "audit"

OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/audit",
        answer=list_entries,
        summary="List entries of the audit log, oldest first, a page at a time.",
        tag=_TAG,
        asks=Listing,
        gives=EntriesShape,
    ),
    Operation(
        method="GET",
        path="/v1/audit/verify",
        answer=verify_log,
        summary="Verify the audit log, also against a head that was kept elsewhere.",
        tag=_TAG,
        asks=Proving,
        gives=VerifiedShape,
        refuses=(409,),
    ),
)
