from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.auth import Credentials, FixedToken, Token, Tokens
from jackfield.adapters.genesys.regions import Hosts
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    Attempt,
    AuthenticationFailed,
    JackfieldError,
    OutcomeUnknown,
    PlatformRejected,
    RateLimited,
    Unavailable,
)
from jackfield.domain.model.secrets import Secret

HOSTS = Hosts(api="https://api.example", login="https://login.example")
CANARY = "canary-7f3a"


class LoginHost:
    """Answers token requests with numbered tokens, or with what it was told to say next."""

    def __init__(self, expires_in: int = 86_400) -> None:
        self.expires_in = expires_in
        self.requests: list[Request] = []
        self.next: Callable[[], Response] | None = None

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if self.next is not None:
            return self.next()
        token = f"token-{len(self.requests)}"
        return answer(200, {"access_token": token, "token_type": "bearer", "expires_in": self.expires_in})


def answer(status: int, body: object, **headers: str) -> Response:
    return Response(status=status, headers=headers, body=orjson.dumps(body))


def raising(error: BaseException) -> Callable[[], Response]:
    def answer_() -> Response:
        raise error

    return answer_


def tokens(login: LoginHost, clock: FrozenClock | None = None, *, scope: str = "") -> Tokens:
    credentials = Credentials("client", Secret(CANARY))
    return Tokens(login, HOSTS, credentials, clock or FrozenClock(), scope=scope)


def shown(token: Token) -> str:
    return token.secret.reveal()


def test_asks_as_the_contract_says() -> None:
    login = LoginHost()
    tokens(login).current()
    request = login.requests[0]
    assert (request.method, request.url, request.body, request.headers["Authorization"]) == (
        "POST",
        "https://login.example/oauth/token",
        b"grant_type=client_credentials",
        "Basic Y2xpZW50OmNhbmFyeS03ZjNh",
    )


def test_asks_for_scopes_when_it_is_told_to() -> None:
    login = LoginHost()
    tokens(login, scope="ai:llm:manage ai:metrics:read").current()
    assert login.requests[0].body == (
        b"grant_type=client_credentials&scope=ai%3Allm%3Amanage+ai%3Ametrics%3Aread"
    )


def test_keeps_a_token_until_a_minute_before_it_expires() -> None:
    login, clock = LoginHost(expires_in=3600), FrozenClock()
    source = tokens(login, clock)
    first = source.current()
    clock.advance(timedelta(seconds=3539))
    assert source.current() is first


def test_fetches_another_in_the_last_minute() -> None:
    login, clock = LoginHost(expires_in=3600), FrozenClock()
    source = tokens(login, clock)
    source.current()
    clock.advance(timedelta(seconds=3540))
    assert shown(source.current()) == "token-2"


@pytest.mark.parametrize(("passed", "token"), [(269, "token-1"), (270, "token-2")])
def test_a_short_lived_token_is_kept_for_nine_tenths_of_its_life(passed: int, token: str) -> None:
    login, clock = LoginHost(expires_in=300), FrozenClock()
    source = tokens(login, clock)
    source.current()
    clock.advance(timedelta(seconds=passed))
    assert shown(source.current()) == token


def test_a_dropped_token_is_replaced() -> None:
    source = tokens(LoginHost())
    source.drop(source.current())
    assert shown(source.current()) == "token-2"


def test_dropping_a_token_that_was_replaced_already_changes_nothing() -> None:
    login = LoginHost()
    source = tokens(login)
    old = source.current()
    source.drop(old)
    source.current()
    source.drop(old)
    assert (shown(source.current()), len(login.requests)) == ("token-2", 2)


class Held:
    """A login host that answers only when it is let go."""

    def __init__(self, then: Callable[[], Response]) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()
        self.calls = 0
        self._then = then

    def __call__(self, request: Request) -> Response:
        self.calls += 1
        self.asked.set()
        assert self.go.wait(30)
        return self._then()


def good() -> Response:
    return answer(200, {"access_token": "token-1", "expires_in": 3600})


def herd(source: Tokens, held: Held, size: int) -> list[Token | BaseException]:
    """Let *size* threads want a token at once, then let the login host answer."""
    with ThreadPoolExecutor(size) as pool:
        wanted = [pool.submit(source.current) for _ in range(size)]
        assert held.asked.wait(30)
        threading.Timer(0.05, held.go.set).start()
        return [w.exception() or w.result() for w in wanted]


def test_threads_that_want_a_token_at_once_make_one_call() -> None:
    held = Held(good)
    source = Tokens(held, HOSTS, Credentials("client", Secret(CANARY)), FrozenClock())
    found = herd(source, held, 16)
    assert (held.calls, len({id(token) for token in found})) == (1, 1)


def test_every_waiting_thread_gets_the_leaders_error_as_an_object_of_its_own() -> None:
    held = Held(lambda: answer(401, {"error": "invalid_client"}))
    source = Tokens(held, HOSTS, Credentials("client", Secret(CANARY)), FrozenClock())
    found = herd(source, held, 4)
    # a thread that came only after the answer asks for itself
    assert {type(error) for error in found} == {AuthenticationFailed}
    assert len({id(error) for error in found}) == 4


def test_a_thread_waits_for_another_ones_token_until_its_own_deadline() -> None:
    held = Held(good)
    source = Tokens(held, HOSTS, Credentials("client", Secret(CANARY)), FrozenClock())
    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(source.current)
        assert held.asked.wait(30)
        with pytest.raises(Unavailable, match="no token came before the deadline"):
            source.current(0.01)
        held.go.set()
    assert (shown(leading.result()), held.calls) == ("token-1", 1)


def test_a_thread_with_more_time_fetches_what_another_was_too_late_for() -> None:
    clock = FrozenClock()
    held = Held(lambda: answer(503, {}))
    source = Tokens(held, HOSTS, Credentials("client", Secret(CANARY)), clock)
    with ThreadPoolExecutor(2) as pool:
        leading = pool.submit(source.current, 5.0)
        assert held.asked.wait(30)
        following = pool.submit(source.current, 90.0)
        clock.advance(timedelta(seconds=6))
        threading.Timer(0.05, held.go.set).start()
        errors = [leading.exception(), following.exception()]
    assert ([type(error) for error in errors], held.calls) == ([Unavailable] * 2, 2)


@pytest.mark.parametrize(
    ("response", "kinds", "calls"),
    [
        (answer(503, {}), [Unavailable] * 2, 2),
        (answer(429, {}), [RateLimited] * 2, 2),
        (answer(401, {"error": "invalid_client"}), [AuthenticationFailed] * 2, 1),
    ],
)
def test_a_thread_with_more_time_tries_again_what_another_gave_up_early(
    response: Response, kinds: list[type[JackfieldError]], calls: int
) -> None:
    errors, held = two(response, 1.0, 20.0)
    assert ([type(error) for error in errors], held.calls) == (kinds, calls)


@pytest.mark.parametrize(("leads", "follows"), [(20.0, 20.5), (20.0, 5.0), (float("inf"), float("inf"))])
def test_a_thread_with_no_more_time_gets_the_leaders_error(leads: float, follows: float) -> None:
    errors, held = two(answer(503, {}), leads, follows)
    assert ([type(error) for error in errors], held.calls) == ([Unavailable] * 2, 1)


def two(response: Response, leads: float, follows: float) -> tuple[list[BaseException | None], Held]:
    """Let a thread lead and another follow, whose calls end then; return what they raise."""
    held, joined = Held(lambda: response), threading.Event()

    class Seen(Tokens):
        def _follow(self, flight: Any, ends: float) -> Token:
            joined.set()
            return super()._follow(flight, ends)

    source = Seen(held, HOSTS, Credentials("client", Secret(CANARY)), FrozenClock())
    with ThreadPoolExecutor(2) as pool:
        leading = pool.submit(source.current, leads)
        assert held.asked.wait(30)
        following = pool.submit(source.current, follows)
        assert joined.wait(30)
        held.go.set()
        return [leading.exception(), following.exception()], held


def test_a_token_call_ends_with_the_call_that_needs_it() -> None:
    login = LoginHost()
    tokens(login).current(7.0)
    assert login.requests[0].deadline == timedelta(seconds=7)


def test_a_leader_that_is_interrupted_strands_nobody() -> None:
    login = LoginHost()
    login.next = raising(KeyboardInterrupt())
    source = tokens(login)
    with pytest.raises(KeyboardInterrupt):
        source.current()
    login.next = None
    assert shown(source.current()) == "token-2"


def test_a_token_that_is_still_good_serves_while_another_thread_refreshes() -> None:
    clock = FrozenClock()
    held = Held(good)
    held.go.set()
    source = Tokens(held, HOSTS, Credentials("client", Secret(CANARY)), clock)
    first = source.current()
    held.go.clear()
    held.asked.clear()
    clock.advance(timedelta(seconds=3550))
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(source.current)
        assert held.asked.wait(30)
        served = source.current()
        held.go.set()
    assert (served is first, refreshing.result() is first) == (True, False)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (answer(400, {"error": "invalid_client", "error_description": CANARY}), AuthenticationFailed),
        (answer(400, {"error": "invalid_grant"}), AuthenticationFailed),
        (answer(401, {"error": "invalid_client"}), AuthenticationFailed),
        (answer(400, {"error": "invalid_request"}), PlatformRejected),
        (answer(429, {}), RateLimited),
        (answer(503, {}), Unavailable),
        (Response(status=302), PlatformRejected),
        (Response(status=200, body=b"<html>"), Unavailable),
        (answer(200, {"access_token": "", "expires_in": 60}), Unavailable),
        (answer(200, {"access_token": f"{CANARY}\r\nX: y", "expires_in": 60}), Unavailable),
        (answer(200, {"access_token": CANARY, "expires_in": "60"}), Unavailable),
        (answer(200, {"access_token": CANARY, "expires_in": 0}), Unavailable),
        (answer(200, {"access_token": [CANARY], "expires_in": 60}), Unavailable),
    ],
)
def test_an_answer_without_a_token_is_one_error_of_ours_without_a_secret(
    response: Response, kind: type[JackfieldError]
) -> None:
    login = LoginHost()
    login.next = lambda: response
    with pytest.raises(kind) as caught:
        tokens(login).current()
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_refused_client_is_told_to_look_at_the_region() -> None:
    login = LoginHost()
    login.next = lambda: answer(400, {"error": "invalid_client"})
    with pytest.raises(AuthenticationFailed, match="region"):
        tokens(login).current()


TRIED = (Attempt(method="POST", path="/oauth/token", status=None, error="down"),)


@pytest.mark.parametrize(
    "error", [Unavailable("down", attempts=TRIED), OutcomeUnknown("broken", attempts=TRIED)]
)
def test_a_token_call_without_an_answer_has_changed_nothing(error: JackfieldError) -> None:
    login = LoginHost()
    login.next = raising(error)
    with pytest.raises(Unavailable) as caught:
        tokens(login).current()
    assert caught.value.attempts == TRIED


def test_a_token_that_is_good_is_used_where_it_cannot_be_renewed() -> None:
    login, clock = LoginHost(expires_in=3600), FrozenClock()
    source = tokens(login, clock)
    first = source.current()
    clock.advance(timedelta(seconds=3545))
    login.next = raising(Unavailable("down"))
    kept = [source.current(), source.current()]
    clock.advance(timedelta(seconds=5))
    login.next = None
    assert (kept, shown(source.current()), len(login.requests)) == ([first, first], "token-3", 3)


def test_a_token_that_has_expired_is_not_used() -> None:
    login, clock = LoginHost(expires_in=3600), FrozenClock()
    source = tokens(login, clock)
    source.current()
    clock.advance(timedelta(seconds=3600))
    login.next = raising(Unavailable("down"))
    with pytest.raises(Unavailable):
        source.current()


def test_a_fetch_that_was_interrupted_and_forgotten_is_replaced() -> None:
    class Interrupted(Tokens):
        interrupts = 1

        def _lead(self, flight: Any, ends: float) -> Token:
            self.interrupts -= 1
            if self.interrupts >= 0:
                raise KeyboardInterrupt
            return super()._lead(flight, ends)

    login, clock = LoginHost(), FrozenClock()
    source = Interrupted(login, HOSTS, Credentials("client", Secret(CANARY)), clock)
    with pytest.raises(KeyboardInterrupt):
        source.current(ends=20.0)
    clock.advance(timedelta(seconds=21))
    assert shown(source.current(ends=42.0)) == "token-1"


def test_credentials_and_tokens_show_no_secret() -> None:
    token = Token(Secret(CANARY))
    assert CANARY not in f"{token!r} {token} {Credentials('client', Secret(CANARY))!r}"


def test_a_fixed_token_stays_whatever_happens() -> None:
    source = FixedToken(Secret(CANARY))
    token = source.current()
    source.drop(token)
    assert source.current() is token
