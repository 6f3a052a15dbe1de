"""Settings of a file and an environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from jackfield.entrypoints.settings import Settings, resolve

Resolve: TypeAlias = Callable[..., Settings]

PLATFORM = '[targets.prod]\nplatform = "genesys"\nregion = "eu-central-1"\n'
CLIENT = {"GENESYS_CLIENT_ID": "an-id", "GENESYS_CLIENT_SECRET": "canary"}


@pytest.fixture
def resolved(tmp_path: Path) -> Resolve:
    """Resolve the settings of a file's text in an environment."""

    def with_file(
        text: str = "", environ: Mapping[str, str] | None = None, target: str | None = None, **options: Path
    ) -> Settings:
        path = tmp_path / "jackfield.toml"
        path.write_text(text or "# nothing", encoding="utf-8")
        home = {"JACKFIELD_STATE": str(tmp_path / "state")}
        return resolve(target, config=path, environ={**home, **(environ or {})}, **options)

    return with_file


TWO_CLIENTS = PLATFORM + "".join(
    f'[[targets.prod.clients]]\nclient_id_env = "ID_{n}"\nclient_secret_env = "SECRET_{n}"\n' for n in "AB"
)
