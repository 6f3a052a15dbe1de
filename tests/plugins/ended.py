"""Sessions that are over, as the log tells of them, and a CRM on a socket."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

from attrs import define, field, frozen

from jackfield.adapters.strict import decode
from jackfield.adapters.testing.changes import ORGANIZATION, TIME
from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.events import Entry, Event, Outcome, Position
from jackfield.domain.model.sessions.happenings import END, START
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.subjects import Kind, Organization, Subject
from jackfield.plugins.builtin.crm.calls import Calls
from jackfield.plugins.builtin.crm.settings import CrmSettings
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.ledger import Change, Ledger
from jackfield.ports.previews import NoCall, PlannedCall

SESSION: Final = "0190f0c6-3c2b-7d1e-9a44-5f0c2b8e7a10"
CONVERSATION: Final = "c2f1a5de-0b57-4e0c-9f3e-3d1c9a7b6e55"
PAYLOAD: Final[Mapping[str, JSON]] = {
    "bot": "helpline",
    "bot_id": "b-7",
    "customer": "cust-4471",
    "conversation": CONVERSATION,
    "started": "2026-11-21T09:20:00.000000Z",
    "ended": "2026-11-21T09:29:58.500000Z",
    "recorded": "2026-11-21T09:30:00.123456Z",
    "duration_ms": 598_500,
    "messages": 4,
    "handoffs": 1,
    "resolution": "escalated",
    "reason": "AgentRequestedByUser",
    "holder": "people",
    "intent": "order_status",
    "language": "en",
    "versions": ["greeting@2.1.0", "refund@1.2.0"],
    "escalation": "request",
    "queue": "q-1",
    "termination_us": None,
}


def ended(
    payload: Mapping[str, JSON] | None = PAYLOAD, *, session: str = SESSION, event: str = "01JD7Q3M"
) -> Entry:
    """Return the entry of a session that is over."""
    happened = _event(session, END, payload, organization=ORGANIZATION, event=event)
    return Entry(
        position=Position(1), previous="0" * 64, hash="0" * 64, payload_hash="0" * 64, event=happened
    )


def _event(
    session: str, type_: str, payload: Mapping[str, JSON] | None, *, organization: Organization, event: str
) -> Event:
    return Event(
        id=event,
        time=TIME,
        subject=Subject(organization, Kind.SESSION, session),
        type=type_,
        actor="jackfield",
        reason="by itself",
        outcome=Outcome.SUCCEEDED,
        correlation_id=session,
        payload=payload,
    )


def kept(ledger: Ledger, organization: Organization, session: str, *, over: bool = True) -> None:
    """Write a session into *ledger*: that it began, and that it is *over*."""
    state = SessionState(
        session=Session(
            id=session, bot="helpline", customer="c", started=datetime(2026, 11, 21, 9, 20, tzinfo=UTC)
        ),
        bot_id="b-7",
    )
    events = [_event(session, START, {}, organization=organization, event=f"{session}-1")]
    if over:
        events.append(_event(session, END, PAYLOAD, organization=organization, event=f"{session}-2"))
    subject = Subject(organization, Kind.SESSION, session)
    ledger.commit(Change(subject=subject, expected=0, state=state, events=tuple(events)))


def settings(**table: Any) -> CrmSettings:
    """Return `[plugins.crm]` as it is read from a file."""
    return decode(table, CrmSettings, place="plugins.crm")


def planned(entry: Entry | None = None, **table: Any) -> PlannedCall | NoCall:
    """Return the call that the table makes of *entry*."""
    call = Calls.of(settings(**table)).call_for(entry or ended())
    return call if isinstance(call, NoCall) else call.planned()


TARGET: Final = DestinationSettings(
    target="test",
    organization=ORGANIZATION,
    folder=Path("nowhere"),
    platform=lambda method, path, body: b"",
    prompt_id=lambda name: None,
)


@frozen(kw_only=True)
class Heard:
    """One call that came."""

    line: str
    headers: Mapping[str, str]
    body: bytes


@define
class Crm:
    """A CRM on a socket: `answers` are the next statuses and headers, then 204; `heard` is what came."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(factory=list[Any])
    heard: list[Heard] = field(factory=list[Heard])


@contextmanager
def crm_served() -> Generator[Crm]:
    """Run a CRM while the block lasts."""
    found = Crm()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            found.heard.append(Heard(line=self.requestline, headers=dict(self.headers.items()), body=body))
            status, headers = found.answers.pop(0) if found.answers else (204, {})
            said = b'{"message": "canary of an answer"}' if status >= 300 else b""
            self.send_response(status)
            for name, value in {"Content-Length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_POST = do_PUT = do_PATCH = answer  # noqa: N815  # the library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()
