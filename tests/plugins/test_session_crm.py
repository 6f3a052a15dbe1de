"""`jackfield sessions crm`: the call of a CRM, shown and not made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from jackfield.domain.model.errors import Conflict, InvalidInput, NotFound
from jackfield.entrypoints.bootstrap import open_core
from jackfield.entrypoints.cli.commands.session_crm import crm as command
from jackfield.entrypoints.cli.options import Options
from tests.plugins.ended import SESSION, Crm, crm_served, kept

OPEN: Final = "0190f0c6-0000-7d1e-9a44-5f0c2b8e7a10"
PAGE: Final = (Path(__file__).parents[2] / "docs" / "how-to" / "sync-a-crm.md").read_text("utf-8")
TABLE: Final = re.findall(r"```toml title=jackfield.toml\n(.*?)```", PAGE, re.DOTALL)[-1]
SHOWN: Final = PAGE.partition("```text\n")[2].partition("```")[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the page's own mapping, and two sessions in the ledger."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CRM_TOKEN", "canary-token")
    monkeypatch.setenv("CRM_KEY", "canary-key")
    _write(tmp_path, TABLE)
    with open_core() as core:
        kept(core.audit.ledger, core.audit.organization, SESSION)
        kept(core.audit.ledger, core.audit.organization, OPEN, over=False)
    return tmp_path


@pytest.fixture
def crm() -> Iterator[Crm]:
    with crm_served() as found:
        yield found


def _write(folder: Path, text: str) -> None:
    (folder / "jackfield.toml").write_text(text, encoding="utf-8")


def _run(*arguments: str) -> None:
    command.main(args=list(arguments), standalone_mode=False, obj=Options())


@pytest.mark.usefixtures("folder")
def test_it_shows_what_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    _run(SESSION)
    assert capsys.readouterr().out == SHOWN


@pytest.mark.usefixtures("folder")
def test_it_is_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    _run(SESSION, "--format", "json")
    out = capsys.readouterr().out
    found = json.loads(out)
    (there,) = found["destinations"]
    assert (found["session"], there["name"], there["why"], there["refused"]) == (SESSION, "crm", None, False)
    assert (there["call"]["method"], there["call"]["headers"]["X-Api-Key"]) == ("PUT", "********")
    assert there["call"]["body"]["messages"] == 4
    assert "canary" not in out


def test_nothing_is_sent(folder: Path, crm: Crm, capsys: pytest.CaptureFixture[str]) -> None:
    _write(folder, TABLE.replace("https://crm.example", crm.url))
    _run(SESSION)
    assert (crm.url in capsys.readouterr().out, crm.heard) == (True, [])


def test_a_session_that_is_left_out_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(folder, f'{TABLE}\n[plugins.crm.when]\nbots = ["other"]\n')
    _run(SESSION)
    said = "crm: nothing is sent: the settings leave such sessions out ([plugins.crm.when])\n"
    assert capsys.readouterr().out == said


@pytest.mark.usefixtures("folder")
def test_a_session_that_is_not_over_is_an_error_that_says_so() -> None:
    with pytest.raises(Conflict, match="the session is not over: a CRM hears of it when it is"):
        _run(OPEN)


@pytest.mark.usefixtures("folder")
def test_a_session_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(NotFound, match="there is no such session here"):
        _run("nobody")


def test_without_a_crm_it_says_how_to_have_one(folder: Path) -> None:
    _write(folder, "[live]\n")
    with pytest.raises(InvalidInput, match=r"a table \[plugins\.crm\] makes one"):
        _run(SESSION)
