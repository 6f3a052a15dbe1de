"""A receiver of webhooks behind a real socket, that answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import define, field


@define
class Receiver:
    """What it heard and took, the heads and bodies of it, and how it answers.

    While `hangs` is set, no request is answered.
    """

    url: str = ""
    status: int = 200
    heard: list[Any] = field(factory=list[Any])
    raw: list[tuple[dict[str, str], bytes]] = field(factory=list[tuple[dict[str, str], bytes]])
    calls: int = 0
    hangs: bool = False
    asked: threading.Event = field(factory=threading.Event)
    over: threading.Event = field(factory=threading.Event)
    more: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    """Has one for each webhook that was taken."""

    def answer(self, headers: dict[str, str], body: bytes) -> int | None:
        """Return the status, or None to say nothing."""
        self.calls += 1
        if self.hangs:
            self.asked.set()
            self.over.wait()
            return None
        if self.status == 200:
            self.heard.append(json.loads(body))
            self.raw.append((headers, body))
            self.more.release()
        return self.status


@contextmanager
def receiving() -> Generator[Receiver]:
    """Serve while the block lasts."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = found.answer({name.lower(): value for name, value in self.headers.items()}, body)
            if status is not None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        found.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
