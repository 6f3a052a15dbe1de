"""The socket of answers: handshakes that fail, are throttled, or refused for a token or a scope."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jackfield.adapters.genesys.assistants import GenesysAssistants
from jackfield.adapters.genesys.auth import Credentials, FixedToken, Tokens
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.regions import hosts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.adapters.http import Response
from jackfield.adapters.simulator import StreamRules
from jackfield.adapters.sockets import Handshake, HandshakeRefused, Socket
from jackfield.adapters.testing.assistant_gateway import Ear
from jackfield.domain.model.conversations.events import Completed, Failed
from jackfield.domain.model.errors import (
    AuthenticationFailed,
    JackfieldError,
    PermissionDenied,
    PlatformRejected,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.secrets import Secret
from tests.unit.genesys.stream.connecting.conftest import Make
from tests.unit.genesys.stream.gateways import QUESTION, Desk, made

STREAM = "/api/v2/conversations"


def refused(desk: Desk, kind: type[JackfieldError], within: timedelta = timedelta(minutes=10)) -> str:
    with pytest.raises(kind) as error:
        desk.gateway.ready(desk.clock.monotonic() + within.total_seconds())
    return str(error.value)


@pytest.mark.parametrize("kind", ["503", "drop", "504", "refused"])
def test_a_platform_that_fails_for_a_moment_is_asked_again(kind: str, desk: Desk) -> None:
    desk.faults.next("GET", STREAM, kind, times=3)
    desk.gateway.ready(desk.ends)
    assert len(desk.counted("connects")) == 4


def test_nobody_waits_long_for_a_platform_that_fails(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "503", times=50)
    assert "503" in refused(desk, Unavailable)
    assert desk.counted("connects")[:4] == ["Unavailable"] * 4


def test_a_throttled_handshake_waits_as_long_as_it_is_told(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "429", seconds=20)
    before = desk.clock.monotonic()
    desk.gateway.ready(desk.ends)
    assert 20 <= desk.clock.monotonic() - before < 23


def test_a_throttled_handshake_is_told_at_once_if_the_wait_is_too_long(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "429", seconds=20, times=9)
    with pytest.raises(RateLimited) as error:
        desk.gateway.ready(desk.clock.monotonic() + 10)
    assert error.value.retry_after == timedelta(seconds=20)


def test_a_day_is_not_waited_for(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "429", seconds=86_400)
    refused(desk, RateLimited, within=timedelta(days=3))


def test_too_many_sockets_are_a_throttled_handshake(make: Make) -> None:
    desk = make(StreamRules(sockets=1))
    other = made(desk.platform.send, desk.platform.dial, desk.clock)
    desk.gateway.ready(desk.ends)
    with pytest.raises(RateLimited):
        other.ready(desk.clock.monotonic() + 1)
    other.close()


def test_a_missing_scope_is_named(desk: Desk) -> None:
    desk.platform.grant("client", ["ai:assistant:write"])
    assert "conversation:read" in refused(desk, PermissionDenied)


def test_a_scope_that_was_added_helps(desk: Desk) -> None:
    desk.platform.grant("client", ["ai:assistant:write"])
    refused(desk, PermissionDenied)
    desk.platform.grant("client", None)
    desk.gateway.ready(desk.ends)


def test_a_scope_that_was_lost_in_mid_stream_ends_the_answers(desk: Desk) -> None:
    ear = Ear(pause_behind=2)
    line = desk.ask(ear)
    ear.until(2)
    desk.platform.grant("client", ["ai:assistant:write"])
    desk.platform.revoke_tokens()
    ear.pause_behind = None
    line.resume()
    end = ear.until_the_end()
    assert isinstance(end, Failed)
    assert end.code == "forbidden"
    assert "conversation:read" in end.detail


def test_a_refused_token_is_renewed_once(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "401")
    desk.gateway.ready(desk.ends)
    assert desk.counted("connects") == ["opened"]


def test_a_token_that_is_refused_twice_is_no_good(desk: Desk) -> None:
    desk.faults.next("GET", STREAM, "401", times=2)
    refused(desk, AuthenticationFailed)


def test_a_fixed_token_is_tried_once(desk: Desk) -> None:
    fixed = made(
        desk.platform.send,
        desk.platform.dial,
        desk.clock,
        tokens=lambda _: FixedToken(Secret("nobody-knows")),
    )
    with pytest.raises(AuthenticationFailed):
        fixed.ready(desk.ends)
    fixed.close()


def test_a_client_that_is_refused_gives_way_to_another(desk: Desk) -> None:
    clock, where = desk.clock, hosts(base_url="http://simulator")
    policy = Policy(desk.platform.send, clock)
    good = Tokens(policy.login(), where, Credentials("client", Secret("secret")), clock)
    lanes = [policy.lane(FixedToken(Secret("nobody-knows"))), policy.lane(good)]
    gateway = GenesysAssistants(Client(policy, lanes, where), desk.platform.dial, clock)
    with pytest.raises(AuthenticationFailed):
        gateway.ready(desk.ends)
    gateway.ready(desk.ends)
    gateway.ask(QUESTION, desk.ends)
    gateway.close()


def test_the_conversation_is_begun_by_the_client_that_listens(make: Make) -> None:
    desk = make(StreamRules(private=True))
    clock, where = desk.clock, hosts(base_url="http://simulator")
    policy = Policy(desk.platform.send, clock)
    lanes = [
        policy.lane(Tokens(policy.login(), where, Credentials(name, Secret("secret")), clock))
        for name in ("one", "two", "three")
    ]
    gateway = GenesysAssistants(Client(policy, lanes, where), desk.platform.dial, clock)
    ends = [Desk(gateway, desk.platform, clock, desk.faults, []).heard().end for _ in range(6)]
    gateway.close()
    assert {type(each) for each in ends} == {Completed}


def test_another_answer_is_a_refusal(desk: Desk) -> None:
    def redirect(handshake: Handshake) -> Socket:
        raise HandshakeRefused(Response(status=302, headers={"location": "https://elsewhere.example"}))

    gateway = made(desk.platform.send, redirect, desk.clock)
    with pytest.raises(PlatformRejected):
        gateway.ready(desk.ends)
    gateway.close()
