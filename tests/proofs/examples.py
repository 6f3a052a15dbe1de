"""What is right, to be spoilt: settings, a prompt and its file, a plan, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from jackfield.adapters.genesys.resilience.rules import CallRules
from jackfield.domain.model.freshness import Source
from jackfield.domain.model.history import Move
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.subjects import organization
from jackfield.domain.model.variables import Variable
from jackfield.domain.services.prompts.live.knowing import Known
from jackfield.domain.services.prompts.values import LiveVersion
from jackfield.entrypoints.settings.live import LiveRules

ORG: Final = organization("acme")
NOW: Final = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PROMPT: Final = PromptDefinition(
    name="greeting",
    version="1.1.0",
    model="gpt-small",
    max_tokens=500,
    template="Hi {{ name }} {{n}} {{flag}} {{tags}}.",
    user_template="Why?",
    variables=[
        Variable(name="name", max_length=10, description="who"),
        Variable(name="n", type="number", default=2.5),
        Variable(name="flag", type="boolean", default=False),
        Variable(name="tags", type="array", default=["a", 1, True]),
    ],
    metadata={"owner": "mina"},
)
PROMPT_FILE: Final = b"""\
---
name: greeting
version: 1.1.0
model: gpt-small
max_tokens: 500
variables:
  - name: customer
    type: string
    max_length: 100
    default: "you"
  - {name: tags, type: array, default: [a, 1, true]}
context_rules:
  - source: knowledge_base
    max_tokens: 5
metadata:
  owner: mina
limits: {characters: 300, tokens: 100}
renderer: local
---
Greet {{customer}} with {{tags}}.
--- user
Hello.
"""
_TARGET: Final = {
    "platform": "genesys",
    "region": "eu-central-1",
    "base_url": "https://h.example",
    "organization": "acme",
    "client_id_env": "AN_ID",
    "client_secret_env": "A_SECRET",
    "ledger": "postgresql://u:p@h/x",
}
_CLIENTS: Final = [{"client_id_env": "AN_ID", "client_secret_env": "A_SECRET"}]


def _defaults(kind: type) -> dict[str, Any]:
    return {f.name: f.default for f in attrs.fields(kind)}


SETTINGS: Final[Mapping[str, Any]] = {
    "default": "a",
    "token_counter": "quarter",
    "limits": {"characters": 4000, "tokens": 3000},
    "calls": _defaults(CallRules),
    "audit": {"retention": "90d"},
    "live": _defaults(LiveRules),
    "plugins": {"allow": ["rules"], "rules": {"most": 3, "words": ["a"], "share": 0.5, "key_env": "A_KEY"}},
    "targets": {
        "a": {"platform": "simulator"},
        "b": _TARGET,
        "c": {
            "platform": "genesys",
            "region": "mypurecloud.de",
            "proxy": "http://u:p@proxy:8080",
            "ca": "/etc/ssl",
            "clients": _CLIENTS,
        },
    },
}
"""Every key of a settings file, with a value that is right."""

ENVIRON: Final = {"AN_ID": "an-id", "A_SECRET": "a-secret", "A_KEY": "a-key"}

KNOWN: Final = Known(
    version=LiveVersion(
        name=PROMPT.name,
        number=PROMPT.version,
        content_hash=PROMPT.content_hash,
        definition=PROMPT,
        since=NOW,
        actor="mina",
        move=Move.ROLLED_BACK,
        reason="CHG-1",
    ),
    confirmed=NOW,
    origin=Source.LEDGER,
)
