"""Having the platform tell of ends, with the URL and the secret of the settings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import define, field

from jackfield.adapters.clock import FrozenClock
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.services.sessions.registering import Registering
from jackfield.ports.end_notices import Notice, Registered
from tests.unit.services.sessions.enders import PREVIOUS, SECRET

URL = "https://hooks.example.com/token-8231"


@define(eq=False)
class Webhooks:
    """`EndNotices` in memory: one webhook a URL, with the secret it signs with."""

    there: dict[str, Secret] = field(factory=dict[str, Secret])
    ends: list[float] = field(factory=list[float])

    def ensure(self, url: str, secret: Secret, *, ends: float) -> Registered:
        self.there[url] = secret
        return self.registered(url, secret, ends=ends)[0]

    def registered(self, url: str, secret: Secret | None, *, ends: float) -> tuple[Registered, ...]:
        self.ends.append(ends)
        kept = self.there.get(url)
        found = kept is not None and secret is not None and kept.reveal() == secret.reveal()
        return () if kept is None else (Registered(id="w-1", name="ours", url=url, current=found),)

    def remove(self, url: str, *, ends: float) -> int:
        self.ends.append(ends)
        return int(self.there.pop(url, None) is not None)

    def read(self, body: bytes) -> Notice:
        raise NotImplementedError


def registering(url: str | None = URL, secret: Secret | None = SECRET) -> Registering:
    return Registering(notices=Webhooks(), clock=FrozenClock(), url=url, secret=secret)


def test_the_url_and_the_secret_of_the_settings_are_registered() -> None:
    ours = registering()
    assert ours.register().current
    assert [each.current for each in ours.registered()] == [True]


def test_a_url_that_is_named_goes_before_that_of_the_settings() -> None:
    ours = registering()
    ours.register("https://other.example.com")
    assert (ours.registered(), len(ours.registered("https://other.example.com"))) == ((), 1)


def test_a_webhook_of_another_secret_is_told_apart() -> None:
    ours = registering()
    ours.register()
    later = Registering(notices=ours.notices, clock=ours.clock, url=URL, secret=PREVIOUS)
    assert [each.current for each in later.registered()] == [False]


def test_what_is_removed_is_counted() -> None:
    ours = registering()
    ours.register()
    assert (ours.remove(), ours.remove()) == (1, 0)


def test_without_a_secret_nothing_is_registered() -> None:
    with pytest.raises(InvalidInput, match="secret_env"):
        registering(secret=None).register()


def test_without_a_url_it_is_said_where_to_name_one() -> None:
    for call in (registering(url=None).register, registering(url=None).remove):
        with pytest.raises(InvalidInput, match="no URL"):
            call()


def test_no_url_is_shown() -> None:
    assert "token-8231" not in repr(registering().register())


def test_each_call_has_a_deadline() -> None:
    ours, webhooks = registering(), Webhooks()
    Registering(
        notices=webhooks, clock=ours.clock, url=URL, secret=SECRET, deadline=timedelta(seconds=3)
    ).remove()
    assert webhooks.ends == [3.0]
