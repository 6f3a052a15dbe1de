"""The list of a bot's conversations, which changes while its pages are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.genesys.sessions import GenesysSessions
from jackfield.adapters.http import Request, Response
from jackfield.domain.model.errors import (
    Unavailable,
)
from tests.unit.genesys.answering import answers, client
from tests.unit.genesys.conversing import ENDS, one, page


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
    pages = (
        page(one(1), queued, over, number=1, total=6),
        page(other, one(5, to=None), one(6), number=2, total=6),
    )
    send = answers(page(one(1), total=6), *pages)
    assert GenesysSessions(client(send)).count_active("bot-1", enough=6, ends=ENDS) == 3


def test_a_session_is_looked_up_on_the_pages_until_it_is_found() -> None:
    send = answers(page(one(1), total=3), page(one(2), number=2, total=3))
    found = GenesysSessions(client(send)).look_up("bot-1", "s-2", ends=ENDS)
    assert found is not None
    assert (found.id, len(send.requests)) == ("c-2", 2)


def test_a_session_that_an_end_moved_past_the_border_of_two_pages_is_found() -> None:
    moved = (page(one(1), total=3), page(one(3), number=2, total=2))  # c-1 ended: c-2 is on page 1 now
    send = answers(*moved, page(one(2), one(3)))
    found = GenesysSessions(client(send)).look_up("bot-1", "s-2", ends=ENDS)
    assert found is not None
    assert found.id == "c-2"


def test_nobody_can_tell_of_a_list_that_changes_all_the_time() -> None:
    moved = (page(one(1), total=3), page(one(3), number=2, total=2))
    with pytest.raises(Unavailable, match="nobody can tell"):
        GenesysSessions(client(answers(*moved * 3))).look_up("bot-1", "s-2", ends=ENDS)


def test_the_active_ones_are_those_of_all_readings() -> None:
    send = answers(page(one(1), total=3), page(one(3), number=2, total=2), page(one(2), one(3)))
    assert GenesysSessions(client(send)).active("bot-1", ends=ENDS) == {"c-1", "c-2", "c-3"}


def test_nobody_can_tell_how_many_there_are_of_it_either() -> None:
    moved = (page(one(1), total=3), page(one(3), number=2, total=2))
    with pytest.raises(Unavailable, match="which conversations are there"):
        GenesysSessions(client(answers(*moved * 3))).active("bot-1", ends=ENDS)
    with pytest.raises(Unavailable, match="nobody can tell"):
        GenesysSessions(client(answers(page(one(1), total=3), *moved * 3))).count_active(
            "bot-1", enough=1, ends=ENDS
        )


def test_it_is_read_no_further_than_the_answer_is_certain() -> None:
    first = page(one(1), one(2, routing={"queueId": "q"}), one(3), number=1, total=9)
    send = answers(page(one(1), total=9), first)
    assert GenesysSessions(client(send)).count_active("bot-1", enough=1, most=2, ends=ENDS) == 2
    assert len(send.requests) == 2


def test_a_list_without_an_end_is_an_error() -> None:
    pages = [page(one(n), number=n, total=10**9) for n in range(1, 1002)]
    with pytest.raises(Unavailable, match="does not end"):
        GenesysSessions(client(answers(*pages))).look_up("bot-1", "s", ends=ENDS)


@pytest.mark.parametrize("fields", [{"pageNumber": 2}, {"total": -1}, {"total": None}, {"entities": ["x"]}])
def test_a_page_that_is_none_is_an_error(fields: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        GenesysSessions(client(answers({**page(one(1)), **fields}))).active("bot-1", ends=ENDS)


def test_one_deadline_bounds_all_pages() -> None:
    clock = FrozenClock()
    send = answers(*(page(one(n), number=n, total=99) for n in range(1, 99)))

    def slowly(request: Request) -> Response:
        clock.advance(timedelta(seconds=25))
        return send(request)

    with pytest.raises(Unavailable):
        GenesysSessions(client(slowly, clock)).active("bot-1", ends=ENDS)
    assert len(send.requests) == 3
