"""A URL is used as it is, and shown without what is secret in it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis.strategies import sampled_from, text

from jackfield.adapters.postgres.addresses import address
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret


def shown(url: str) -> str:
    return str(address(Secret(url)))


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "postgresql://me:pw@db.example:5433/prompts?sslmode=require",
            "postgresql://db.example:5433/prompts",
        ),
        ("postgres://db.example/prompts", "postgresql://db.example/prompts"),
        ("postgresql://a:1,b:2/x", "postgresql://a,b:1,2/x"),
        ("postgresql:///x?host=/run/postgresql", "postgresql:///run/postgresql/x"),
        ("postgresql://", "postgresql:///"),
    ],
)
def test_host_port_and_database_are_shown(url: str, wanted: str) -> None:
    assert shown(url) == wanted


def test_the_urls_own_options_win() -> None:
    found = address(Secret("postgresql://me:pw@h/x?connect_timeout=9&sslmode=verify-full")).parameters()
    assert [found[key] for key in ("user", "password", "connect_timeout", "sslmode", "application_name")] == [
        "me", "pw", "9", "verify-full", "jackfield",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:canary@canary@h/x",
        "postgresql://u:1234/canary@h/x",
        "postgresql://u:ca%nary@h/x",
        "postgresql://u:a/b?canary=word@h/x",
        "postgresql://u:canary@h:port/x",
        "postgresql://u:ca\0nary@h/x",
        "postgresql://u:canary\ud800@h/x",
    ],
)
def test_a_url_that_cannot_be_used_is_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInput, match="not a URL of a PostgreSQL database") as caught:
        shown(url)
    assert "canary" not in str(caught.value)
    assert "canary" not in f"{caught.value.__cause__}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@given(password=text(sampled_from("aZ9@:/?#%&= é\\'\""), min_size=1))
def test_any_password_can_be_written_and_is_not_shown(password: str) -> None:
    at = address(Secret(f"postgresql://me:{quote(password, safe='')}@h:5432/x"))
    assert (at.parameters()["password"], str(at)) == (password, "postgresql://h:5432/x")


@given(password=text(sampled_from("aZ9@:/?#%&=é"), min_size=1))
def test_a_password_that_is_not_quoted_is_never_shown(password: str) -> None:
    try:
        told = shown(f"postgresql://me:SECRET{password}SECRET@host.example:5432/x")
    except InvalidInput as error:
        told = str(error)
    assert "SECRET" not in told


@pytest.mark.parametrize("query", ["foo=canary", "sslmode=require&foo=canary", "foo"])
def test_an_option_that_is_unknown_is_named_and_its_value_is_not(query: str) -> None:
    with pytest.raises(InvalidInput, match="has an option 'foo', which is unknown") as caught:
        shown(f"postgresql://u:canary@h/x?{query}")
    assert "canary" not in str(caught.value)
