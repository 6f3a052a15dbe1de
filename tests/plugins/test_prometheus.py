"""What the built-in plugin `prometheus` tells of answers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.plugins.builtin import prometheus
from jackfield.plugins.builtin.prometheus import OTHER, Prometheus, PrometheusSettings
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


@pytest.mark.parametrize("settings", [PrometheusSettings(file="x.prom"), PrometheusSettings(listen=":0")])
def test_without_the_extra_the_table_is_named_and_no_key_of_it(
    monkeypatch: pytest.MonkeyPatch, settings: PrometheusSettings
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(InvalidInput, match="jackfield\\[metrics\\]") as caught:
        Prometheus(settings)
    assert caught.value.place == "plugins.prometheus"


def test_the_file_has_what_was_measured(tmp_path: Path) -> None:
    _closed(tmp_path / "jackfield.prom", measured=1)
    assert "jackfield_ask_duration_seconds_count" in (tmp_path / "jackfield.prom").read_text("utf-8")


def test_a_process_that_measured_nothing_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "jackfield.prom"
    path.write_text("of another process", "utf-8")
    _closed(path, measured=0)
    assert path.read_text("utf-8") == "of another process"


def _closed(path: Path, *, measured: int) -> None:
    plugin = Prometheus(PrometheusSettings(file=str(path)))
    for _ in range(measured):
        plugin.jackfield_measure(asked())
    plugin.close()
