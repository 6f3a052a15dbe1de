from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any, Final

import attrs
import pytest

from jackfield.adapters.simulator import Closing, Outage, ScriptedEvaluation, SimulatedBot
from jackfield.adapters.simulator.bots import given, read
from jackfield.adapters.simulator.platform.bots import Roster
from jackfield.domain.model.errors import InvalidInput

SOON: Final = Closing(after=timedelta(seconds=1))
LATE: Final = Closing(after=timedelta(hours=1), resolution="abandoned")
VIP: Final = Closing(after=timedelta(minutes=1), resolution="escalated", customer="vip-*")


def test_conversations_take_their_closing_in_turn() -> None:
    bot = SimulatedBot(closing=[SOON, LATE])
    assert [bot.ending("user-1", number) for number in range(4)] == [SOON, LATE, SOON, LATE]


def test_a_closing_is_for_the_customers_it_names() -> None:
    bot = SimulatedBot(closing=[VIP, LATE])
    assert [bot.ending("vip-7", number) for number in range(3)] == [VIP, LATE, VIP]
    assert [bot.ending("user-7", number) for number in range(2)] == [LATE, LATE]


@pytest.mark.parametrize("closing", [(), (VIP,)])
def test_without_a_closing_conversations_stay_open(closing: tuple[Closing, ...]) -> None:
    assert SimulatedBot(closing=closing).ending("user-1", 0) is None


@pytest.mark.parametrize("resolution", ["resolved", "vanished", None])
def test_a_resolution_is_any_word_or_none(resolution: str | None) -> None:
    assert Closing(after=timedelta(), resolution=resolution).resolution == resolution


@pytest.mark.parametrize(
    "make",
    [
        lambda: Closing(after=timedelta(seconds=-1)),
        lambda: Closing(after=timedelta(), resolution=" "),
        lambda: SimulatedBot(limit=-1),
        lambda: SimulatedBot(limit=1.5),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        lambda: SimulatedBot(limit=True),
        lambda: SimulatedBot(outage="all"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        lambda: SimulatedBot(intents={"": ["x"]}),
        lambda: ScriptedEvaluation(answer={"intentName": object()}),
    ],
)
def test_what_cannot_be_is_refused_at_once(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput):
        make()


@pytest.mark.parametrize(
    ("outage", "evaluates", "converses"),
    [
        (Outage.NONE, True, True),
        (Outage.EVALUATION, False, True),
        (Outage.CONVERSATIONS, True, False),
        (Outage.ALL, False, False),
    ],
)
def test_an_outage_stops_what_it_names(outage: Outage, evaluates: bool, converses: bool) -> None:
    bot = SimulatedBot(outage=outage)
    assert (bot.evaluates, bot.converses) == (evaluates, converses)


def test_the_first_script_that_meets_a_text_counts() -> None:
    bot = SimulatedBot(
        scripts=[
            ScriptedEvaluation(asked="*cancel*", answer={"intentName": "first"}),
            ScriptedEvaluation(asked="*", answer={"intentName": "second"}),
        ]
    )
    said = ("please cancel\nit", "Cancel", "")
    assert [bot.evaluate(each)["intentName"] for each in said] == ["first", "second", "second"]


def test_a_changed_bot_has_not_to_learn_again() -> None:
    bot = SimulatedBot(intents={"refund": ["I want a refund"]})
    assert attrs.evolve(bot, limit=3).intents is bot.intents


def test_a_fresh_roster_has_three_bots_without_limits_and_outages() -> None:
    roster = Roster()
    bots = [roster.get(each) for each in roster]
    assert list(roster) == ["bot-id-123", "bot-id-456", "bot-id-789"]
    assert [each and (each.limit, each.outage, each.closing) for each in bots] == [
        (None, Outage.NONE, ())
    ] * 3


def test_a_roster_goes_back_to_what_it_was_given() -> None:
    given_bot, other = SimulatedBot(title="given"), SimulatedBot(title="other")
    roster = Roster({"ours": given_bot})
    roster.put("ours", other)
    roster.put("bot-id-123", other)
    roster.put("more", other)
    assert (roster.get("ours"), roster.get("bot-id-123"), "more" in roster) == (other, other, True)
    roster.clear()
    fresh = roster.get("bot-id-123")
    assert (roster.get("ours"), fresh and fresh.title) == (given_bot, "Support Bot")
    assert ("more" in roster, roster.get("more")) == (False, None)


def test_no_bot_is_lost_that_threads_put_at_the_same_time() -> None:
    roster, names = Roster(), [f"bot-{number}" for number in range(400)]

    def put(part: list[str]) -> None:
        for each in part:
            roster.put(each, SimulatedBot())

    threads = [Thread(target=put, args=(names[at::8],)) for at in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert set(names) <= set(roster)


def test_what_is_named_changes_and_the_rest_stays() -> None:
    bot = SimulatedBot(title="Ours", intents={"refund": ["refund"]}, limit=3)
    changed = read(b'{"bot": "ours", "limit": null, "outage": "all"}').onto(bot)
    assert changed == attrs.evolve(bot, limit=None, outage=Outage.ALL)


def test_an_unknown_bot_begins_with_nothing() -> None:
    assert read(b'{"bot": "ours", "limit": 2}').onto(None) == SimulatedBot(limit=2)


def test_everything_can_be_asked_for() -> None:
    change = read(
        b'{"bot": "ours", "title": "Ours", "intents": {"refund": ["money back"]}, "limit": 0,'
        b' "closing": [{"after_seconds": 1.5, "resolution": null, "customer": "vip-*"}],'
        b' "scripts": [{"asked": "*x*", "answer": {"intentConfidence": 1.7}, "lacks": ["intentName"]}],'
        b' "outage": "evaluation"}'
    )
    script = ScriptedEvaluation(asked="*x*", answer={"intentConfidence": 1.7}, lacks=("intentName",))
    assert (change.bot, change.onto(None)) == (
        "ours",
        SimulatedBot(
            title="Ours",
            intents={"refund": ("money back",)},
            limit=0,
            closing=(Closing(after=timedelta(seconds=1.5), resolution=None, customer="vip-*"),),
            scripts=(script,),
            outage=Outage.EVALUATION,
        ),
    )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "bot"),
        (b"[]", "bot"),
        (b"{}", "bot"),
        (b'{"bot": " "}', "bot"),
        (b'{"bot": 7}', "bot"),
        (b'{"bot": "x", "intents": null}', "intents"),
        (b'{"bot": "x", "intents": {"a": "b"}}', "intents.a"),
        (b'{"bot": "x", "intents": {"": ["b"]}}', "intents"),
        (b'{"bot": "x", "limit": -1}', "limit"),
        (b'{"bot": "x", "limit": "3"}', "limit"),
        (b'{"bot": "x", "closing": [{}]}', "closing[0]"),
        (b'{"bot": "x", "closing": [{"after_seconds": -1}]}', "closing[0].after_seconds"),
        (b'{"bot": "x", "closing": [{"after_seconds": 1e99}]}', "closing[0].after_seconds"),
        (b'{"bot": "x", "closing": [{"after_seconds": 1, "resolution": ""}]}', "resolution"),
        (b'{"bot": "x", "scripts": [{"answer": 3}]}', "scripts[0].answer"),
        (b'{"bot": "x", "outage": "some"}', "outage"),
        (b'{"bot": "x", "latency": 3}', "latency"),
    ],
)
def test_what_cannot_be_asked_for_names_its_place(body: bytes, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(body)
    assert place in str(caught.value)


def test_a_list_of_bots_changes_the_fresh_ones_and_makes_others() -> None:
    bots = given(
        b'[{"bot": "bot-id-123", "limit": 5}, {"bot": "ours"}, {"bot": "bot-id-123", "outage": "all"}]'
    )
    support: Any = bots["bot-id-123"]
    assert (list(bots), bots["ours"]) == (["bot-id-123", "ours"], SimulatedBot())
    assert (support.title, support.limit, support.outage) == ("Support Bot", 5, Outage.ALL)
    assert "cancel_order" in support.intents


@pytest.mark.parametrize("body", [b"", b"{}", b'{"bot": "x"}', b"[3]", b'[{"limit": 3}]'])
def test_a_list_that_cannot_be_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        given(body)
