"""The `[sessions]` table: bots by name, their numbers and queues, and the secrets of notices."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.routing import Route
from jackfield.domain.services.sessions.asked.wanting import bot_of
from jackfield.entrypoints.parts.attending import Bots
from jackfield.entrypoints.settings import resolve
from jackfield.entrypoints.settings.sessions import SessionRules, session_rules

CLOUD = """
[targets.prod]
platform = "genesys"
region = "eu-central-1"
organization = "acme"
"""


def rules(folder: Path, text: str, *, target: str | None = None, **environ: str) -> SessionRules:
    """Read *text* as the settings file, in a world with *environ* alone."""
    (folder / "jackfield.toml").write_text(text)
    settings = resolve(target, config=folder / "jackfield.toml", state=folder, environ=environ)
    return session_rules(settings.sessions)


def test_without_a_table_any_id_is_a_bot_and_a_simulated_queue_takes_over(tmp_path: Path) -> None:
    bot = rules(tmp_path, "# nothing").bot("bot-id-123")
    assert (bot.id, bot.limit, bot.routing.default) == ("bot-id-123", None, "human-support-queue")


def test_a_bot_is_called_by_its_name_and_has_its_own_numbers(tmp_path: Path) -> None:
    bot = rules(
        tmp_path,
        """
        [sessions.bots.retail]
        id = "bot-id-123"
        limit = 5
        thresholds = {max_turns = 7}
        words = {messages = {en = "One moment"}}
        """,
    ).bot("retail")
    assert (bot.id, bot.limit, bot.thresholds.max_turns) == ("bot-id-123", 5, 7)
    assert bot.messages["en"] == "One moment"
    assert bot.messages["de"].startswith("Ich verbinde")


def test_the_first_route_that_fits_is_taken(tmp_path: Path) -> None:
    text = """
        [sessions]
        queue = "front"
        [[sessions.bots.retail.routes]]
        queue = "billing"
        intents = ["refund"]
        """
    routing = rules(tmp_path, text).bot("retail").routing
    assert routing.route(intent="refund") == Route(queue="billing", rule=1)
    assert routing.route(intent="other") == Route(queue="front")


def test_the_target_s_id_of_a_bot_wins(tmp_path: Path) -> None:
    text = (
        f'[sessions]\nqueue = "q"\n[sessions.bots.retail]\nid = "dev"\n{CLOUD}bots = {{retail = "prod-id"}}\n'
    )
    assert rules(tmp_path, text, target="prod", GENESYSCLOUD_ACCESS_TOKEN="t").bot("retail").id == "prod-id"


def test_on_a_real_platform_a_bot_without_a_queue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nothing says which queue takes over from the bot 'retail'"):
        rules(tmp_path, CLOUD, GENESYSCLOUD_ACCESS_TOKEN="t").bot("retail")


def test_a_bot_that_left_the_settings_stops_no_session_that_lives(tmp_path: Path) -> None:
    bots = Bots(rules(tmp_path, CLOUD, target="prod"))
    assert bots.get("retail") is None
    with pytest.raises(InvalidInput, match=r"jackfield.toml, sessions.queue: nothing says which queue"):
        bot_of(bots, "retail")


def test_every_contradiction_of_a_bot_is_told_with_its_place(tmp_path: Path) -> None:
    text = """
        [sessions.bots.retail.thresholds]
        confidence_min = 0.2
        sentiment_min = 0.9
        [sessions.bots.other]
        idle_s = 0.0
        """
    with pytest.raises(InvalidInput) as caught:
        rules(tmp_path, text)
    assert [problem.place for problem in caught.value.problems] == [
        "bots.retail.thresholds.confidence_reject",
        "bots.retail.thresholds.sentiment_margin",
        "bots.other.idle_s",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[sessions.bots.retail]\nlimit = 0",
        '[sessions.bots.retail]\nid = " "',
        "[sessions.bots.retail]\nlimitt = 5",
        "[sessions]\nkeep_turns = 7",
        "[sessions]\nkeep_turns = true",
        "[sessions]\ndeadline_s = inf",
        '[sessions]\nunderstanding = ""',
        '[[sessions.bots.retail.routes]]\nqueue = "everything"',
        '[sessions.notices]\nurl = "https://a.example/ends"',
        '[sessions.notices]\nsecret_env = ""',
        '[sessions.notices]\nurl = "hooks.example/ends"\nsecret_env = "X"',
        '[sessions.notices]\nurl = "ftp://hooks.example/ends"\nsecret_env = "X"',
        "[sessions.bots.retail]\nidle_s = 60.0\ntotal_s = 30.0",
        '[sessions.bots.retail]\nid = "bank"\nlimit = 5\n[sessions.bots.bank]\nlimit = 6',
        '[sessions.bots.""]',
        '[sessions.bots." retail"]',
        '[sessions.bots."re\\u0000tail"]',
        '[sessions.bots.retail]\n[targets.simulator.bots]\nretial = "bot-id-123"',
    ],
)
def test_what_does_not_fit_is_refused_when_the_settings_are_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match=r"jackfield\.toml, sessions"):
        rules(tmp_path, text)


def test_notices_are_signed_by_the_current_secret_or_the_one_before(tmp_path: Path) -> None:
    text = """
        [sessions.notices]
        url = "https://hooks.example/ends"
        secret_env = "NOW"
        previous_secret_env = "BEFORE"
        """
    notices = rules(tmp_path, text, NOW="whsec_bmV3", BEFORE="old").notices
    assert notices.secrets == (Secret("whsec_bmV3"), Secret("old"))
    assert "hooks.example" not in repr(notices)
    assert "old" not in repr(notices)


def test_a_secret_that_is_not_set_stops_only_who_needs_it(tmp_path: Path) -> None:
    text = """
        [sessions.notices]
        url = "https://hooks.example/ends"
        secret_env = "NOW"
        previous_secret_env = "BEFORE"
        """
    notices = rules(tmp_path, text, NOW="", BEFORE="old").notices
    assert (notices.unset, notices.previous_unset, notices.secrets) == ("NOW", None, (Secret("old"),))
    notices = rules(tmp_path, text, NOW="whsec_bmV3").notices
    assert (notices.unset, notices.previous_unset) == (None, "BEFORE")


def test_a_secret_that_is_malformed_is_told_by_its_variable(tmp_path: Path) -> None:
    text = '[sessions.notices]\nsecret_env = "NOW"'
    with pytest.raises(InvalidInput, match=r"notices\.secret_env: the environment variable NOW is set, but"):
        rules(tmp_path, text, NOW="whsec_canary%")


def test_who_only_shortens_the_whole_time_shortens_idling_too(tmp_path: Path) -> None:
    lifetimes = rules(tmp_path, "[sessions.bots.retail]\ntotal_s = 30.0").bot("retail").lifetimes
    assert (lifetimes.idle, lifetimes.total) == (timedelta(seconds=30), timedelta(seconds=30))


def test_a_range_is_told_in_plain_numbers(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"idle_s must be 1 to 31,622,400"):
        rules(tmp_path, "[sessions.bots.retail]\nidle_s = 0.5")


def test_a_route_that_fits_everybody_is_refused_by_the_key_s_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"sessions\.bots\.retail\.routes: rule 1 fits every session"):
        rules(tmp_path, '[[sessions.bots.retail.routes]]\nqueue = "everything"')


def test_a_bot_may_be_led_in_two_ways_under_one_limit(tmp_path: Path) -> None:
    found = rules(tmp_path, "[sessions.bots.bank]\nlimit = 5\n[sessions.bots.strict]\nid = 'bank'")
    assert found.id_of("strict") == found.id_of("bank")
