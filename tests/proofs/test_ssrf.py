"""W3: no spelling, redirect or rebinding leads a destination's URL to an address that is not public."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

import pytest
from attrs import define, evolve, field, frozen

from jackfield.adapters.clock import SystemClock
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response
from jackfield.adapters.webhooks import Allowed, GuardedHttp
from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.ports.http import Answer

PUBLIC: Final = "93.184.215.14"
_QUICK: Final = timedelta(seconds=2)


@define
class Inside:
    """What must not be reached: it counts connections, and answers as a metadata service does."""

    reached: int = 0
    port: int = 0


@define
class Outside:
    """A receiver on the internet, which redirects to where it is told."""

    location: str = ""
    port: int = 0
    heard: int = 0
    lock: threading.Lock = field(factory=threading.Lock)


@contextmanager
def _listening(serve: Callable[[socket.socket], None], family: int, address: str) -> Generator[int]:
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((address, 0))
        listener.listen(128)
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                with suppress(OSError):
                    caller, _ = listener.accept()
                    with caller:
                        caller.settimeout(1)
                        serve(caller)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as last:
                last.connect((address, listener.getsockname()[1]))
            thread.join(5)


@pytest.fixture
def inside() -> Iterator[Inside]:
    found = Inside()

    def serve(caller: socket.socket) -> None:
        found.reached += 1
        caller.recv(65_536)
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")

    with _listening(serve, socket.AF_INET, "0.0.0.0") as found.port:  # noqa: S104  # every spelling of here
        yield found


@pytest.fixture
def outside() -> Iterator[Outside]:
    found = Outside()

    def serve(caller: socket.socket) -> None:
        found.heard += 1
        caller.recv(65_536)
        head = (
            f"HTTP/1.1 307 Go\r\nLocation: {found.location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        caller.sendall(head.encode("utf-8", "replace"))

    with _listening(serve, socket.AF_INET, "127.0.0.1") as found.port:
        yield found


@frozen
class World:
    """The internet in small: a public address is the outside's, every other one is this machine's."""

    outside: Outside
    send: RequestsSend
    sent: list[str] = field(factory=list[str])

    def __call__(self, request: Request) -> Response:
        """Make the call; whoever pins the public address comes out at the outside."""
        self.sent.append(str(request.address))
        if request.address == PUBLIC:
            url = f"http://127.0.0.1:{self.outside.port}/"
            return self.send(evolve(request, url=url, address="127.0.0.1"))
        return self.send(request)


_PARTS: Final = (
    (127, 0, 0, 1),
    (127, 1, 2, 3),
    (0, 0, 0, 0),
    (10, 0, 0, 5),
    (172, 16, 0, 1),
    (192, 168, 1, 1),
)
_MORE: Final = ((169, 254, 169, 254), (100, 100, 100, 200), (168, 63, 129, 16), (224, 0, 0, 1), (255,) * 4)


def _v4(parts: Sequence[int]) -> Iterator[str]:
    """The spellings of one IPv4 address that some reader takes for it."""
    a, b, c, d = parts
    whole = a << 24 | b << 16 | c << 8 | d
    yield f"{a}.{b}.{c}.{d}"
    yield str(whole)
    yield hex(whole)
    yield f"0{whole:o}"
    yield f"{a:#x}.{b:#x}.{c:#x}.{d:#x}"
    yield f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield f"{a}.{b << 16 | c << 8 | d}"
    yield f"{a}.{b}.{c << 8 | d}"
    yield f"{a:#x}.{b}.0{c:o}.{d}"
    yield f"{a}.{b}.{c}.{d}."
    high, low = whole >> 16, whole & 0xFFFF
    yield f"[::ffff:{a}.{b}.{c}.{d}]"
    yield f"[::ffff:{high:x}:{low:x}]"
    yield f"[0:0:0:0:0:ffff:{high:x}:{low:x}]"
    yield f"[::{a}.{b}.{c}.{d}]"
    yield f"[64:ff9b::{high:x}:{low:x}]"
    yield f"[64:ff9b:1::{high:x}:{low:x}]"
    yield f"[2002:{high:x}:{low:x}::1]"


def _others() -> Iterator[str]:
    """Hosts that are not public by name, by family, or by a trick of the reader."""
    yield from ("localhost", "LOCALHOST", "localhost.", "ip6-localhost", "localhost.localdomain")
    yield from (
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[fe80::1]",
        "[fe80::1%251]",
        "[fc00::1]",
        "[fd00:ec2::254]",
    )
    yield from ("[fec0::1]", "[ff02::1]", "[2001::1]", "[2001:db8::1]", "[::ffff:0:127.0.0.1]", "[100::1]")
    yield from (
        "127.0.0.1@example.com",
        "example.com@127.0.0.1",
        "user:pass@127.0.0.1",
        "example.com%40127.0.0.1",
    )
    yield from (
        "127.0.0.1%00.example.com",
        "127.0.0.1%2f.example.com",
        "example.com\\@127.0.0.1",
        "127.0.0.1\t",
    )
    yield from (
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
        "\u24dbocalhost",
        "127.0.0.1#.example.com",
    )
    yield from (
        "0",
        "0x0",
        "00",
        "127.1",
        "127.0.1",
        "0177.1",
        "0x7f.1",
        "127.0.0.1..",
        ".127.0.0.1",
        "[127.0.0.1]",
    )


def _spellings() -> list[str]:
    found = [spelled for parts in (*_PARTS, *_MORE) for spelled in _v4(parts)]
    return [*dict.fromkeys([*found, *_others()])]


SPELLINGS: Final = _spellings()


def _public(_host: str, _port: int) -> Sequence[str]:
    return [PUBLIC]


def _here(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def _http(world: World, resolve: Callable[[str, int], Sequence[str]]) -> GuardedHttp:
    return GuardedHttp(send=world, clock=SystemClock(), allowed=Allowed(), resolve=resolve, deadline=_QUICK)


def _system(host: str, port: int) -> Sequence[str]:
    """The machine's own resolver, which reads many a spelling of an address."""
    with suppress(OSError, UnicodeError):
        return [str(a[4][0]) for a in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    return [PUBLIC]


def _called(http: GuardedHttp, url: str) -> Answer | None:
    """Call it; nothing but our own errors may come out."""
    try:
        return http("POST", url, body=b"{}")
    except JackfieldError:
        return None


@pytest.fixture
def world(outside: Outside) -> Iterator[World]:
    send = RequestsSend(cut=True, connect_timeout=_QUICK)
    yield World(outside, send)
    send.close()


def test_no_spelling_reaches_it(inside: Inside, world: World) -> None:
    http = _http(world, _system)
    for spelled in SPELLINGS:
        for scheme in ("https", "http"):
            _called(http, f"{scheme}://{spelled}:{inside.port}/latest/meta-data")
    assert (inside.reached, [a for a in world.sent if a != PUBLIC]) == (0, [])


def test_no_redirect_reaches_it(inside: Inside, outside: Outside, world: World) -> None:
    http = _http(world, _public)
    for spelled in SPELLINGS:
        outside.location = f"http://{spelled}:{inside.port}/latest/meta-data"
        found = _called(http, "https://hooks.example/x")
        assert found is None or found.status == 307
    assert (inside.reached, outside.heard) == (0, len(SPELLINGS))


@pytest.mark.parametrize("way", ["at once", "among others", "later"])
def test_no_rebinding_reaches_it(inside: Inside, outside: Outside, world: World, way: str) -> None:
    for spelled in SPELLINGS:
        private = spelled.strip("[]")
        asked = list[int]()

        def resolve(
            _host: str, _port: int, private: str = private, asked: list[int] = asked
        ) -> Sequence[str]:
            asked.append(1)
            answers = {"at once": [private], "among others": [PUBLIC, private], "later": [PUBLIC]}
            return answers[way] if len(asked) == 1 else [private]

        _called(_http(world, resolve), f"https://rebind.example:{inside.port}/x")
        assert len(asked) == 1
    assert inside.reached == 0
    assert outside.heard == (len(SPELLINGS) if way == "later" else 0)


def test_control_without_the_guard_many_spellings_reach_it(inside: Inside, world: World) -> None:
    here = [s for s in SPELLINGS if s.startswith(("127", "0", "2130", "local", "[::1]", "[::ffff:127"))]
    for spelled in here:
        with suppress(JackfieldError):
            world.send(
                Request(method="POST", url=f"http://{spelled}:{inside.port}/", body=b"", deadline=_QUICK)
            )
    assert inside.reached >= 15


def test_control_a_call_that_is_not_pinned_is_rebound(
    inside: Inside, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([PUBLIC])
    real = socket.getaddrinfo

    def rebinding(host: str, *arguments: object, **options: object) -> object:
        return real(next(answers, "127.0.0.1") if host == "rebind.example" else host, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert _system("rebind.example", inside.port) == [PUBLIC]  # what a check alone would see
    world.send(Request(method="POST", url=f"http://rebind.example:{inside.port}/", body=b"", deadline=_QUICK))
    assert inside.reached == 1


def test_a_host_that_is_allowed_by_name_is_reached(inside: Inside, world: World) -> None:
    http = evolve(_http(world, _here), allowed=Allowed(names=frozenset({"hooks.internal"})))
    found = http("POST", f"http://hooks.internal:{inside.port}/x", body=b"{}")
    assert (found.status, inside.reached) == (200, 1)


def test_loopback_is_allowed_by_its_usual_names_alone(inside: Inside, world: World) -> None:
    http = evolve(_http(world, _system), allowed=Allowed(loopback=True))
    assert http("POST", f"http://127.0.0.1:{inside.port}/x", body=b"{}").status == 200
    for other in ("127.0.0.2", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "rebind.example"):
        with pytest.raises(InvalidInput):
            evolve(http, resolve=_here)("POST", f"http://{other}:{inside.port}/x", body=b"{}")
    assert inside.reached == 1


def test_how_much_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f" W3: {len(SPELLINGS)} spellings by 2 schemes; {len(SPELLINGS)} by redirect and 3 rebindings")
    assert len(SPELLINGS) >= 200
