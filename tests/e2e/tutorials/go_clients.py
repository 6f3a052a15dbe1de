"""What the fifth tutorial's Go program sends, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Final

GOLDEN: Final = Path(__file__).parent / "goldens" / "t4_agent_assist_go.http"


def go(method: str, path: str, body: bytes = b"") -> bytes:
    """A request as Go's client writes it; the connection is closed behind it."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: Go-http-client/1.1\r\n"
    if body:
        head += f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n"
    return f"{head}Accept-Encoding: gzip\r\nConnection: close\r\n\r\n".encode() + body


def recorded() -> bytes:
    """Return the body of its query, as it was recorded."""
    whole = GOLDEN.read_bytes().split(b"===== ")[2]
    request = whole.split(b"\n-----\n")[0].replace(b"\r\n", b"\n")
    return request.partition(b"\n\n")[2]
