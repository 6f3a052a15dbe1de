"""What webhooks tell of ended conversations: once or often, at once or late, in order or not, in process."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator import Closing, FileStore, NoticeRules, Outgoing, Platform, SimulatedBot
from jackfield.adapters.simulator.platform.noticing import Fate
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.signatures import verify
from tests.unit.simulator.conftest import Ask, connected
from tests.unit.simulator.test_sessions import BOT, CONVERSATIONS, begun, document
from tests.unit.simulator.test_sessions_life import closed
from tests.unit.simulator.test_webhooks import SECRET, WEBHOOKS, registered

CODED: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def ended(ask: Ask, count: int = 1) -> list[str]:
    """End so many conversations, and return their ids."""
    made = [begun(ask) for _ in range(count)]
    for conversation in made:
        closed(ask, conversation)
    return made


def conversations(outgoing: tuple[Outgoing, ...]) -> list[str]:
    return [each.conversation for each in outgoing]


def ruled(clock: FrozenClock, **rules: Any) -> tuple[Platform, Ask]:
    """Return a platform that delivers so, with a webhook."""
    platform = Platform(clock=clock, notices=NoticeRules(**rules))
    ask = connected(platform)
    registered(ask)
    return platform, ask


def test_an_end_is_told_with_the_whole_conversation(ask: Ask, platform: Platform) -> None:
    webhook = registered(ask)
    (conversation,) = ended(ask)
    (outgoing,) = platform.notices()
    shown = document(ask("GET", f"{CONVERSATIONS}/{conversation}"))
    assert (orjson.loads(outgoing.body), outgoing.webhook, outgoing.url) == (
        shown,
        webhook,
        "https://crm.example.com/webhook",
    )
    assert shown.keys() >= {"state", "endTime", "resolutionStatus", "attributes"}


def test_a_delivery_is_taken_once(ask: Ask, platform: Platform) -> None:
    registered(ask)
    ended(ask)
    assert (len(platform.notices()), platform.notices()) == (1, ())


def test_without_a_webhook_nothing_is_told(ask: Ask, platform: Platform) -> None:
    ended(ask)
    registered(ask)
    assert platform.notices() == ()


def test_closing_twice_is_told_once(ask: Ask, platform: Platform) -> None:
    registered(ask)
    (conversation,) = ended(ask)
    closed(ask, conversation)
    closed(ask, conversation, "failed")
    assert conversations(platform.notices()) == [conversation]


@pytest.mark.parametrize("secret", [SECRET, CODED])
def test_a_delivery_is_signed_for_the_moment_it_leaves(
    secret: str, ask: Ask, platform: Platform, clock: FrozenClock
) -> None:
    registered(ask, secret=secret)
    ended(ask)
    clock.advance(timedelta(hours=1))
    (outgoing,) = platform.notices()
    assert verify(outgoing.headers, outgoing.body, [Secret(secret)], clock.now()) == outgoing.id
    with pytest.raises(InvalidInput):
        verify(outgoing.headers, outgoing.body + b" ", [Secret(secret)], clock.now())


def test_without_a_secret_it_is_unsigned(ask: Ask, platform: Platform) -> None:
    registered(ask, secret=None)
    ended(ask)
    (outgoing,) = platform.notices()
    assert outgoing.headers.keys() == {"content-type", "webhook-id", "webhook-timestamp"}


def test_every_webhook_is_told_of_the_same_event(ask: Ask, platform: Platform) -> None:
    webhooks = [registered(ask, name=name, secret=name) for name in ("old", "new")]
    ended(ask)
    outgoing = platform.notices()
    assert ([each.webhook for each in outgoing], len({each.id for each in outgoing})) == (webhooks, 1)


def test_what_ended_before_a_webhook_was_removed_is_told(ask: Ask, platform: Platform) -> None:
    webhook = registered(ask)
    before = ended(ask)
    ask("DELETE", f"{WEBHOOKS}/{webhook}")
    ended(ask)
    assert conversations(platform.notices()) == before


def test_a_conversation_that_ends_by_its_script_is_told_in_time(
    ask: Ask, platform: Platform, clock: FrozenClock
) -> None:
    platform.bot(BOT, SimulatedBot(closing=[Closing(after=timedelta(seconds=1))]))
    registered(ask)
    conversation = begun(ask)
    assert platform.notices() == ()
    clock.advance(timedelta(seconds=1))
    assert conversations(platform.notices()) == [conversation]


def test_a_customer_who_hangs_up_is_told(ask: Ask, platform: Platform) -> None:
    registered(ask)
    conversation = begun(ask)
    platform.end(conversation)
    assert conversations(platform.notices()) == [conversation]


def test_repeats_have_the_events_id(clock: FrozenClock) -> None:
    platform, ask = ruled(clock, repeats=3)
    made = ended(ask, 2)
    outgoing = platform.notices()
    assert Counter(conversations(outgoing)) == dict.fromkeys(made, 3)
    assert len({(each.id, each.conversation, each.body) for each in outgoing}) == 2


def test_a_delay_passes_on_the_platforms_clock(clock: FrozenClock) -> None:
    platform, ask = ruled(clock, delay=timedelta(seconds=10))
    made = ended(ask)
    clock.advance(timedelta(seconds=9))
    assert platform.notices() == ()
    clock.advance(timedelta(seconds=1))
    assert conversations(platform.notices()) == made


def disordered(seed: int) -> list[int]:
    """Return in which order the ends of ten conversations are told."""
    clock = FrozenClock()
    platform = Platform(clock=clock, seed=seed, notices=NoticeRules(disorder=timedelta(minutes=1)))
    ask = connected(platform)
    registered(ask)
    made = ended(ask, 10)
    clock.advance(timedelta(minutes=1))
    return [made.index(each) for each in conversations(platform.notices())]


def test_disorder_depends_on_the_seed_alone() -> None:
    assert sorted(disordered(1)) == [*range(10)]
    assert disordered(1) == disordered(1)
    assert disordered(1) != disordered(2)
    assert disordered(1) != [*range(10)]


def test_without_disorder_they_come_in_the_order_of_their_ends(ask: Ask, platform: Platform) -> None:
    registered(ask)
    assert conversations(platform.notices()) == []
    made = ended(ask, 10)
    assert conversations(platform.notices()) == made


def test_what_is_lost_never_comes(clock: FrozenClock) -> None:
    platform, ask = ruled(clock, loss=0.5)
    ended(ask, 100)
    came, counts = len(platform.notices()), platform.mailroom.counts()
    assert (counts, 30 < came < 70) == ({"due": 0, "lost": 100 - came, "taken": came}, True)


def test_rules_hold_for_what_ends_from_then_on(clock: FrozenClock) -> None:
    platform, ask = ruled(clock, repeats=2)
    platform.mailroom.rule(NoticeRules(loss=1.0))
    ended(ask)
    assert platform.notices() == ()
    platform.mailroom.rule(None)
    ended(ask)
    assert len(platform.notices()) == 2


def test_what_failed_is_tried_again_twice_and_later(ask: Ask, platform: Platform, clock: FrozenClock) -> None:
    registered(ask)
    ended(ask)
    tries = list[int]()
    for seconds in (0, 1, 5, 600):
        clock.advance(timedelta(seconds=seconds))
        for outgoing in platform.notices():
            tries.append(outgoing.tries)
            platform.mailroom.report(outgoing, Fate.FAILED)
            assert platform.notices() == ()
    assert (tries, platform.mailroom.counts()) == ([1, 2, 3], {"due": 0, "taken": 3, "failed": 1})


def test_what_is_recorded_is_shown_whole_and_without_its_secret(ask: Ask, platform: Platform) -> None:
    webhook = registered(ask)
    (conversation,) = ended(ask)
    (outgoing,) = platform.notices()
    platform.mailroom.report(outgoing, Fate.RECORDED)
    assert platform.mailroom.log() == [
        {
            "id": outgoing.id,
            "webhook": webhook,
            "url": outgoing.url,
            "conversation": conversation,
            "tries": 1,
            "fate": "recorded",
            "headers": outgoing.headers,
            "body": outgoing.body.decode(),
        }
    ]
    assert SECRET not in repr((platform.mailroom.log(), outgoing, platform.snapshot()))


def test_of_the_rest_only_the_newest_fates_are_kept(
    ask: Ask, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.adapters.simulator.platform.post.LOGGED", 3)
    registered(ask)
    made = ended(ask, 5)
    for outgoing in platform.notices():
        platform.mailroom.report(outgoing, Fate.DELIVERED)
    logged = platform.mailroom.log()
    assert ([each["conversation"] for each in logged], {len(each) for each in logged}) == (made[2:], {6})


@pytest.mark.parametrize(
    "rules",
    [
        {"repeats": 0},
        {"repeats": 101},
        {"repeats": True},
        {"delay": timedelta(seconds=-1)},
        {"disorder": timedelta(seconds=-1)},
        {"loss": -0.1},
        {"loss": float("nan")},
    ],
)
def test_rules_that_cannot_be_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        NoticeRules(**rules)


def test_the_snapshot_counts_deliveries_and_shows_none(clock: FrozenClock) -> None:
    platform, ask = ruled(clock, delay=timedelta(hours=1))
    ended(ask, 2)
    shown = platform.snapshot()
    assert (shown["notices"], "crm.example" in repr(shown)) == ({"due": 2}, False)


def test_deliveries_outlive_the_process(tmp_path: Path, clock: FrozenClock) -> None:
    first = Platform(clock=clock, store=FileStore(tmp_path / "db"))
    ask = connected(first)
    registered(ask)
    made = ended(ask)
    first.close()
    second = Platform(clock=clock, store=FileStore(tmp_path / "db"))
    assert conversations(second.notices()) == made
    second.close()


def test_a_reset_platform_delivers_nothing(ask: Ask, platform: Platform) -> None:
    registered(ask)
    ended(ask)
    platform.reset()
    assert (platform.notices(), platform.mailroom.counts()) == ((), {"due": 0})
