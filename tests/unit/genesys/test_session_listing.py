"""The list of a bot's conversations, which changes while its pages are read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import Unavailable
from tests.unit.genesys.answering import answers, client
from tests.unit.genesys.conversing import ENDS, one, page


def began(number: int) -> str:
    """When the conversation of that number began: one a second."""
    return (datetime(2024, 1, 15, tzinfo=UTC) + timedelta(seconds=number)).isoformat()


@define(eq=False)
class Living:
    """A platform's list of so many conversations, `c-1` first; before a call some end, and as many begin.

    `churn` says by the number of the call which; `pages` are those that were asked for.
    """

    many: int
    churn: Mapping[int, Sequence[int]] = field(factory=dict[int, Sequence[int]])
    newest_first: bool = False
    largest: int = 100
    pages: list[int] = field(factory=list[int])
    held: list[int] = field(init=False)
    _begun: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.held, self._begun = list(range(1, self.many + 1)), self.many

    def __call__(self, request: Request) -> Response:
        for number in set(self.churn.get(len(self.pages), ())) & set(self.held):
            self.held.remove(number)
            self._begun += 1
            self.held.append(self._begun)
        asked = re.search(r"pageNumber=(\d+)&pageSize=(\d+)", request.url)
        assert asked is not None
        number, size = int(asked[1]), min(int(asked[2]), self.largest)
        self.pages.append(number)
        ordered = self.held[::-1] if self.newest_first else self.held
        found = [one(each, startTime=began(each)) for each in ordered[(number - 1) * size : number * size]]
        return Response(status=200, body=orjson.dumps(page(*found, number=number, total=len(self.held))))


def test_asks_for_the_active_conversations_of_the_bot() -> None:
    send = answers(page(one(1), total=1))
    GenesysSessions(client(send)).active("bot 1", ends=ENDS)
    where = "/api/v2/conversations?to.id=bot+1&state=active&pageNumber=1&pageSize=100"
    assert send.asked == [("GET", where)]


def test_a_total_below_what_is_enough_is_one_call_for_one_conversation() -> None:
    send = answers(page(one(1), total=4))
    assert GenesysSessions(client(send)).count_active("bot-1", enough=5, ends=ENDS) == 4
    assert send.asked == [("GET", "/api/v2/conversations?to.id=bot-1&state=active&pageNumber=1&pageSize=1")]


def test_counts_who_is_with_the_bot() -> None:
    queued, over, other = one(2, routing={"queueId": "q"}), one(3, state="closed"), one(4, to=[{"id": "b"}])
    first = page(one(1), queued, over, number=1, total=6)
    send = answers(
        page(one(1), total=6), first, page(other, one(5, to=None), one(6), number=2, total=6), first
    )
    assert GenesysSessions(client(send)).count_active("bot-1", enough=6, ends=ENDS) == 3


def test_pages_are_read_from_the_last_to_the_first_of_which_the_first_says_how_many() -> None:
    there = Living(230)
    assert len(GenesysSessions(client(there)).active("bot-1", ends=ENDS)) == 230
    assert there.pages == [1, 3, 2, 1]


def test_a_platform_may_hold_fewer_on_a_page_than_it_was_asked_for() -> None:
    there = Living(7, largest=3)
    assert len(GenesysSessions(client(there)).active("bot-1", ends=ENDS)) == 7
    assert there.pages == [1, 3, 2, 1]


def test_a_session_is_looked_up_on_the_pages_until_it_is_found() -> None:
    there = Living(230)
    found = GenesysSessions(client(there)).look_up("bot-1", "s-102", ends=ENDS)
    assert found is not None
    assert (found.id, there.pages) == ("c-102", [1, 3, 2])


@pytest.mark.parametrize("after", range(5))
def test_an_end_and_a_beginning_between_two_pages_hide_no_conversation(after: int) -> None:
    """The total stays, and so many are met; one was moved past the border to a page that was read."""
    there = Living(200, churn={after: [5]})
    sessions = GenesysSessions(client(there))
    found = sessions.look_up("bot-1", "s-101", ends=ENDS)
    assert found is not None
    assert found.id == "c-101"


@given(churn=st.dictionaries(st.integers(0, 8), st.lists(st.integers(1, 330), max_size=30), max_size=8))
def test_whatever_comes_and_goes_what_is_there_all_the_while_is_counted(churn: dict[int, list[int]]) -> None:
    there = Living(330, churn=churn)
    found = GenesysSessions(client(there)).active("bot-1", ends=ENDS)
    assert {f"c-{number}" for number in there.held if number <= 330} <= found


def test_a_bot_whose_conversations_change_all_the_time_is_counted_by_one_reading() -> None:
    there = Living(230, churn={n: [n] for n in range(1, 100)})
    count = GenesysSessions(client(there)).count_active("bot-1", enough=5, ends=ENDS)
    assert (230 <= count <= 234, there.pages) == (True, [1, 1, 3, 2, 1])


def test_that_a_session_is_not_there_is_read_twice() -> None:
    there = Living(130)
    assert GenesysSessions(client(there)).look_up("bot-1", "s", ends=ENDS) is None
    assert there.pages == [1, 2, 1, 1, 2, 1]


def test_that_a_session_is_not_there_is_read_once_where_one_page_has_all() -> None:
    there = Living(100, churn={n: [n] for n in range(1, 100)})
    assert GenesysSessions(client(there)).look_up("bot-1", "s", ends=ENDS) is None
    assert there.pages == [1]


def test_a_list_of_any_order_hides_no_session_where_it_stands_still_at_last() -> None:
    """The newest first: what begins moves the others past the borders."""
    there = Living(300, churn={2: [5]}, newest_first=True)
    found = GenesysSessions(client(there)).look_up("bot-1", "s-101", ends=ENDS)
    assert found is not None
    assert (found.id, there.pages) == ("c-101", [1, 3, 2, 1, 1, 3])


@pytest.mark.parametrize(("many", "pages"), [(130, 6), (330, 10)])
def test_that_a_session_is_not_there_is_certain_though_others_come_and_go(many: int, pages: int) -> None:
    there = Living(many, churn={n: [n, n + 100, n + 200] for n in range(1, 100)})
    assert GenesysSessions(client(there)).look_up("bot-1", "s", ends=ENDS) is None
    assert len(there.pages) == pages


@given(
    churn=st.dictionaries(st.integers(0, 20), st.lists(st.integers(1, 330), max_size=30), max_size=20),
    session=st.integers(1, 330),
    newest_first=st.booleans(),
)
def test_a_session_that_is_there_is_never_told_to_be_away(
    churn: dict[int, list[int]], session: int, *, newest_first: bool
) -> None:
    kept = {at: [each for each in ends if each != session] for at, ends in churn.items()}
    there = Living(330, churn=kept, newest_first=newest_first)
    with suppress(Unavailable):
        assert GenesysSessions(client(there)).look_up("bot-1", f"s-{session}", ends=ENDS) is not None


def test_a_conversation_of_which_nobody_says_when_it_began_is_in_no_order() -> None:
    there = Living(130, churn={n: [n] for n in range(1, 100)})

    def without(request: Request) -> Response:
        answer = orjson.loads(there(request).body)
        for each in answer["entities"]:
            del each["startTime"]
        return Response(status=200, body=orjson.dumps(answer))

    with pytest.raises(Unavailable, match="nobody can tell"):
        GenesysSessions(client(without)).look_up("bot-1", "s", ends=ENDS)


def test_a_list_that_never_shows_as_many_as_it_says_it_has_is_not_told_to_be_whole() -> None:
    there = Living(130)

    def hiding(request: Request) -> Response:
        answer = orjson.loads(there(request).body)
        return Response(status=200, body=orjson.dumps({**answer, "total": 131}))

    with pytest.raises(Unavailable, match="nobody can tell"):
        GenesysSessions(client(hiding)).look_up("bot-1", "s", ends=ENDS)


def test_nobody_can_tell_that_a_session_is_not_in_a_list_of_no_order_that_changes_all_the_time() -> None:
    there = Living(130, churn={n: [n] for n in range(1, 100)}, newest_first=True)
    with pytest.raises(Unavailable, match="nobody can tell"):
        GenesysSessions(client(there)).look_up("bot-1", "s", ends=ENDS)
    assert len(there.pages) == 12


def test_a_list_that_says_it_has_some_and_shows_none_is_an_error() -> None:
    with pytest.raises(Unavailable, match="shows none"):
        GenesysSessions(client(answers(page(total=3)))).look_up("bot-1", "s", ends=ENDS)


def test_it_is_read_no_further_than_the_answer_is_certain() -> None:
    first = page(one(1), one(2, routing={"queueId": "q"}), one(3), number=1, total=9)
    send = answers(page(one(1), total=9), first)
    assert GenesysSessions(client(send)).count_active("bot-1", enough=1, most=2, ends=ENDS) == 2
    assert len(send.requests) == 2


def test_a_list_without_an_end_is_an_error() -> None:
    with pytest.raises(Unavailable, match="does not end"):
        GenesysSessions(client(answers(page(one(1), total=1_001)))).look_up("bot-1", "s", ends=ENDS)


@pytest.mark.parametrize("fields", [{"pageNumber": 2}, {"total": -1}, {"total": None}, {"entities": ["x"]}])
def test_a_page_that_is_none_is_an_error(fields: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        GenesysSessions(client(answers({**page(one(1)), **fields}))).active("bot-1", ends=ENDS)


def test_one_deadline_bounds_all_pages() -> None:
    clock = FrozenClock()
    numbers = (1, *range(99, 0, -1))
    send = answers(*(page(one(n), number=n, total=99) for n in numbers))

    def slowly(request: Request) -> Response:
        clock.advance(timedelta(seconds=25))
        return send(request)

    with pytest.raises(Unavailable):
        GenesysSessions(client(slowly, clock)).active("bot-1", ends=ENDS)
    assert len(send.requests) == 3
