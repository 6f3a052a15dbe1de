"""Where a target's ledger is, by the file or by a variable; a shared one needs an organization."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.entrypoints.bootstrap import build
from jackfield.entrypoints.settings import Settings, resolve

URL = "postgresql://me:canary@db/prompts"


def resolved(folder: Path, table: str, environ: Mapping[str, str] | None = None) -> Settings:
    path = folder / "jackfield.toml"
    path.write_text(f"[targets.dev]\n{table}\n", encoding="utf-8")
    return resolve(config=path, environ={"JACKFIELD_STATE": str(folder), **(environ or {})})


def test_the_ledger_is_what_the_file_says(tmp_path: Path) -> None:
    settings = resolved(tmp_path, f'organization = "acme"\nledger = "{URL}"')
    assert (settings.ledger, settings.sources["ledger"]) == (Secret(URL), str(tmp_path / "jackfield.toml"))
    assert "canary" not in repr(settings)


def test_the_ledger_is_in_the_variable_that_the_file_names(tmp_path: Path) -> None:
    settings = resolved(tmp_path, 'organization = "acme"\nledger_env = "LEDGER"', {"LEDGER": URL})
    assert (settings.ledger, settings.sources["ledger"]) == (Secret(URL), "LEDGER")


@pytest.mark.parametrize("environ", [{}, {"LEDGER": ""}])
def test_a_variable_that_is_not_set_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match=r"targets\.dev\.ledger_env: the environment has no 'LEDGER'"):
        resolved(tmp_path, 'organization = "acme"\nledger_env = "LEDGER"', environ)


def test_a_ledger_and_a_variable_for_it_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="remove one of ledger and ledger_env"):
        resolved(tmp_path, f'ledger_env = "LEDGER"\nledger = "{URL}"', {"LEDGER": URL})


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_shared_ledger_needs_an_organization(tmp_path: Path, scheme: str) -> None:
    with pytest.raises(InvalidInput, match=r"targets\.dev\.organization: machines that share") as caught:
        resolved(tmp_path, f'ledger = "{scheme}://me:canary@db/prompts"')
    assert "canary" not in str(caught.value)


def test_a_plugins_ledger_needs_none(tmp_path: Path) -> None:
    assert resolved(tmp_path, 'ledger = "memory:"').organization == "dev"


def test_the_key_that_gives_the_ledger_is_known(tmp_path: Path) -> None:
    by_variable = resolved(tmp_path, 'ledger_env = "LEDGER"', {"LEDGER": "memory:"})
    assert (by_variable.ledger_key, resolved(tmp_path, 'ledger = "memory:"').ledger_key) == (
        "ledger_env",
        "ledger",
    )


def test_a_url_that_does_not_fit_is_told_by_the_key_that_gives_it(tmp_path: Path) -> None:
    url = f"{URL}?foo=canary"
    settings = resolved(tmp_path, 'organization = "acme"\nledger_env = "LEDGER"', {"LEDGER": url})
    with (
        closing(build(settings)) as core,
        pytest.raises(InvalidInput, match=r"targets\.dev\.ledger_env: .* an option 'foo'") as caught,
    ):
        core.audit.ledger.head(core.audit.organization)
    assert "canary" not in str(caught.value)
