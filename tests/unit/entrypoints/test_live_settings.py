"""The `[live]` table: what fits, and what does not is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.settings import Settings, resolve


def settings(folder: Path, text: str) -> Settings:
    path = folder / "jackfield.toml"
    path.write_text(f"[live]\n{text}\n", encoding="utf-8")
    return resolve(config=path, state=folder / "state", environ={})


def test_without_it_the_defaults_hold(tmp_path: Path) -> None:
    live = settings(tmp_path, "").live
    assert (live.fresh, live.cache, live.platform) == (timedelta(seconds=0.5), "disk", False)


def test_whole_numbers_are_seconds_too(tmp_path: Path) -> None:
    live = settings(tmp_path, "stale_s = 300\nwait_s = 1").live
    assert (live.patience.stale, live.patience.wait) == (timedelta(seconds=300), timedelta(seconds=1))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("fresh_s = -1", "fresh_s is 0 to 60, not -1"),
        ("stale_s = nan", "stale_s is 0 to 86400, not nan"),
        ("wait_s = inf", "wait_s is 0 to 60, not inf"),
        ("cache_bytes = 10", "cache_bytes is 1048576 to 4294967296, not 10"),
        ('cache = ""', "cache is empty"),
        ('platform = "yes"', "live.platform: it is not true or false"),
        ('fresh_s = "500ms"', "live.fresh_s: it is not a number"),
        ("fresh = 1", "live.fresh: there is no such field"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        settings(tmp_path, line)
    assert told in str(caught.value)
