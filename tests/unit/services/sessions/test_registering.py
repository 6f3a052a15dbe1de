"""Having the platform tell of ends, with the URL and the secret of the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from attrs import define, field

from jackfield.domain.model.canonical import digest
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.happenings import NOTICES
from jackfield.domain.services.actors import Actor
from jackfield.domain.services.sessions.ending.registering import Registering
from jackfield.ports.end_notices import Notice, Registered
from tests.unit.services.sessions.enders import PREVIOUS, SECRET, Ends, ends_in

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


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with ends_in(tmp_path) as found:
        yield found


Ours: TypeAlias = Callable[..., Registering]


@pytest.fixture
def registering(ends: Ends) -> Ours:
    def put_together(**more: Any) -> Registering:
        parts: dict[str, Any] = {"notices": Webhooks(), "url": URL, "secret": SECRET, **more}
        return Registering(records=ends.house.records, **parts)

    return put_together


def test_the_url_and_the_secret_of_the_settings_are_registered(registering: Ours) -> None:
    ours = registering()
    assert ours.register().current
    assert [each.current for each in ours.registered()] == [True]


def test_a_url_that_is_named_goes_before_that_of_the_settings(registering: Ours) -> None:
    ours = registering()
    ours.register("https://other.example.com")
    assert (ours.registered(), len(ours.registered("https://other.example.com"))) == ((), 1)


def test_a_webhook_of_another_secret_is_told_apart(registering: Ours) -> None:
    ours = registering()
    ours.register()
    later = registering(notices=ours.notices, secret=PREVIOUS)
    assert [each.current for each in later.registered()] == [False]


def test_what_is_removed_is_counted(registering: Ours) -> None:
    ours = registering()
    ours.register()
    assert (ours.remove(), ours.remove()) == (1, 0)


def test_without_a_secret_nothing_is_registered(registering: Ours) -> None:
    with pytest.raises(InvalidInput, match="secret_env"):
        registering(secret=None).register()


def test_without_a_url_it_is_said_where_to_name_one(registering: Ours) -> None:
    for call in (registering(url=None).register, registering(url=None).remove):
        with pytest.raises(InvalidInput, match="no URL"):
            call()


def test_no_url_is_shown(registering: Ours) -> None:
    assert "token-8231" not in repr(registering().register())


def test_each_call_has_a_deadline(registering: Ours) -> None:
    webhooks = Webhooks()
    registering(notices=webhooks, deadline=timedelta(seconds=3)).remove()
    assert webhooks.ends == [3.0]


def test_a_secret_that_is_not_set_is_named(registering: Ours) -> None:
    with pytest.raises(InvalidInput, match="the environment variable NOTICES_SECRET is not set"):
        registering(secret=None, unset="NOTICES_SECRET").register()


@pytest.mark.parametrize(
    "url",
    [
        "hooks.example.com/canary",
        "ftp://hooks.example.com/canary",
        "https:///canary",
        "https://me:canary@hooks.example.com/",
        "https://hooks.example.com:port/canary",
        "https://hooks.example.com/canary canary",
        "",
    ],
)
def test_a_url_that_is_none_is_refused_and_not_repeated(registering: Ours, url: str) -> None:
    ours = registering()
    for call in (ours.register, ours.registered, ours.remove):
        with pytest.raises(InvalidInput, match="url: the URL must") as caught:
            call(url)
        assert "canary" not in str(caught.value)


def test_what_was_registered_and_removed_is_told_without_the_url(ends: Ends, registering: Ours) -> None:
    ours, mina = registering(), Actor(name="mina", reason="CHG-7")
    ours.register(by=mina)
    ours.remove(by=mina)
    ours.remove(by=mina)
    events = ends.events(NOTICES)
    assert [(event.payload or {})["change"] for event in events] == ["register", "remove"]
    assert {(event.actor, event.reason) for event in events} == {("mina", "CHG-7")}
    assert [(event.payload or {})["url_hash"] for event in events] == [digest(URL)] * 2
    assert "token-8231" not in repr(events)
