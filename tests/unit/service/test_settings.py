"""The `[service]` table."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.service.tokens import Tokens, new_token
from jackfield.entrypoints.settings import resolve
from jackfield.entrypoints.settings.service import OwnToken, Scope, ServiceRules, service_rules

HASH = f"sha256:{'0' * 64}"


def rules(folder: Path, text: str) -> ServiceRules:
    path = folder / "jackfield.toml"
    path.write_text(text, encoding="utf-8")
    return service_rules(resolve(config=path, state=folder / "state", environ={}).service)


def test_without_a_table_nothing_is_required_and_everything_has_its_time(tmp_path: Path) -> None:
    assert rules(tmp_path, "[service]") == ServiceRules()


def test_tokens_are_read(tmp_path: Path) -> None:
    text = f'[[service.tokens]]\nname = "ci"\nscopes = ["read", "write"]\nhash = "{HASH}"\n'
    assert rules(tmp_path, text).tokens == (OwnToken(name="ci", scopes=(Scope.READ, Scope.WRITE), hash=HASH),)


@pytest.mark.parametrize(
    "text",
    [
        "[service]\nrequired = true",
        "[service]\ngrace_s = 0",
        "[service]\nsteps_s = -1",
        "[service]\nbody_s = nan",
        '[[service.tokens]]\nname = "ci"\nscopes = []\nhash = "' + HASH + '"',
        '[[service.tokens]]\nname = "ci"\nscopes = ["root"]\nhash = "' + HASH + '"',
        '[[service.tokens]]\nname = "c i"\nscopes = ["read"]\nhash = "' + HASH + '"',
        '[[service.tokens]]\nname = "ci"\nscopes = ["read"]\nhash = "hunter2"',
        2 * ('[[service.tokens]]\nname = "ci"\nscopes = ["read"]\nhash = "' + HASH + '"\n'),
    ],
)
def test_what_does_not_fit_is_refused_at_once(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules(tmp_path, text)
    assert "hunter2" not in str(refused.value)


def test_a_token_is_found_by_its_hash_and_is_not_in_it() -> None:
    token, hashed = new_token()
    known = OwnToken(name="ci", scopes=(Scope.READ,), hash=hashed)
    assert Tokens((known,)).find(token) is known
    assert Tokens((known,)).find(hashed) is None
    assert hashed == f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"
    assert token not in repr(known)
    assert hashed not in repr(known)


def test_tokens_are_never_alike_and_hold_256_bits() -> None:
    made = {new_token()[0] for _ in range(1_000)}
    assert (len(made), {len(token) for token in made}) == (1_000, {47})
