"""Every hook is specified, documented and proved."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import attrs
import pytest

from jackfield import plugin, testing
from jackfield.plugins import hookspecs
from jackfield.plugins.builtin.crm.settings import CrmSettings, Header, When
from jackfield.plugins.builtin.feedback import FeedbackSettings
from jackfield.plugins.builtin.jsonl import JsonlSettings
from jackfield.plugins.builtin.log_lines import LogLinesSettings
from jackfield.plugins.builtin.prometheus import PrometheusSettings
from jackfield.plugins.builtin.redact import Pattern, RedactSettings
from jackfield.plugins.builtin.registry import RegistrySettings
from jackfield.plugins.builtin.telemetry import TelemetrySettings
from jackfield.plugins.builtin.tokens import TokensSettings
from jackfield.plugins.builtin.webhooks import Endpoint, WebhooksSettings
from jackfield.plugins.loading import HOOKS
from jackfield.plugins.sources import BUILT_IN
from tests.plugins.harm import Good
from tests.proofs.test_plugins_harm_nobody import WAYS

REFERENCE: Final = (Path(__file__).parents[2] / "docs" / "reference" / "plugins.md").read_text("utf-8")
PYTHON: Final = (Path(__file__).parents[2] / "docs" / "reference" / "python.md").read_text("utf-8")


def _cells(heading: str) -> set[str]:
    section = REFERENCE.partition(f"{heading}\n")[2].partition("\n#")[0]
    return set(re.findall(r"^\| `([^`|]+)`", section, re.MULTILINE))


def test_every_hook_is_documented_with_its_parameters() -> None:
    signatures = {f"{h}({', '.join(inspect.signature(getattr(hookspecs, h)).parameters)})" for h in HOOKS}
    assert _cells("## Hooks") == signatures


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_when_it_is_called(hook: str) -> None:
    documentation = getattr(hookspecs, hook).__doc__ or ""
    assert documentation.startswith("Called ")


def test_every_hook_is_proved_to_harm_nobody() -> None:
    assert {*WAYS} == {*HOOKS}
    assert {name for name in vars(Good) if name.startswith("jackfield_")} == {*HOOKS}


def test_every_built_in_plugin_is_documented_with_its_settings() -> None:
    assert _cells("## Built-in plugins") == {*BUILT_IN}
    assert _cells("### `[plugins.tokens]`") == {field.name for field in attrs.fields(TokensSettings)}
    assert _cells("### `[plugins.jsonl]`") == {field.name for field in attrs.fields(JsonlSettings)}
    assert _cells("### `[plugins.log-lines]`") == {field.name for field in attrs.fields(LogLinesSettings)}
    assert _cells("### `[plugins.prometheus]`") == {field.name for field in attrs.fields(PrometheusSettings)}
    tables = {field.name for kind in (CrmSettings, Header, When) for field in attrs.fields(kind)}
    assert _cells("### `[plugins.crm]`") == tables
    assert _cells("### `[plugins.registry]`") == {field.name for field in attrs.fields(RegistrySettings)}
    assert _cells("### `[plugins.feedback]`") == {field.name for field in attrs.fields(FeedbackSettings)}
    assert _cells("### `[plugins.telemetry]`") == {field.name for field in attrs.fields(TelemetrySettings)}
    pattern = {field.name for field in (*attrs.fields(Pattern), *attrs.fields(RedactSettings))}
    assert _cells("### `[plugins.redact]`") == pattern
    endpoint = {field.name for field in (*attrs.fields(Endpoint), *attrs.fields(WebhooksSettings))}
    assert _cells("### `[plugins.webhooks]`") == endpoint


@pytest.mark.parametrize("name", [*plugin.__all__, *testing.__all__])
def test_every_name_of_the_doors_is_documented(name: str) -> None:
    assert f"`{name}`" in PYTHON


def test_the_door_for_plugins_loads_no_library_before_it_is_used() -> None:
    script = "import jackfield.plugin, sys; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert {
        name for name in ("attr", "click", "pluggy", "pytest", "loguru") if f"'{name}'" in loaded
    } == set()


def test_a_core_loads_no_pytest() -> None:
    script = "import jackfield.entrypoints.bootstrap, sys; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
