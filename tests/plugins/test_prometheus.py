"""What the built-in plugin `prometheus` tells of answers."""

from __future__ import annotations

import pytest

from jackfield.plugins.builtin import prometheus
from jackfield.plugins.builtin.prometheus import OTHER, Prometheus
from tests.plugins.measuring import asked


def test_an_answer_is_told_by_its_prompt_and_never_by_its_conversation() -> None:
    plugin = Prometheus()
    plugin.jackfield_measure(asked())
    plugin.jackfield_measure(asked(exact=False, first_piece_s=None, end="broken", conversation="conv-2"))
    lines, of = plugin.text(), 'organization="acme",prompt="refund",version="1.2.0"'
    assert f'jackfield_ask_duration_seconds_sum{{end="complete",{of}}} 1.5' in lines
    assert f'jackfield_ask_duration_seconds_sum{{end="broken",{of}}} 1.5' in lines
    assert f"jackfield_ask_first_piece_seconds_count{{{of}}} 1.0" in lines
    assert f'jackfield_ask_tokens_total{{exact="true",kind="input",{of}}} 70.0' in lines
    assert f'jackfield_ask_tokens_total{{exact="false",kind="output",{of}}} 16.0' in lines
    assert [word for word in ("conv-", "asst-1") if word in lines] == []


def test_prompts_beyond_the_most_are_told_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "MOST_VALUES", 3)
    plugin = Prometheus()
    for number in range(5):
        plugin.jackfield_measure(asked(prompt=f"p{number}", first_piece_s=None))
    name = "jackfield_ask_duration_seconds_count{"
    found = [line for line in plugin.text().splitlines() if line.startswith(name)]
    assert [line.rpartition(" ")[2] for line in found if f'prompt="{OTHER}"' in line] == ["2.0"]
    assert len(found) == 4
