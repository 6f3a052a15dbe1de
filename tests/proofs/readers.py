"""Everything that reads what others wrote: each reads one bad input, made by a seed."""

from __future__ import annotations

import hmac
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import click
import orjson
from attrs import define, evolve, field, frozen

from jackfield.adapters.caching import MemoryCache
from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.files import read
from jackfield.adapters.files.plans import PlanFile, is_plan, read_plan, write_plan
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Faults, Platform
from jackfield.adapters.simulator.control import Simulator, answer
from jackfield.adapters.simulator.faults import parse
from jackfield.domain.model.anchors import Anchor
from jackfield.domain.model.canonical import canonical, digest
from jackfield.domain.model.errors import InvalidInput, JackfieldError
from jackfield.domain.services.prompts.live.knowing import encode
from jackfield.domain.services.prompts.live.last_known import LIFETIME, LastKnown
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.cli.commands.erase import Moment
from jackfield.entrypoints.cli.planned import place_of
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.files.anchors import anchor_line, read_anchors
from jackfield.entrypoints.files.checked import check_files
from jackfield.entrypoints.files.remembering import Fine, Memory
from jackfield.entrypoints.plugging.plugged import Plugged, open_plugins
from jackfield.entrypoints.settings import Rules, Settings, rules, survey
from jackfield.plugin import Secret
from jackfield.plugins.sources import Source
from tests.proofs.examples import ENVIRON, KNOWN, ORG, PROMPT, PROMPT_FILE, SETTINGS
from tests.proofs.mutations import HOSTILE, HOSTILE_TEXTS, spoilt, spoilt_bytes, toml

Take: TypeAlias = Callable[[random.Random], object]


@frozen(kw_only=True)
class _Settings:
    most: int = 1
    words: tuple[str, ...] = ()
    share: float = 0.5
    key: Secret | None = None


class Ruler:
    """A plugin with settings of every kind."""

    Settings = _Settings

    def __init__(self, settings: _Settings) -> None:
        self.settings = settings


VARIABLES: Final = (
    *("JACKFIELD_CONFIG", "JACKFIELD_TARGET", "GENESYSCLOUD_REGION", "GENESYS_BASE_URL", "AN_ID", "A_SECRET"),
    "GENESYSCLOUD_ACCESS_TOKEN",
)
RULER: Final = Source(name="rules", load=lambda: Ruler)


@define
class Bench:
    """A folder for the files, and the readers of each kind of input."""

    folder: Path
    _numbers: Iterator[int] = field(factory=count)
    _opened: Core | None = None
    _anchor: Anchor | None = None

    def file(self, data: bytes, suffix: str) -> Path:
        """Write a file that nothing remembers."""
        path = self.folder / f"{next(self._numbers)}{suffix}"
        path.write_bytes(data)
        return path

    def settings(self, source: random.Random) -> None:
        """A settings file: plain data that is wrong somewhere, or bytes that are."""
        text = toml(_table(spoilt(SETTINGS, source))).encode(errors="surrogatepass")
        path = self.file(spoilt_bytes(text, source) if source.random() < 0.4 else text, ".toml")
        own = rules(config=path, environ={})
        with suppress(JackfieldError):
            open_plugins(own.plugins, plugged=Plugged(sources=(RULER,), environ=ENVIRON)).close()
        target = source.choice(("a", "b", "c", source.choice(HOSTILE_TEXTS), None))
        found, trouble = survey(target, config=path, state=self.folder / "state", environ=ENVIRON)
        for shown in (found, trouble, found.calls.deadline(bulk=True), found.live.patience):
            repr(shown)
        build(found, Parts(plugged=Plugged(sources=(RULER,), environ=ENVIRON))).close()

    def environment(self, source: random.Random) -> None:
        """Variables that are wrong, over a file that is right."""
        path = self.file(toml(SETTINGS).encode(), ".toml")
        said = {name: source.choice(HOSTILE_TEXTS) for name in VARIABLES if source.random() < 0.4}
        state = f"{self.folder}/{source.choice(HOSTILE_TEXTS).lstrip('/')}"
        environ = {**ENVIRON, "JACKFIELD_CONFIG": str(path), "JACKFIELD_STATE": state, **said}
        target = source.choice(("b", "c", None))
        found, _ = survey(target, environ=environ)
        build(found, Parts(plugged=Plugged(sources=(RULER,), environ=ENVIRON))).close()

    def plan_bytes(self, source: random.Random) -> None:
        """A plan file whose bytes were changed: whatever is read is what was written."""
        path = self.file(spoilt_bytes(self._plan(), source), source.choice((".json", "")))
        is_plan(path)
        file = read_plan(path)
        assert orjson.loads(write_plan(file)) == orjson.loads(path.read_bytes())

    def plan_applied(self, source: random.Random) -> None:
        """A plan that somebody made up, with the digest that fits it, applied."""
        said = {k: v for k, v in orjson.loads(self._plan()).items() if k != "digest"}
        if source.random() < 0.9:
            said["prompts"] = spoilt(said["prompts"], source)
        else:
            said = _table(spoilt(said, source))
        with suppress(ValueError, RecursionError):  # it has no digest then
            said = {**said, "digest": digest(canonical(said))}
        file = read_plan(self.file(json.dumps(said).encode(), ".json"))
        outcomes = self._core().acting_as("me", reason="why").prompts.apply(file.plan)
        assert str(outcomes)
        for outcome in outcomes:
            if outcome.error is not None:
                raise outcome.error

    def _core(self) -> Core:
        if self._opened is None:
            clock = FrozenClock()
            send = Platform(clock=clock, limits=None).send
            self._opened = build(self._settings, Parts(clock=clock, send=send))
        return self._opened

    @property
    def _settings(self) -> Settings:
        return Settings(target="t", platform="simulator", organization=ORG, folder=self.folder / "t")

    def close(self) -> None:
        """Close the core."""
        if self._opened is not None:
            self._opened.close()

    def _plan(self) -> bytes:
        """A plan of a prompt that stands and of one that does not."""
        core, number = self._core(), next(self._numbers)
        stands = evolve(PROMPT, name=f"stands-{number}")
        core.acting_as("me", reason="why").prompts.publish(
            evolve(stands, version="1.0.0", user_template="How?")
        )
        new = evolve(PROMPT, name=f"new-{number}")
        plan = core.prompts.plan([stands, new], promote=True)
        return write_plan(PlanFile(place=place_of(core.settings), plan=plan))

    def prompt(self, source: random.Random) -> None:
        """A prompt file: its problems have places, and it is checked as it is read."""
        path = self.file(spoilt_bytes(PROMPT_FILE, source), ".prompt")
        check_files([path], Rules())
        file = read(path)
        assert (file.definition is None) <= bool(file.problems)

    def fault(self, source: random.Random) -> None:
        """A fault as it is written for the command."""
        text = source.choice(("429:0.2", "slow:0.1:2@GET /api/v2/*", "503:1@POST **", "skew:1:-9e3@**"))
        parse(spoilt_bytes(text.encode(), source).decode(errors="surrogateescape"))

    def control(self, source: random.Random) -> None:
        """A body for the simulator's own endpoints, and then a call under what it set."""
        simulator = Simulator(Platform(clock=FrozenClock(), limits=None), Faults(seed=1))
        faults = {"kind": "slow", "seconds": 2.0, "on": "GET /api/v2/*", "rate": 0.5}
        endpoint, said = source.choice((("faults", faults), ("clock", {"advance_seconds": 60})))
        body = _changed(said, source)
        request = Request(method="POST", url=f"http://h/_simulator/{endpoint}", body=body)
        answered = answer(simulator, request)
        assert answered is not None
        assert orjson.loads(answered.body)
        state = answer(simulator, Request(method="GET", url="http://h/_simulator/state"))
        assert state is not None
        simulator.faults.choose(Request(method="GET", url="http://h/api/v2/x"))
        if answered.status >= 400:
            raise InvalidInput("refused")

    def entry(self, source: random.Random) -> None:
        """An entry of the cache of what is live, with the checksum that fits it."""
        cache = MemoryCache(FrozenClock())
        text = encode(ORG, KNOWN).partition(b"\n")[2]
        text = _changed(json.loads(text), source, canonical)
        with suppress(UnicodeDecodeError):
            text = f"{digest(text.decode())}\n".encode() + text
        cache.put(f"{ORG} live greeting", text, LIFETIME)
        cache.put(f"{ORG} live-names", _changed(["greeting"], source), LIFETIME)
        kept = LastKnown(ORG, cache, FrozenClock())
        found = kept.get("greeting")
        kept.names()
        kept.put_now(KNOWN)
        _refuse_none(found)

    def check_entry(self, source: random.Random) -> None:
        """An entry of the cache of checks, with the seal that fits it."""
        cache = _Single()
        memory = Memory(cache=cache, key=b"k" * 32, rules="r")
        memory.keep(PROMPT_FILE, Fine(name="a", version="1.0.0", content_hash="ab", measures=()))
        body = _changed(orjson.loads(cache.value[32:]), source)
        cache.value = hmac.digest(memory.key, cache.key.encode() + b"\0" + body, "sha256") + body
        _refuse_none(memory.recall(PROMPT_FILE))

    def anchors(self, source: random.Random) -> None:
        """A file of anchors, and the log verified against what was read."""
        if self._anchor is None:
            self._plan()
            self._anchor = self._core().audit.anchor()
        lines = [anchor_line(self._anchor).encode()] * 2
        if source.random() < 0.6:
            lines[1] = json.dumps(spoilt(json.loads(lines[0]), source)).encode()
        data = b"".join(lines)
        anchors = read_anchors(self.file(spoilt_bytes(data, source) if source.random() < 0.5 else data, ""))
        self._core().audit.verify(anchors=anchors)

    def moment(self, source: random.Random) -> None:
        """A date of `audit erase --before`, and the erasure by it."""
        usual = source.choice(("2026-08-01", "2026-08-01T12:00Z", "9999-12-31T23:59:59-23:59"))
        text = spoilt_bytes(usual.encode(), source).decode(errors="surrogateescape")
        try:
            before = Moment().convert(source.choice((text, *HOSTILE_TEXTS)), None, None)
        except click.BadParameter as error:
            raise InvalidInput(error.message) from None
        self._core().auditing_as("me", reason="why").erase(before=before)

    def headers(self, source: random.Random) -> None:
        """An answer whose headers say anything: waiting for it ends."""
        clock, platform = FrozenClock(), Platform(clock=FrozenClock(), limits=None)
        left = [429, 503, 200, 401][: source.randint(1, 4)]

        def send(request: Request) -> Response:
            response = platform.send(request)
            status = left.pop() if left else response.status
            said = {name: _header(source) for name in HEADERS if source.random() < 0.7}
            return evolve(response, status=status, headers={**response.headers, **said})

        core = evolve(self._settings, folder=self.folder / "h")
        with build(core, Parts(clock=clock, send=send)) as opened:
            new = evolve(PROMPT, name=f"new-{next(self._numbers)}")
            opened.acting_as("me", reason="why").prompts.publish(new)


HEADERS: Final = (
    *("retry-after", "inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset"),
    *("inin-correlation-id", "date", "content-type"),
)


def _header(source: random.Random) -> str:
    text = source.choice((*HOSTILE_TEXTS, *map(str, HOSTILE), "0", "1", "58", "86400", "300"))
    data = text.encode(errors="replace")
    return (spoilt_bytes(data, source) if source.random() < 0.3 else data).decode("latin-1")


@define
class _Single:
    """A cache of one entry."""

    key: str = ""
    value: bytes = b""

    def get(self, key: str) -> bytes | None:
        return self.value if key == self.key else None

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.key, self.value = key, value

    def drop(self, key: str) -> None:
        pass

    def close(self) -> None:
        pass


def _changed(said: object, source: random.Random, dumped: Callable[[Any], str] = json.dumps) -> bytes:
    """Return plain data that is wrong somewhere, or bytes that are."""
    if source.random() < 0.6:
        with suppress(ValueError):
            return dumped(spoilt(said, source)).encode()
    return spoilt_bytes(json.dumps(said).encode(), source)


def _table(said: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {"x": said}


def _refuse_none(found: object) -> None:
    if found is None:
        raise InvalidInput("it is a miss")
