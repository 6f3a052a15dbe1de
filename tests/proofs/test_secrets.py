"""F2: canary secrets appear nowhere: not in output, errors, tracebacks, logs, values or the audit log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from itertools import count, cycle, islice, product
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from attrs import define, field
from loguru import logger

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.transport import RequestsSend
from jackfield.adapters.http import Request, Response
from jackfield.adapters.simulator import Platform
from jackfield.domain.model.errors import OutcomeUnknown, Unavailable
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.subjects import organization
from jackfield.domain.model.variables import Variable, VariableType
from jackfield.entrypoints.bootstrap import Parts, build
from jackfield.entrypoints.cli.run import run
from jackfield.entrypoints.cli.views import entry_view
from jackfield.entrypoints.core import Core
from jackfield.entrypoints.settings import Credentials, Settings, resolve
from tests.proofs.sizes import sized
from tests.proofs.witness import BASIC, PASSWORD, SECRET, VALUE, Path_, Witness, witnessing


@define
class Sender:
    """A platform whose tokens are canaries too; while `answer` is set, that is its answer to everything."""

    platform: Platform
    canaries: set[str]
    answer: Callable[[Request], Response] | None = None

    def __call__(self, request: Request) -> Response:
        if self.answer is not None:
            return self.answer(request)
        response = self.platform.send(request)
        if request.url.endswith("/oauth/token"):
            self.canaries.add(json.loads(response.body)["access_token"])
        return response


def greeting(number: int, name: str = "greeting") -> PromptDefinition:
    return PromptDefinition(
        name=name, version=f"1.{number}.0", model="m", max_tokens=512, template=f"Say {number}."
    )


@define
class House:
    """A core on a scripted platform, whose clock moves past whatever stayed open."""

    core: Core
    sender: Sender
    clock: FrozenClock
    _numbers: Iterator[int] = field(factory=count)
    _fresh: Iterator[bool] = field(factory=lambda: cycle((True, True, False)))

    def failing(self, verb: str, answer: Callable[[Request], Response]) -> object:
        """Do *verb* while the platform answers so, then settle what it left."""
        self._settle()
        act = self._acts()[verb]
        self.clock.advance(timedelta(days=2))  # the token is old: the answer is to a token request
        if next(self._fresh):
            self.core.prompts.status("greeting")  # … or it is not
        self.sender.answer = answer
        try:
            return act()
        finally:
            self.sender.answer = None

    def _settle(self) -> None:
        self.clock.advance(timedelta(days=2))
        me = self.core.acting_as("me", reason="settle").prompts
        me.unfreeze("greeting")
        me.promote(me.version("greeting", "1.0.0"), force=True)

    def _acts(self) -> Mapping[str, Callable[[], object]]:
        me = self.core.acting_as("me", reason="why").prompts
        number = next(self._numbers) + 10
        return {
            "publish": lambda: me.publish(greeting(number)),
            "first publish": lambda: me.publish(greeting(number, f"new-{number}")),
            "promote": lambda: me.promote(me.version("greeting", "1.1.0")),
            "roll back": lambda: me.roll_back("greeting", to="1.2.0", freeze=True),
            "unfreeze": lambda: me.unfreeze("greeting"),
            "status": lambda: me.status("greeting"),
        }


@pytest.fixture
def witness() -> Iterator[Witness]:
    with witnessing() as witness:
        yield witness


@pytest.fixture
def house(tmp_path: Path, witness: Witness) -> Iterator[House]:
    clock = FrozenClock()
    sender = Sender(Platform(clock=clock, limits=None), witness.canaries)
    settings = Settings(
        target="prod",
        platform="genesys",
        organization=organization("acme"),
        folder=tmp_path / "state",
        region="eu-central-1",
        credentials=Credentials(client_id="an-id", client_secret=Secret(SECRET)),
    )
    with build(settings, Parts(clock=clock, send=sender)) as core:
        me = core.acting_as("me", reason="begin").prompts
        for number in range(3):
            me.publish(greeting(number))
        yield House(core, sender, clock)


STATUSES: Final = (200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503)


def _echo(request: Request) -> bytes:
    """Say everything again that came, in every part of the platform's error envelope."""
    told = f"{dict(request.headers)} {(request.body or b'').decode()} {SECRET} {VALUE}"
    details = [{"errorCode": told, "fieldName": told, "message": told}]
    return json.dumps(
        {"message": told, "code": told, "error": told, "details": details, "messageParams": {"a": told},
         "id": told, "name": told, "version": told, "access_token": told, "expires_in": told}
    ).encode()  # fmt: skip


BODIES: Final[Mapping[str, Callable[[Request], bytes]]] = {
    "an echo": _echo,
    "an echo cut off": lambda request: _echo(request)[:-2],
    "a page": lambda request: b"<html>" + _echo(request),
    "nothing": lambda _request: b"",
}


def _answering(status: int, body: Callable[[Request], bytes]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        headers = {"retry-after": SECRET, "location": SECRET, "inin-correlation-id": f"{SECRET} {VALUE}"}
        return Response(status=status, headers=headers, body=body(request))

    return answer


def _unavailable(_request: Request) -> Response:
    raise Unavailable("the host cannot be reached")


def _unknown(_request: Request) -> Response:
    raise OutcomeUnknown("the connection broke before a whole answer came")


VERBS: Final = ("publish", "first publish", "promote", "roll back", "unfreeze", "status")


def answers(house: House) -> Iterator[Path_]:
    """Every verb with every answer of a platform that says again what it was told."""
    every = product(VERBS, STATUSES, BODIES.items())
    for verb, status, (kind, body) in islice(every, 0, None, sized(3, full=1)):
        yield f"{verb}: {status} with {kind}", partial(house.failing, verb, _answering(status, body))
    for verb, answer in product(VERBS, (_unavailable, _unknown)):
        yield f"{verb}: {answer.__name__}", partial(house.failing, verb, answer)


VALUES: Final[Mapping[str, Any]] = {
    "unknown": {"text": "x", "number": 1, "flag": True, "list": [], "more": VALUE},
    "missing": {"text": VALUE, "number": 1},
    "too long": {"text": VALUE * 9, "number": 1, "flag": True, "list": []},
    "a number": {"text": "x", "number": VALUE, "flag": True, "list": []},
    "a boolean": {"text": "x", "number": 1, "flag": VALUE, "list": []},
    "an array": {"text": "x", "number": 1, "flag": True, "list": VALUE},
    "an array of arrays": {"text": "x", "number": 1, "flag": True, "list": [[VALUE]]},
    "half a pair": {"text": f"{VALUE}\ud800", "number": 1, "flag": True, "list": []},
    "an object": {"text": {VALUE: VALUE}, "number": 1, "flag": True, "list": []},
    "everything": {"text": 5, "number": VALUE, "flag": VALUE, "list": VALUE, "more": VALUE},
}


def renders() -> Iterator[Path_]:
    """Customers' values that do not fit."""
    kinds = {"text": "string", "number": "number", "flag": "boolean", "list": "array"}
    prompt = PromptDefinition(
        name="p", version="1.0.0", model="m", max_tokens=1, template="{{text}}{{number}}{{flag}}{{list}}",
        variables=[Variable(name=n, type=VariableType(k), max_length=50) for n, k in kinds.items()],
    )  # fmt: skip
    for kind, values in VALUES.items():
        yield f"render: {kind}", partial(prompt.render, values)


FILES: Final = (
    f'[targets.a]\nclient_secret = "{SECRET}"',
    f'[targets.a]\nplatform = "genesys"\nbase_url = "http://u:{PASSWORD}@h"',
    f'[targets.a]\nledger = "postgresql://u:{PASSWORD}@h/x"',
    f'[targets.a]\norganization = "acme"\nledger = "postgresql://u:{PASSWORD}@127.0.0.1:9/x"',
    f'[targets.a]\norganization = "acme"\nledger = "postgresql://u:{PASSWORD}@{PASSWORD}@127.0.0.1:9/x"',
    f'secret = "{SECRET}"',
    f"secret = {SECRET}",
    f'[limits]\ntokens = "{SECRET}"',
    f'[targets.a]\norganization = "{SECRET} {SECRET}"',
    f'[targets.a]\nplatform = ["{SECRET}"]',
    f'default = "{SECRET} {SECRET}"',
    '[targets.a]\nplatform = "genesys"\nregion = "moon"',
    '[targets.a]\nplatform = "genesys"\n',
    '[targets.a]\nplatform = "genesys"\nbase_url = "http://127.0.0.1:9"\n[calls]\nunreached_base_s = 0.01',
)
COMMANDS: Final = (
    "status",
    "status --format json",
    "audit export",
    "publish p.prompt",
    "publish p.prompt --format json",
    "check p.prompt",
    f"simulate --client {SECRET}",
    f"simulate --client :{SECRET}",
    f"simulate --host nowhere.invalid --client a:{SECRET} --port 0",
)


def settings_of(folder: Path) -> Iterator[Path_]:
    """Settings with secrets where none belong."""
    environ = {
        "GENESYS_CLIENT_ID": "an-id",
        "GENESYS_CLIENT_SECRET": SECRET,
        "JACKFIELD_STATE": str(folder / "st"),
    }
    for number, text in enumerate(FILES):
        path = folder / f"{number}.toml"
        path.write_text(text, encoding="utf-8")
        yield f"settings {number}", partial(resolve, config=path, environ=environ)


def commands(folder: Path, monkeypatch: pytest.MonkeyPatch, told: Callable[[], str]) -> Iterator[Path_]:
    """The command with such settings, and what it wrote."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("JACKFIELD_STATE", str(folder / "st"))
    monkeypatch.setenv("GENESYS_CLIENT_ID", "an-id")
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    (folder / "p.prompt").write_text(
        "---\nname: p\nversion: 1.0.0\nmodel: m\nmax_tokens: 1\n---\nhi", encoding="utf-8"
    )

    def command(line: str, config: Path) -> str:
        monkeypatch.setenv("JACKFIELD_CONFIG", str(config))
        return f"{run(line.split())} {told()}"

    for number, line in islice(product(range(len(FILES)), COMMANDS), 0, None, sized(2, full=1)):
        config = folder / f"{number}.toml"
        yield f"jackfield {line} with {number}", partial(command, line, config)


def _itself(thing: object) -> object:
    return thing


def values(house: House) -> Iterator[Path_]:
    """What holds a secret, printed and taken apart."""
    core, request = house.core, Request(method="GET", url="http://h", headers={"A": SECRET}, body=b"x")
    held = (core, core.settings, core.settings.credentials, core.prompts, core.audit, request)
    for thing in (*held, core.prompts.operations, core.prompts.operations.gateway):
        yield f"repr of {type(thing).__name__}", partial(_itself, thing)
    yield "settings taken apart", lambda: attrs.asdict(core.settings, recurse=False)
    yield "credentials taken apart", lambda: attrs.asdict(core.settings.credentials)
    yield "the audit log", lambda: [json.dumps(entry_view(e)) for e in core.audit.entries()]
    yield (
        "an unreachable host",
        lambda: RequestsSend()(
            Request(method="GET", url=f"http://u:{PASSWORD}@127.0.0.1:9/x?a={SECRET}", headers={"A": SECRET})
        ),
    )
    yield (
        "a header that cannot be sent",
        lambda: RequestsSend()(
            Request(method="GET", url="http://127.0.0.1:9/", headers={"A": f"{SECRET}\n"})
        ),
    )
    yield "a URL that is none", lambda: RequestsSend()(Request(method="GET", url=f"x://{SECRET}"))


def test_no_path_shows_a_secret(
    house: House,
    witness: Witness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def told() -> str:
        out, err = capsys.readouterr()
        return out + err

    for name, act in answers(house):
        witness.watch(name, act, frames=True)
    for name, act in (
        *renders(),
        *settings_of(tmp_path),
        *commands(tmp_path, monkeypatch, told),
        *values(house),
    ):
        witness.watch(name, act)

    with capsys.disabled():
        print(f"\nF2: {len(witness.seen)} paths, {len(witness.canaries)} canaries")
    assert (witness.leaks(), len(witness.seen) > sized(190, full=400)) == ([], True)


def _raises(error: Exception) -> None:
    raise error


def _cause() -> None:
    try:
        _raises(ValueError(SECRET))
    except ValueError as error:
        raise Unavailable("something else") from error


def _logged() -> None:
    logging.getLogger("anybody").debug("it is %s", SECRET)


PLANTED: Final[Mapping[str, Callable[[], object]]] = {
    "a result": lambda: {"secret": SECRET},
    "a message": lambda: _raises(Unavailable(f"it is {VALUE}")),
    "a remedy": lambda: _raises(Unavailable("x", remedy=f"try {PASSWORD}")),
    "a cause": _cause,
    "a log line": _logged,
    "our own log": lambda: logger.trace(f"it is {BASIC}"),
}


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_secret_is_found(plant: str, witness: Witness) -> None:
    witness.watch(plant, PLANTED[plant])

    assert witness.leaks() == [plant]
