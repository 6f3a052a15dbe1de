"""Asks at a steady rate whatever comes back, and tells how it went; run as a process of its own.

python loading.py URL RATE SECONDS CONVERSATIONS
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Final
from urllib.parse import urlsplit

PATIENCE_S: Final = 10.0
_SAID: Final = "Customer: I was charged twice for my order last week, and I want a refund. " * 12


def request(conversation: str) -> bytes:
    """Return a query of a conversation, as it is sent."""
    body = json.dumps(
        {
            "interactionContext": {"conversationId": conversation, "transcript": _SAID, "channel": "chat"},
            "agentProfile": {"agentId": f"agent-{conversation}", "skills": ["billing"]},
            "knowledgeBaseIds": ["kb-billing"],
        }
    ).encode()
    head = "POST /query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Load:
    """What was asked, on connections that are used again, and what came of it."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self.host, self.port = where.hostname or "", where.port or 0
        self.free = list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]()
        self.took = list[float]()
        self.ends = Counter[str]()

    async def ask(self, data: bytes, due: float) -> None:
        """Ask once; what it took counts from when it was due, so that no delay of ours is hidden."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                line = self._kept() or await asyncio.open_connection(self.host, self.port)
                line[1].write(data)
                head = await line[0].readuntil(b"\r\n\r\n")
                length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
                await line[0].readexactly(int(length))
                self.free.append(line)
                self.ends[head[9:12].decode()] += 1
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.ends[type(error).__name__] += 1
        self.took.append(time.perf_counter() - due)

    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Return a connection that the server has not closed, as it does with one that is idle for long."""
        while self.free:
            line = self.free.pop()
            if not line[0].at_eof():
                return line
        return None

    async def run(self, rate: float, seconds: float, conversations: int) -> None:
        """Ask *rate* times a second."""
        wanted = [request(f"c-{number}") for number in range(conversations)]
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number in range(int(rate * seconds)):
                due = begun + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(self.ask(wanted[number % conversations], due))

    def told(self) -> str:
        """Return it as JSON."""
        took = sorted(self.took)
        part = {f"p{share}_ms": round(took[len(took) * share // 100] * 1_000, 2) for share in (50, 99)}
        return json.dumps({"ends": self.ends, "asked": len(took), **part})


if __name__ == "__main__":
    load = Load(sys.argv[1])
    asyncio.run(load.run(float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
    print(load.told())
