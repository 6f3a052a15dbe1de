"""What every `Resolutions` promises, as tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, TypeAlias
from uuid import uuid4

import pytest
from attrs import frozen

from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.assistants import ConversationId
from jackfield.ports.resolutions import Resolutions, Resolved


@frozen(kw_only=True)
class Course:
    """A conversation with a bot: when it began, how long it took, and what came of it.

    One without a `length` goes on.
    """

    began: datetime
    length: timedelta | None = timedelta(minutes=5)
    resolution: Resolution | None = Resolution.RESOLVED
    bot: str


Play: TypeAlias = Callable[[Sequence[Course]], Sequence[ConversationId]]
"""Lets conversations have been, one behind the other's beginning; returns their ids in that order."""

_SINCE: Final = datetime(2026, 3, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)
_UNTIL: Final = _SINCE + 24 * _HOUR
_MINUTE: Final = timedelta(minutes=1)


class ResolutionsContract:
    """Provide the fixtures `resolutions`, `play` (a `Play`) and `bots` (two ids), and inherit the tests."""

    @pytest.fixture
    def bot(self, bots: Sequence[str]) -> str:
        """A bot."""
        return bots[0]

    @pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 401])
    def test_gives_each_once_whatever_the_pages(
        self, resolutions: Resolutions, play: Play, bot: str, count: int
    ) -> None:
        played = play([Course(began=_SINCE + _MINUTE * n, bot=bot) for n in range(count)])
        rows = list(resolutions.ended(since=_SINCE, until=_UNTIL))
        assert (len(rows), {each.conversation for each in rows}) == (count, {*played})

    @pytest.mark.parametrize("resolution", Resolution)
    def test_says_how_it_went(
        self, resolutions: Resolutions, play: Play, bot: str, resolution: Resolution
    ) -> None:
        length = timedelta(minutes=7, seconds=1, milliseconds=250)
        (played,) = play([Course(began=_SINCE, length=length, resolution=resolution, bot=bot)])
        assert list(resolutions.ended(since=_SINCE, until=_UNTIL)) == [
            Resolved(
                conversation=played,
                started=_SINCE,
                ended=_SINCE + length,
                duration=length,
                resolution=resolution,
            )
        ]

    def test_gives_nothing_that_goes_on(self, resolutions: Resolutions, play: Play, bot: str) -> None:
        play([Course(began=_SINCE, length=None, bot=bot)])
        assert list(resolutions.ended(since=_SINCE, until=_UNTIL)) == []

    def test_a_time_is_that_of_the_beginning(self, resolutions: Resolutions, play: Play, bot: str) -> None:
        (played,) = play([Course(began=_SINCE, length=2 * _HOUR, bot=bot)])
        (found,) = resolutions.ended(since=_SINCE, until=_SINCE + _HOUR)
        assert found.conversation == played
        assert list(resolutions.ended(since=_SINCE + _HOUR, until=_UNTIL)) == []

    def test_gives_each_in_one_of_two_times(self, resolutions: Resolutions, play: Play, bot: str) -> None:
        played = play([Course(began=_SINCE + _MINUTE * n, bot=bot) for n in range(30)])
        borders = [_SINCE, _SINCE + 10 * _MINUTE, _SINCE + 11 * _MINUTE, _UNTIL]
        parts = [list(resolutions.ended(since=a, until=b)) for a, b in pairwise(borders)]
        found = [each.conversation for part in parts for each in part]
        assert [len(part) for part in parts] == [10, 1, 19]
        assert sorted(map(str, found)) == sorted(played)

    def test_takes_times_in_any_zone(self, resolutions: Resolutions, play: Play, bot: str) -> None:
        play([Course(began=_SINCE, bot=bot)])
        found = resolutions.ended(since=_SINCE.astimezone(None), until=_UNTIL.astimezone(None))
        assert len(list(found)) == 1

    def test_gives_one_conversation_alone(self, resolutions: Resolutions, play: Play, bot: str) -> None:
        played = play([Course(began=_SINCE + _MINUTE * n, bot=bot) for n in range(5)])
        (found,) = resolutions.ended(since=_SINCE, until=_UNTIL, conversation=played[2])
        assert found.conversation == played[2]

    def test_gives_nothing_of_a_conversation_that_is_not_there(
        self, resolutions: Resolutions, play: Play, bot: str
    ) -> None:
        play([Course(began=_SINCE, bot=bot)])
        nobody = ConversationId(str(uuid4()))
        assert list(resolutions.ended(since=_SINCE, until=_UNTIL, conversation=nobody)) == []

    def test_gives_those_of_one_bot_alone(
        self, resolutions: Resolutions, play: Play, bots: Sequence[str]
    ) -> None:
        played = play([Course(began=_SINCE + _MINUTE * n, bot=bots[n % 2]) for n in range(6)])
        found = resolutions.ended(since=_SINCE, until=_UNTIL, bot=bots[1])
        assert {each.conversation for each in found} == {*played[1::2]}

    def test_tells_the_same_again(self, resolutions: Resolutions, play: Play, bot: str) -> None:
        play([Course(began=_SINCE + _MINUTE * n, bot=bot) for n in range(5)])
        once, again = ({*resolutions.ended(since=_SINCE, until=_UNTIL)} for _ in range(2))
        assert once == again
