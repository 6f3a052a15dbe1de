"""The `[advice]` table: what fits, and what does not is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.domain.model.advice.sifting import Sieve
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.services.advice import Holding, Rules
from jackfield.entrypoints.bootstrap import build
from jackfield.entrypoints.settings import Settings, resolve
from jackfield.entrypoints.settings.advice import advice_rules


def settings(folder: Path, text: str) -> Settings:
    path = folder / "jackfield.toml"
    path.write_text(f"[advice]\n{text}\n", encoding="utf-8")
    return resolve(config=path, state=folder / "state", environ={})


def test_without_it_the_defaults_are_the_services(tmp_path: Path) -> None:
    assert advice_rules(settings(tmp_path, "").advice).rules == Rules(sieve=Sieve(), holding=Holding())


def test_what_is_said_is_what_holds(tmp_path: Path) -> None:
    thresholds = "relevance = 0.5\nage_days = 30\nskew_s = 10\nwanted = 3\n"
    said = f"{thresholds}fresh_s = 60\nrevalidate_s = 30\nagent_label = false"
    rules = advice_rules(settings(tmp_path, said).advice).rules
    skew = timedelta(seconds=10)
    assert rules.sieve == Sieve(relevance=0.5, age=timedelta(days=30), skew=skew, wanted=3)
    assert rules.holding == Holding(fresh=timedelta(minutes=1), revalidate=timedelta(seconds=30))
    assert (rules.agents, rules.durable) == (False, False)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("relevance = 1.5", "relevance is 0 to 1, not 1.5"),
        ("age_days = -1", "age_days is 0 to 36500, not -1"),
        ("skew_s = 86401", "skew_s is 0 to 86400, not 86401"),
        ("wanted = 0", "wanted is 1 to 100, not 0"),
        ("fresh_s = nan", "fresh_s is 0 to 86400, not nan"),
        ("revalidate_s = inf", "revalidate_s is 0 to 86400, not inf"),
        ("memory_bytes = -1", "memory_bytes is 0 to 4294967296, not -1"),
        ('cache = " "', "cache is empty"),
        ('durable_events = "yes"', "durable_events: it is not true or false"),
        ("freshness = 1", "freshness: there is no such field"),
        ("relevence = 1", "relevence: there is no such field; did you mean relevance?"),
        ("xyz = 1", "xyz: there is no such field; there are age_days, agent_label, cache, cache_bytes, "),
    ],
)
def test_what_does_not_fit_is_named_when_the_target_is_opened(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        settings(tmp_path, line)
    assert told in str(caught.value)


@pytest.mark.parametrize("cache", ["disk", "memory", "none"])
def test_each_cache_can_be_chosen(tmp_path: Path, cache: str) -> None:
    with build(settings(tmp_path, f'cache = "{cache}"')) as core:
        assert (core.advice.hearing.answers.cache is None) == (cache == "none")
        assert (core.advice.querying.asking.alone is None) == (cache != "disk")


def test_a_cache_that_nobody_gives_is_an_error_that_names_the_key(tmp_path: Path) -> None:
    with (
        build(settings(tmp_path, 'cache = "redis"')) as core,
        pytest.raises(InvalidInput, match=r"advice\.cache"),
    ):
        _ = core.advice
