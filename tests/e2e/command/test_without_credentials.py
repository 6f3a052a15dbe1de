"""A target on the platform without credentials: our own record can be looked at, and nothing be changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command.conftest import House

TARGET = """\
[targets.prod]
platform = "genesys"
base_url = "http://127.0.0.1:9"
organization = "acme"
"""


@pytest.fixture
def auditor(house: House) -> House:
    (house.folder / "jackfield.toml").write_text(TARGET, encoding="utf-8")
    return house


def test_the_log_verifies_without_credentials(auditor: House) -> None:
    assert auditor("audit", "verify").code == 0


def test_an_empty_log_says_so(auditor: House) -> None:
    assert auditor("audit", "list").out == "the audit log is empty: nothing was changed yet\n"


def test_a_change_names_what_is_missing(auditor: House) -> None:
    auditor.write("1.0.0", "kindly")

    ran = auditor("publish", "greeting-1.0.0.prompt")

    wanted = "error: credentials: the environment has no GENESYSCLOUD_OAUTHCLIENT_ID and no"
    assert (ran.code, ran.err.startswith(f"{wanted} GENESYSCLOUD_OAUTHCLIENT_SECRET; ")) == (1, True)


def test_without_an_organization_the_credentials_are_needed(auditor: House) -> None:
    text = TARGET.replace('organization = "acme"\n', "")
    (auditor.folder / "jackfield.toml").write_text(text, encoding="utf-8")
    assert "no GENESYSCLOUD_OAUTHCLIENT_ID" in auditor("audit", "verify").err


@pytest.mark.parametrize(
    ("setting", "fault"),
    [('proxy = "ftp://x"', "a proxy is an http"), ('ca = "nowhere.pem"', "no such file of CA certificates")],
)
def test_a_bad_proxy_or_bundle_is_named(auditor: House, setting: str, fault: str) -> None:
    (auditor.folder / "jackfield.toml").write_text(TARGET + setting + "\n", encoding="utf-8")

    ran = auditor("audit", "verify")

    assert (ran.code, fault in ran.err) == (1, True)


def test_a_proxys_password_is_in_no_repr(auditor: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from jackfield.entrypoints.settings import resolve

    path = Path(auditor.folder / "proxied.toml")
    path.write_text(TARGET + 'proxy = "http://me:canary@127.0.0.1:9"\n', encoding="utf-8")
    monkeypatch.setenv("JACKFIELD_CONFIG", str(path))
    assert "canary" not in repr(resolve("prod"))
