"""What is secret stands in no answer and in no log, also where everything fails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from jackfield.entrypoints.service.routes import OPERATIONS
from tests.e2e.service.served import served

CANARY: Final = "canary-7f3a9"
SETTINGS: Final = f"""
[targets.prod]
platform = "genesys"
base_url = "http://user:{CANARY}-url@127.0.0.1:9"
organization = "acme"

[calls]
"""


def test_no_secret_is_told(tmp_path: Path) -> None:
    settings = SETTINGS.replace(f"user:{CANARY}-url@", "").replace("[calls]\n", "")
    environ = {
        "GENESYSCLOUD_OAUTHCLIENT_ID": "client",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": f"{CANARY}-secret",
        "JACKFIELD_PIN_KEY": f"{CANARY}-key-{'0' * 40}",
        "SOME_TOKEN": f"{CANARY}-environment",
    }
    told, statuses = "", list[int]()
    with served(tmp_path, settings=settings, **environ) as found:
        for operation in OPERATIONS:
            path = re.sub(r"\{\w+\}", f"{CANARY}-path", operation.path)
            body = None if operation.takes is None else {f"{CANARY}-key": f"{CANARY}-value"}
            for headers in ({}, {"authorization": f"Bearer {CANARY}-token", "cookie": f"{CANARY}-cookie"}):
                status, answer = found.ask(
                    operation.method, f"{path}?{CANARY}-query={CANARY}", body, **headers
                )
                statuses.append(status)
                told += f"{operation.id} {answer}\n"
        found.end()
        told += found.told
    hidden = ("-secret", "-key-0", "-environment", "-token", "-cookie", "-value")
    assert [each for each in hidden if CANARY + each in told] == []
    assert CANARY not in found.told
    assert 500 not in statuses
    print(f" {len(statuses)} requests, {sorted(set(statuses))}")
