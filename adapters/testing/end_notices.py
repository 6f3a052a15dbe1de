"""What every `EndNotices` promises, as tests."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import uuid4

import pytest
from attrs import frozen

from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.secrets import Secret
from jackfield.ports.clock import Clock
from jackfield.ports.end_notices import EndNotices, Notice

_NEW: Final = Secret("whsec_bmV3ZXIgdGhhbiB0aGUgb2xkIG9uZQ==")
_OLD: Final = Secret("whsec_b2xkZXIgdGhhbiB0aGUgbmV3IG9uZQ==")
_PROCESSES: Final = 6


@frozen
class Told:
    """The body of a webhook, and what it says."""

    body: bytes
    notice: Notice


class EndNoticesContract:
    """Provide the fixtures `notices`, `clock` (its own) and `told` (a `Told`), and inherit the tests."""

    @pytest.fixture
    def ends(self, clock: Clock) -> float:
        """A deadline that is far away."""
        return clock.monotonic() + 600

    @pytest.fixture
    def url(self, notices: EndNotices, ends: float) -> Iterator[str]:
        """A URL of the test's own, which is registered no more behind it."""
        url = f"https://crm.example.com/{uuid4()}"
        yield url
        notices.remove(url, ends=ends)

    def test_registers_a_url(self, notices: EndNotices, url: str, ends: float) -> None:
        made = notices.ensure(url, _NEW, ends=ends)
        assert (made.url, made.current) == (url, True)
        assert notices.registered(url, _NEW, ends=ends) == (made,)

    def test_registers_it_once(self, notices: EndNotices, url: str, ends: float) -> None:
        once, twice = (notices.ensure(url, _NEW, ends=ends) for _ in range(2))
        assert once == twice
        assert notices.registered(url, _NEW, ends=ends) == (once,)

    def test_registers_it_once_from_many_at_a_time(self, notices: EndNotices, url: str, ends: float) -> None:
        with ThreadPoolExecutor(_PROCESSES) as pool:
            made = {*pool.map(lambda _: notices.ensure(url, _NEW, ends=ends), range(_PROCESSES))}
        assert made == {*notices.registered(url, _NEW, ends=ends)}
        assert len(made) == 1

    def test_a_new_secret_takes_the_place_of_the_old_one(
        self, notices: EndNotices, url: str, ends: float
    ) -> None:
        old, new = notices.ensure(url, _OLD, ends=ends), notices.ensure(url, _NEW, ends=ends)
        assert (old.id != new.id, old.name != new.name) == (True, True)
        assert notices.registered(url, _NEW, ends=ends) == (new,)

    @pytest.mark.parametrize("secret", [_NEW, None])
    def test_says_of_a_webhook_that_it_has_another_secret(
        self, notices: EndNotices, url: str, ends: float, secret: Secret | None
    ) -> None:
        old = notices.ensure(url, _OLD, ends=ends)
        (found,) = notices.registered(url, secret, ends=ends)
        assert (found.id, found.current) == (old.id, False)

    def test_no_name_tells_the_secret(self, notices: EndNotices, url: str, ends: float) -> None:
        made = notices.ensure(url, _NEW, ends=ends)
        assert _NEW.reveal() not in f"{made!r} {made.name}"
        assert made.url not in repr(made)

    def test_another_url_is_another_matter(self, notices: EndNotices, url: str, ends: float) -> None:
        made = notices.ensure(url, _NEW, ends=ends)
        other = notices.ensure(f"{url}/other", _OLD, ends=ends)
        assert notices.registered(url, _NEW, ends=ends) == (made,)
        assert notices.remove(other.url, ends=ends) == 1
        assert notices.registered(url, _NEW, ends=ends) == (made,)

    def test_removes_what_is_there(self, notices: EndNotices, url: str, ends: float) -> None:
        notices.ensure(url, _NEW, ends=ends)
        assert [notices.remove(url, ends=ends) for _ in range(2)] == [1, 0]
        assert notices.registered(url, _NEW, ends=ends) == ()

    def test_is_registered_anew_when_it_was_removed(self, notices: EndNotices, url: str, ends: float) -> None:
        notices.ensure(url, _NEW, ends=ends)
        notices.remove(url, ends=ends)
        assert notices.ensure(url, _NEW, ends=ends).current

    def test_reads_what_the_platform_sends(self, notices: EndNotices, told: Told) -> None:
        assert notices.read(told.body) == told.notice

    def test_reads_nothing_that_is_cut(self, notices: EndNotices, told: Told) -> None:
        for length in range(len(told.body)):
            with pytest.raises(InvalidInput):
                notices.read(told.body[:length])

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'"canary"', b"\xff", b"[" * 100_000])
    def test_reads_no_end_where_none_is_told(self, notices: EndNotices, body: bytes) -> None:
        with pytest.raises(InvalidInput) as caught:
            notices.read(body)
        assert "canary" not in str(caught.value)

    def test_does_nothing_behind_the_deadline(
        self, notices: EndNotices, url: str, clock: Clock, ends: float
    ) -> None:
        over = clock.monotonic() - 1
        for call in (
            lambda: notices.ensure(url, _NEW, ends=over),
            lambda: notices.registered(url, _NEW, ends=over),
            lambda: notices.remove(url, ends=over),
        ):
            with pytest.raises(Unavailable):
                call()
        assert notices.registered(url, _NEW, ends=ends) == ()
