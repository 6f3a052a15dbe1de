"""The policy of calls: which token and which client a call goes with."""

from __future__ import annotations

import pytest

from jackfield.adapters.genesys.auth import FixedToken, Token
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.http import Response
from jackfield.domain.model.errors import (
    AuthenticationFailed,
    RateLimited,
)
from jackfield.domain.model.secrets import Secret
from tests.unit.genesys.resilience.policies import HOSTS, OK, House, throttled


def test_nobody_sends_with_a_token_that_rests() -> None:
    house = House([throttled("86400"), OK])
    for _ in range(3):
        with pytest.raises(RateLimited):
            house.get()
    assert len(house.platform.requests) == 1


def test_another_token_is_used_while_one_rests() -> None:
    house = House([throttled("86400"), OK], tokens=2)
    assert (house.get(), house.get(), house.used()) == ("fine", "fine", ["t0", "t1", "t1"])


def test_the_least_used_token_is_taken() -> None:
    used_up = Response(
        status=200,
        headers={
            "inin-ratelimit-count": "200",
            "inin-ratelimit-allowed": "300",
            "inin-ratelimit-reset": "9",
        },
    )
    house = House([used_up, OK], tokens=2)
    assert [house.get(), house.get(), house.used()] == ["", "fine", ["t0", "t1"]]


def test_a_refused_token_leaves_the_others_alone() -> None:
    dropped: list[str] = []

    class Renewable(FixedToken):
        def drop(self, token: object) -> None:
            dropped.append(self.name)

        name = ""

    house = House([Response(status=401)])
    sources = [Renewable(Secret("a")), Renewable(Secret("b"))]
    sources[0].name, sources[1].name = "a", "b"
    client = Client(house.policy, [house.policy.lane(source) for source in sources], HOSTS)
    with pytest.raises(AuthenticationFailed):
        client.read("/x", bytes.decode)
    assert dropped == ["a"]


class Unknown(FixedToken):
    """The tokens of a client that the platform does not know."""

    def current(self, ends: float = 0.0) -> Token:
        raise AuthenticationFailed("invalid_client")


def test_a_client_that_is_refused_leaves_the_work_to_the_others() -> None:
    house = House([OK])
    sources = (Unknown(Secret("a")), FixedToken(Secret("b")))
    client = Client(house.policy, [house.policy.lane(source) for source in sources], HOSTS)
    for _ in range(3):
        client.read("/x", bytes.decode)
    assert house.used() == ["b", "b", "b"]


def test_that_every_client_is_refused_is_told() -> None:
    house = House([OK])
    lanes = [house.policy.lane(Unknown(Secret("a"))) for _ in range(2)]
    with pytest.raises(AuthenticationFailed):
        Client(house.policy, lanes, HOSTS).read("/x", bytes.decode)


def test_a_client_whose_new_token_is_refused_too_goes_after_the_others() -> None:
    house = House([Response(status=401), Response(status=401), OK])

    class Renewing(FixedToken):
        def current(self, ends: float = 0.0) -> Token:
            return Token(Secret("new"))

    lanes = [house.policy.lane(source) for source in (Renewing(Secret("a")), FixedToken(Secret("b")))]
    client = Client(house.policy, lanes, HOSTS)
    with pytest.raises(AuthenticationFailed):
        client.read("/x", bytes.decode)
    assert (client.read("/x", bytes.decode), house.used()) == ("fine", ["new", "new", "b"])


def test_after_a_renewal_another_token_is_used_where_the_first_must_rest() -> None:
    house = House([Response(status=401), throttled("3600"), OK])

    class Renewing(FixedToken):
        def current(self, ends: float = 0.0) -> Token:
            return Token(Secret("new"))

    lanes = [house.policy.lane(source) for source in (Renewing(Secret("a")), FixedToken(Secret("b")))]
    assert Client(house.policy, lanes, HOSTS).read("/x", bytes.decode) == "fine"
