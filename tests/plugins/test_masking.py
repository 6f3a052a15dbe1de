"""What a plugin says in our words is said without the secrets that it was given."""

from __future__ import annotations

from jackfield.domain.model.errors import InvalidInput, Unavailable
from jackfield.domain.model.problems import Problem
from jackfield.plugins.masking import MASK, masked, secrets_of, without

SECRET = "canary-of-a-plugin"


def test_every_part_of_an_error_is_masked() -> None:
    error = InvalidInput(
        f"a {SECRET}",
        place=f"b {SECRET}",
        remedy=f"c {SECRET}",
        problems=[Problem(code="x", message=f"d {SECRET}", place=f"e {SECRET}")],
    )

    assert SECRET not in f"{without(error, [SECRET])} {error!r} {error.args} {vars(error)}"


def test_the_errors_behind_it_are_let_go() -> None:
    error = Unavailable("x")
    error.__cause__ = ValueError(SECRET)

    assert without(error, [SECRET]).__cause__ is None


def test_an_error_stays_of_its_kind() -> None:
    assert str(without(Unavailable(f"the key {SECRET} is refused"), [SECRET])) == f"the key {MASK} is refused"


def test_the_longest_secret_is_masked_first() -> None:
    assert masked("abcdefgh", ["abcd", "abcdefgh"]) == MASK


def test_what_is_too_short_for_a_secret_stays() -> None:
    assert masked("a prompt", ["p"]) == "a prompt"


def test_an_address_keeps_itself_and_its_password_secret() -> None:
    address = "postgresql://u:pa%40ss@h/x"

    assert list(secrets_of(address)) == [address, "pa%40ss", "pa@ss"]


def test_an_address_that_is_none_is_a_secret_as_a_whole() -> None:
    assert list(secrets_of("ledger://[")) == ["ledger://["]
