"""What every `SessionGateway` promises, as tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias
from uuid import uuid4

import pytest

from jackfield.domain.model.errors import BotFull, Conflict, InvalidInput, NotFound, Unavailable
from jackfield.domain.model.sessions.attributes import LIMIT_BYTES, SESSION_KEY, Attributes
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.ports.assistants import ConversationId
from jackfield.ports.clock import Clock
from jackfield.ports.sessions import Conversation, Opening, SessionGateway

Start: TypeAlias = Callable[..., Conversation]
"""Starts a conversation of the bot's; takes the fields of an `Opening` that shall be others."""

_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
_MANY: Final = 230
"""More than two pages of a list."""


def _other(values: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if key != SESSION_KEY}


class SessionGatewayContract:
    """Provide the fixtures `gateway`, `clock` (its own), `bot` and `queue` (ids), and inherit the tests.

    Other conversations of the bot may come and go meanwhile, unless they are more than a few. `full_bot` is
    the id of a bot that the platform gives no more conversations; without one its tests are skipped.
    """

    @pytest.fixture
    def full_bot(self) -> str:
        """A bot that has as many conversations as it may."""
        pytest.skip("there is no bot here that the platform limits")

    @pytest.fixture
    def ends(self, clock: Clock) -> float:
        """A deadline that is far away."""
        return clock.monotonic() + 600

    @pytest.fixture
    def start(self, gateway: SessionGateway, bot: str, ends: float) -> Iterator[Start]:
        """A function that starts conversations, which are closed behind the test."""
        started = list[ConversationId]()

        def one(**fields: object) -> Conversation:
            made = gateway.start(_opening(bot, fields), ends=ends)
            started.append(made.id)
            return made

        yield one
        for each in started:
            gateway.close(each, Resolution.RESOLVED, ends=ends)

    def test_starts_an_active_conversation_with_the_bot(self, start: Start, bot: str) -> None:
        made = start(session="s-1", title="Support Bot")
        assert (made.active, made.bot, made.queue, made.session) == (True, bot, None, "s-1")
        assert (made.ended, made.resolution) == (None, None)

    def test_starts_one_in_a_queue(self, start: Start, queue: str) -> None:
        made = start(queue=queue)
        assert (made.active, made.queue) == (True, queue)

    def test_starts_another_one_each_time(self, start: Start) -> None:
        assert start(session="s-1").id != start(session="s-1").id

    def test_finds_what_was_started(self, gateway: SessionGateway, start: Start, ends: float) -> None:
        made = start(attributes=Attributes.of({"segment": "premium"}))
        assert gateway.find(made.id, ends=ends) == made

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"segment": "premium", "order": "ORD-998877"},
            {"list": [1, 2.5, None, True, {"deep": [[]]}], "": "no key"},
            {"größe": '\u2028 „so"\\/\u0001', "emoji": "👩‍🚀"},
            {SESSION_KEY: "another", "segment": "basic"},
            {"in a text": f'"{SESSION_KEY}"'},
        ],
    )
    def test_attributes_come_back_as_they_were_with_our_id(
        self, gateway: SessionGateway, start: Start, ends: float, values: dict[str, object]
    ) -> None:
        made = start(session="s-1", attributes=Attributes.of(values))
        found = gateway.find(made.id, ends=ends)
        assert (found.session, _other(found.attributes)) == ("s-1", _other(values))

    def test_attributes_may_take_all_the_room_that_the_id_leaves(self, start: Start) -> None:
        taken = len(Attributes.of({SESSION_KEY: "s-1", "x": ""}).text)
        made = start(session="s-1", attributes=Attributes.of({"x": "x" * (LIMIT_BYTES - taken)}))
        assert made.session == "s-1"

    def test_attributes_that_leave_no_room_for_the_id_are_not_sent(
        self, gateway: SessionGateway, start: Start, bot: str, ends: float
    ) -> None:
        taken, session = len(Attributes.of({SESSION_KEY: "s-1", "x": ""}).text), str(uuid4())
        with pytest.raises(InvalidInput, match="room"):
            start(session=session, attributes=Attributes.of({"x": "x" * (LIMIT_BYTES - taken)}))
        assert gateway.look_up(bot, session, ends=ends) is None

    def test_knows_no_bot_and_no_queue_that_is_not_there(self, start: Start) -> None:
        with pytest.raises(NotFound):
            start(bot=_NOBODY)
        with pytest.raises(NotFound):
            start(queue=_NOBODY)

    def test_knows_no_conversation_that_is_not_there(self, gateway: SessionGateway, ends: float) -> None:
        nobody = ConversationId(_NOBODY)
        with pytest.raises(NotFound):
            gateway.find(nobody, ends=ends)
        with pytest.raises(NotFound):
            gateway.route(nobody, None, Attributes(), ends=ends)
        with pytest.raises(NotFound):
            gateway.close(nobody, Resolution.RESOLVED, ends=ends)

    def test_a_bot_that_is_full_gets_no_more(
        self, gateway: SessionGateway, full_bot: str, ends: float
    ) -> None:
        with pytest.raises(BotFull):
            gateway.start(_opening(full_bot, {}), ends=ends)

    def test_a_bot_that_is_full_hinders_nobody_who_waits_for_people(
        self, start: Start, full_bot: str, queue: str
    ) -> None:
        assert start(bot=full_bot, queue=queue).queue == queue

    def test_looks_a_session_up(self, gateway: SessionGateway, start: Start, bot: str, ends: float) -> None:
        start()
        made = start(session=(session := str(uuid4())))
        start()
        assert gateway.look_up(bot, session, ends=ends) == made

    def test_looks_up_what_waits_for_people(
        self, gateway: SessionGateway, start: Start, bot: str, queue: str, ends: float
    ) -> None:
        made = start(session=(session := str(uuid4())), queue=queue)
        assert gateway.look_up(bot, session, ends=ends) == made

    def test_looks_up_nothing_that_is_over_or_was_never_there(
        self, gateway: SessionGateway, start: Start, bot: str, ends: float
    ) -> None:
        made = start(session=(session := str(uuid4())))
        gateway.close(made.id, Resolution.RESOLVED, ends=ends)
        assert gateway.look_up(bot, session, ends=ends) is None
        assert gateway.look_up(bot, str(uuid4()), ends=ends) is None

    def test_reads_every_page(self, gateway: SessionGateway, start: Start, bot: str, ends: float) -> None:
        sessions = [str(uuid4()) for _ in range(_MANY)]
        made = {start(session=each).id for each in sessions}
        found = [gateway.look_up(bot, each, ends=ends) for each in (sessions[0], sessions[-1])]
        assert made <= gateway.active(bot, ends=ends)
        assert gateway.count_active(bot, enough=0, ends=ends) >= _MANY
        assert [each and each.session for each in found] == [sessions[0], sessions[-1]]

    def test_who_waits_for_people_is_not_with_the_bot(
        self, gateway: SessionGateway, start: Start, bot: str, queue: str, ends: float
    ) -> None:
        with_it, waits = start(), start(queue=queue)
        found = gateway.active(bot, ends=ends)
        assert (with_it.id in found, waits.id in found) == (True, False)

    def test_counts_exactly_where_the_total_is_enough(
        self, gateway: SessionGateway, start: Start, bot: str, queue: str, ends: float
    ) -> None:
        before = gateway.count_active(bot, enough=0, ends=ends)
        gateway.route(start().id, queue, Attributes(), ends=ends)
        start()
        start(queue=queue)
        assert gateway.count_active(bot, enough=0, ends=ends) == before + 1

    def test_counts_no_further_than_it_is_asked(
        self, gateway: SessionGateway, start: Start, bot: str, queue: str, ends: float
    ) -> None:
        before = gateway.count_active(bot, enough=0, ends=ends)
        start()
        start(queue=queue)
        start()
        most = [gateway.count_active(bot, enough=0, most=before + n, ends=ends) for n in (1, 2, 3)]
        assert most == [before + 1, before + 2, before + 2]

    def test_counts_no_fewer_where_the_total_is_not_enough(
        self, gateway: SessionGateway, start: Start, bot: str, queue: str, ends: float
    ) -> None:
        start()
        start(queue=queue)
        exact = gateway.count_active(bot, enough=0, ends=ends)
        assert exact <= gateway.count_active(bot, enough=10**6, ends=ends) < 10**6

    def test_routes_to_people_with_all_attributes(
        self, gateway: SessionGateway, start: Start, queue: str, ends: float
    ) -> None:
        made = start(session="s-1", attributes=Attributes.of({"old": 1}))
        values = {SESSION_KEY: "s-1", "jackfield.handoff.reason": "mood"}
        routed = gateway.route(made.id, queue, Attributes.of(values), ends=ends)
        assert (routed.active, routed.queue, routed.session, routed.attributes) == (
            True,
            queue,
            "s-1",
            values,
        )
        assert gateway.find(made.id, ends=ends) == routed

    def test_routes_twice_as_once(
        self, gateway: SessionGateway, start: Start, queue: str, ends: float
    ) -> None:
        made = start()
        once, twice = (gateway.route(made.id, queue, Attributes(), ends=ends) for _ in range(2))
        assert once == twice

    def test_gives_a_conversation_back_to_the_bot(
        self, gateway: SessionGateway, start: Start, bot: str, queue: str, ends: float
    ) -> None:
        made = start(queue=queue)
        assert gateway.route(made.id, None, Attributes(), ends=ends).queue is None
        assert made.id in gateway.active(bot, ends=ends)

    def test_routes_to_no_queue_that_is_not_there(
        self, gateway: SessionGateway, start: Start, ends: float
    ) -> None:
        made = start()
        with pytest.raises(NotFound):
            gateway.route(made.id, _NOBODY, Attributes(), ends=ends)
        assert gateway.find(made.id, ends=ends) == made

    def test_routes_nothing_that_is_over(
        self, gateway: SessionGateway, start: Start, queue: str, ends: float
    ) -> None:
        made = start()
        ended = gateway.close(made.id, Resolution.ABANDONED, ends=ends)
        with pytest.raises(Conflict):
            gateway.route(made.id, queue, Attributes(), ends=ends)
        assert gateway.find(made.id, ends=ends) == ended

    @pytest.mark.parametrize("resolution", Resolution)
    def test_closes(
        self, gateway: SessionGateway, start: Start, bot: str, ends: float, resolution: Resolution
    ) -> None:
        made = start()
        ended = gateway.close(made.id, resolution, ends=ends)
        assert (ended.id, ended.active, ended.resolution) == (made.id, False, resolution)
        assert ended.ended is not None
        assert gateway.find(made.id, ends=ends) == ended
        assert made.id not in gateway.active(bot, ends=ends)

    @pytest.mark.parametrize("again", [Resolution.RESOLVED, Resolution.FAILED])
    def test_what_is_over_stays_as_it_ended(
        self, gateway: SessionGateway, start: Start, ends: float, again: Resolution
    ) -> None:
        made = start()
        ended = gateway.close(made.id, Resolution.RESOLVED, ends=ends)
        assert gateway.close(made.id, again, ends=ends) == ended

    def test_does_nothing_behind_the_deadline(
        self, gateway: SessionGateway, start: Start, bot: str, clock: Clock, ends: float
    ) -> None:
        made, over, session = start(), clock.monotonic() - 1, str(uuid4())
        for call in (
            lambda: gateway.start(_opening(bot, {"session": session}), ends=over),
            lambda: gateway.look_up(bot, session, ends=over),
            lambda: gateway.count_active(bot, enough=1, ends=over),
            lambda: gateway.active(bot, ends=over),
            lambda: gateway.find(made.id, ends=over),
            lambda: gateway.route(made.id, None, Attributes(), ends=over),
            lambda: gateway.close(made.id, Resolution.RESOLVED, ends=over),
        ):
            with pytest.raises(Unavailable):
                call()
        assert gateway.look_up(bot, session, ends=ends) is None
        assert gateway.find(made.id, ends=ends) == made


def _opening(bot: str, fields: Mapping[str, object]) -> Opening:
    wanted: dict[str, object] = {"session": str(uuid4()), "bot": bot, "customer": "user-456", **fields}
    return Opening(**wanted)  # type: ignore[arg-type]  # a test's own fields
