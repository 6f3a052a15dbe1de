"""The `[conversations]` table."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.settings import Settings, resolve
from jackfield.entrypoints.settings.conversations import ConversationRules


def settings(folder: Path, text: str) -> Settings:
    path = folder / "jackfield.toml"
    path.write_text(f"[conversations]\n{text}\n", encoding="utf-8")
    return resolve(config=path, state=folder / "state", environ={})


def test_by_default_no_text_is_captured(tmp_path: Path) -> None:
    assert not settings(tmp_path, "").conversations.capture_content


def test_what_is_set_is_used(tmp_path: Path) -> None:
    text = "capture_content = true\nsummary_tokens = 100\ndeadline_s = 20\nwatchdog_s = 30.5"
    assert settings(tmp_path, text).conversations == ConversationRules(
        capture_content=True, summary_tokens=100, deadline_s=20.0, watchdog_s=30.5
    )


def test_seconds_are_durations() -> None:
    rules = ConversationRules()
    assert (rules.deadline, rules.watchdog) == (timedelta(seconds=60), timedelta(seconds=75))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("summary_tokens = 0", "summary_tokens is 1 to 4000, not 0"),
        ("deadline_s = 0.5", "deadline_s is 1 to 3600, not 0.5"),
        ("watchdog_s = inf", "watchdog_s is 1 to 3600, not inf"),
        ("watchdog_s = nan", "watchdog_s is 1 to 3600, not nan"),
        ('capture_content = "yes"', "capture_content: it is not true or false"),
        ("capture = true", "capture: there is no such field"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        settings(tmp_path, text)
    assert told in str(caught.value)
