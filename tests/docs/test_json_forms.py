"""Every key of the JSON forms of the command is documented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, cast

from jackfield.entrypoints.bootstrap import open_core
from tests.docs.conftest import Reader, section_of

_CRM: Final = '[plugins.crm]\nurl = "https://crm.example/x"\nfields.status = "{resolution}"\n'


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield key
            yield from _keys(inner) if key != "payload" else ()
    for inner in cast("list[object]", value) if isinstance(value, list) else ():
        yield from _keys(inner)


def test_every_key_of_the_json_forms_is_documented(reader: Reader) -> None:
    text = "---\nname: refund\nversion: 1.0.0\nmodel: m\nmax_tokens: 9\n---\nHello.\n"
    (reader.folder / "refund.prompt").write_text(text)
    (reader.folder / "bad.prompt").write_text(text.replace("refund", "bad").replace("Hello", "{{"))
    exported = section_of("docs/reference/events.md", "## An exported line")
    missing = set[tuple[str, str]]()
    for line in (
        "check refund.prompt bad.prompt",
        "plan refund.prompt",
        "apply refund.prompt",
        "publish refund.prompt",
        "promote refund 1.0.0",
        "rollback refund --to 1.0.0",
        "unfreeze refund",
        "status refund",
        "log refund",
        "diff refund 1.0.0",
        "plugins list",
        "plugins check tokens",
        "audit list",
        "audit verify",
        "audit anchor",
        "audit erase --entry 1",
        "metrics refund --by version",
        "metrics refund --totals",
        "export refund --to refund.json",
        "ask a1b2c3d4-e5f6-7890-abcd-ef1234567890 refund --user Hello",
        "deliveries list",
        "deliveries run",
        "backup copy.db",
        "doctor",
        "demo prompts",
    ):
        reader._run([*line.split(), "--format", "json"], "", may_fail=line.startswith(("check", "plan")))
        path = " ".join(line.split()[: 2 if line.startswith(("audit", "deliveries", "plugins")) else 1])
        section = section_of("docs/reference/command.md", f"## `jackfield {path}`")
        documented = section + (exported if path == "audit list" else "")
        documented += (
            section_of("docs/reference/command.md", "## `jackfield promote`") if path == "rollback" else ""
        )
        missing |= {(path, k) for k in _keys(json.loads(reader.seen[0])) if f"`{k}`" not in documented}
    assert missing == set()


def test_every_key_of_the_json_forms_of_rollouts_is_documented(reader: Reader) -> None:
    text = "---\nname: refund\nversion: {}\nmodel: m\nmax_tokens: 9\n---\nHello {}.\n"
    for version in ("1.0.0", "1.1.0"):
        (reader.folder / f"{version}.prompt").write_text(text.format(version, version))
        reader._run(["publish", f"{version}.prompt"], "", may_fail=False)
    shared = section_of("docs/reference/command.md", "## `jackfield rollout start`")
    missing = set[tuple[str, str]]()
    for line in (
        "start refund 1.1.0 --hours",
        "status refund",
        "step refund",
        "hold refund",
        "explain refund --unit x",
        "stop refund",
        "rotate-key",
    ):
        hours = ["mon-sun 00:00-24:00"] if line.endswith("--hours") else []
        reader._run(["rollout", *line.split(), *hours, "--format", "json"], "", may_fail=False)
        section = section_of("docs/reference/command.md", f"## `jackfield rollout {line.split()[0]}`")
        keys = set(_keys(json.loads(reader.seen[0])))
        missing |= {(line, key) for key in keys if f"`{key}`" not in section + shared}
    assert missing == set()


def test_every_key_of_the_json_forms_of_sessions_is_documented(reader: Reader) -> None:
    with open_core() as core:
        sessions = core.acting_as("mina", reason="CHG-1").sessions
        session = sessions.start(bot="bot-id-123", customer="customer-1")
        session.turn("Let me speak to a human")
        session.close("escalated")
    show = section_of("docs/reference/command.md", "## `jackfield sessions show`")
    missing = set[tuple[str, str]]()
    for line in (
        "list",
        f"show {session.id}",
        f"explain {session.id} --max-turns 1",
        "report --by bot",
        "catch-up",
        "recover",
        "notices show https://hooks.example.com/x",
        "notices remove https://hooks.example.com/x",
        f"crm {session.id}",
    ):
        if line.startswith("crm"):
            (reader.folder / "jackfield.toml").write_text(_CRM)
        reader._run(["sessions", *line.split(), "--format", "json"], "", may_fail=False)
        verb = " ".join(line.split()[: 2 if line.startswith("notices") else 1])
        section = section_of("docs/reference/command.md", f"## `jackfield sessions {verb}`")
        documented = section + (show if verb == "list" else "")
        missing |= {(verb, k) for k in _form_keys(reader.seen[0]) if f"`{k}`" not in documented}
    assert missing == set()


def _form_keys(text: str) -> Iterator[str]:
    """The keys of a JSON form, but for those that are words of the platform's or of a CRM's."""
    free = {"headers", "body", "end_reasons", "escalation_reasons", "settled", "failed"}

    def prune(value: object) -> object:
        if isinstance(value, dict):
            found = cast("dict[str, object]", value)
            return {k: None if k in free else prune(v) for k, v in found.items()}
        return [prune(each) for each in cast("list[object]", value)] if isinstance(value, list) else value

    yield from _keys(prune(json.loads(text)))
