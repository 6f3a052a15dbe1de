"""Settings that are looked at though they cannot be worked with, and which targets can be named."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.settings import resolve, survey
from jackfield.entrypoints.settings.places import target_names

TOML = '[targets.prod]\nplatform = "genesys"\nregion = "eu-west-1"\n'
CLIENT = {"GENESYS_CLIENT_ID": "a", "GENESYS_CLIENT_SECRET": "b"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "jackfield.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


def test_settings_without_credentials_are_there_beside_their_trouble(config: Path) -> None:
    settings, trouble = survey("prod", config=config, environ={})
    assert (settings.region, settings.organization) == ("eu-west-1", "unknown")
    assert "the environment has no GENESYSCLOUD_OAUTHCLIENT_ID" in str(trouble)


def test_the_same_settings_are_refused_to_be_worked_with(config: Path) -> None:
    with pytest.raises(InvalidInput, match="the environment has no"):
        resolve("prod", config=config, environ={})


def test_settings_that_fit_have_no_trouble(config: Path) -> None:
    assert survey("prod", config=config, environ=CLIENT) == (
        resolve("prod", config=config, environ=CLIENT),
        None,
    )


@pytest.mark.parametrize(
    ("environ", "overridden"),
    [
        ({}, {}),
        ({"GENESYSCLOUD_REGION": "eu-west-1"}, {}),
        ({"GENESYSCLOUD_REGION": "us-east-1"}, {"region": "eu-west-1"}),
        ({"GENESYS_BASE_URL": "http://127.0.0.1:9"}, {}),
    ],
)
def test_what_the_file_says_otherwise_is_kept(
    config: Path, environ: dict[str, str], overridden: dict[str, str]
) -> None:
    assert resolve("prod", config=config, environ=CLIENT | environ).overridden == overridden


def test_the_targets_that_can_be_named(config: Path) -> None:
    assert target_names({"JACKFIELD_CONFIG": str(config)}) == ("prod", "simulator")
