"""`POST /query` of the real command against a bare Falcon on granian that echoes the same bytes, in turns."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count, product
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from benchmarks import service as other
from benchmarks.rows import Row
from benchmarks.sizes import sized

_SECONDS: Final = sized(20, small=2) / 10
_TURNS: Final = sized(5, small=1)
_COLD: Final = sized(200, small=20)
_TALKS: Final = 50
"""Conversations that ask in turn."""
_TRANSCRIPT: Final = "I was charged twice for my order last week, and I want a refund. " * 16
_COMMAND: Final = (sys.executable, "-m", "jackfield", "serve", "--port", "0", "--format", "json")
_ANEW: Final = "cached /query, newly spelled"
_LENGTH: Final = 6
_PLATFORM: Final = "/simulator/api/v2/agentassist/recommendations/query"


def run(seconds: float = _SECONDS, turns: int = _TURNS) -> list[Row]:
    """Measure all in turns, and return the medians and their ratios."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        bare = stack.enter_context(other.running([sys.executable, "-c", other.BARE], {**os.environ}))
        kept, durable = (
            stack.enter_context(other.running(_COMMAND, _environ(folder / kind, settings)))
            for kind, settings in (("kept", "[advice]\n"), ("durable", "[advice]\ndurable_events = true\n"))
        )
        targets = {
            "bare echo": bare,
            "cached /query": kept,
            _ANEW: kept,
            "cached /query, durable": durable,
        }
        for url in (kept, durable):
            _warm(url)
        loads = _loads(targets, seconds, turns)
        overhead, upstream = _overhead(kept)
    echo = loads["bare echo"]
    return [
        *(row for what, load in loads.items() for row in _rows(what, load)),
        *(row for what in list(targets)[1:] for row in _ratios(what, loads[what], echo)),
        Row(what="uncached /query beside the platform's answer", measured=overhead, unit="ms", reach="<= 3"),
        Row(what="… the platform's answer alone", measured=upstream, unit="ms", reach="-"),
    ]


def _environ(folder: Path, settings: str) -> dict[str, str]:
    folder.mkdir()
    (folder / "jackfield.toml").write_text(settings, encoding="utf-8")
    own = {"JACKFIELD_STATE": str(folder / "state"), "JACKFIELD_CONFIG": str(folder / "jackfield.toml")}
    return {**os.environ, **own}


def _loads(targets: dict[str, str], seconds: float, turns: int) -> dict[str, other.Load]:
    found, numbers = dict[str, list[other.Load]](), count()
    for turn in range(turns):
        for what, url in targets.items():
            said = body(f"c-{turn % _TALKS}")
            request = anew(said, numbers) if what == _ANEW else other.request("/query", said)
            found.setdefault(what, []).append(other.load(url, request, seconds))
    return {what: other.medians(loads) for what, loads in found.items()}


def _rows(what: str, load: other.Load) -> list[Row]:
    return [
        Row(what=f"{what}, requests a second", measured=load.rate, unit="/s", reach="-"),
        Row(what=f"{what}, p99", measured=load.p99_ms, unit="ms", reach="-"),
    ]


def _ratios(what: str, load: other.Load, echo: other.Load) -> list[Row]:
    is_durable = "durable" in what
    p99 = Row(what=f"{what} p99 / bare p99", measured=load.p99_ms / echo.p99_ms, unit="ratio", reach="<= 2")
    rate = load.rate / echo.rate
    return [
        Row(what=f"{what} / bare", measured=rate, unit="ratio", reach=">= 0.35" if is_durable else ">= 0.7"),
        *(() if is_durable else (p99,)),
    ]


def body(conversation: str) -> bytes:
    """What is asked: a transcript of 1 kB."""
    return json.dumps(
        {
            "interactionContext": {
                "conversationId": conversation,
                "transcript": _TRANSCRIPT,
                "channel": "chat",
            },
            "agentProfile": {"agentId": "agent-204", "skills": ["billing", "german"]},
            "knowledgeBaseIds": ["kb-billing"],
        }
    ).encode()


def anew(said: bytes, numbers: Iterator[int]) -> Iterator[bytes]:
    """Ask the same again and again, never in the same bytes: as many, with other blanks behind them."""
    begun = other.request("/query", said + bytes(2 * _LENGTH))[: -2 * _LENGTH]
    blanks = [bytes(each) for each in product(b" \t\n\r", repeat=_LENGTH)]
    for number in numbers:
        more, less = divmod(number, len(blanks))
        yield begun + blanks[more] + blanks[less]


def _warm(url: str) -> None:
    for number in range(_TALKS):
        _took(url, other.request("/query", body(f"c-{number}")))


def _took(url: str, request: bytes) -> float:
    """Return how long one answer takes on a connection of its own, in ms."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 0)) as line:
        begun = time.perf_counter()
        line.sendall(request)
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        return (time.perf_counter() - begun) * 1_000


def _overhead(url: str) -> tuple[float, float]:
    """Return what a query that nobody has asked costs beside the platform's own answer, and that."""
    numbers, token = count(), _token(url)

    def ours() -> bytes:
        return other.request("/query", body(f"new-{next(numbers)}"))

    def theirs() -> bytes:
        head, _, rest = other.request(_PLATFORM, body(f"new-{next(numbers)}")).partition(b"\r\n")
        return b"%b\r\nAuthorization: Bearer %b\r\n%b" % (head, token, rest)

    pairs = [(_took(url, ours()), _took(url, theirs())) for _ in range(_COLD)]
    return _middle(pairs, lambda pair: pair[0] - pair[1]), _middle(pairs, lambda pair: pair[1])


def _middle(pairs: Sequence[tuple[float, float]], of: Callable[[tuple[float, float]], float]) -> float:
    return median(map(of, pairs))


def _token(url: str) -> bytes:
    where, form = urlsplit(url), b"grant_type=client_credentials&client_id=a&client_secret=b"
    head = b"POST /simulator/oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(form)
    with socket.create_connection((where.hostname or "", where.port or 0)) as line:
        line.sendall(head + kind + form)
        said = b""
        while chunk := line.recv(65_536):
            said += chunk
    token: str = json.loads(said.partition(b"\r\n\r\n")[2])["access_token"]
    return token.encode()


if __name__ == "__main__":
    for row in run():
        print(f"{row.what}: {row.measured:.2f} {row.unit} (reach {row.reach})", flush=True)
