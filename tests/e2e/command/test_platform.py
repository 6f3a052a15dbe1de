"""A target on the platform, over HTTP: the same story, and what goes wrong on the way."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.e2e.command.conftest import CLIENT, SECRET, House, simulated

NUMBERS = itertools.count(1)


@pytest.fixture
def name() -> str:
    """A prompt's name that no other test has: they share the platform."""
    return f"greeting-{next(NUMBERS)}"


@pytest.fixture
def two(house: House, platform: str, name: str) -> House:
    for version, manner in (("1.0.0", "kindly"), ("1.1.0", "briefly")):
        assert house("publish", house.write(version, manner, name)).code == 0
    return house


def ask(url: str, method: str, path: str, token: str, body: bytes | None = None) -> Any:
    headers = {"Authorization": token, "Content-Type": "application/json"}
    with urlopen(Request(url + path, body, headers, method=method), timeout=10) as answer:  # noqa: S310  # ours
        return json.load(answer)


def edit_there(url: str, name: str) -> None:
    """Edit what is live with a program of one's own, as somebody at the platform would."""
    form = urlencode({"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET})
    with urlopen(f"{url}/oauth/token", form.encode(), timeout=10) as answer:  # noqa: S310  # ours
        token = f"Bearer {json.load(answer)['access_token']}"
    prompts = "/api/v2/ai/llm/prompts"
    page = ask(url, "GET", f"{prompts}?{urlencode({'name': name})}", token)
    found = next(entity for entity in page["entities"] if entity["name"] == name)
    keys = ("name", "version", "template", "variables", "contextRules", "modelId", "maxTokens")
    edited = {key: found[key] for key in keys} | {"version": "7.0.0", "template": "Hi {{customer}}."}
    ask(url, "PUT", f"{prompts}/{found['id']}", token, json.dumps(edited).encode())


def test_a_version_is_published_and_promoted(two: House, name: str) -> None:
    ran = two("promote", name, "1.1.0")

    assert (ran.code, ran.out) == (0, f"{name} 1.1.0 is live (before: 1.0.0)\n")


def test_the_platform_agrees_after_a_promotion(two: House, name: str) -> None:
    two("promote", name, "1.1.0")

    view = two("status", name, "--format", "json").json["prompts"][0]["platform"]

    assert view == {"version": "1.1.0", "drift": False, "trouble": None, "answered": True}


def test_an_edit_on_the_platform_is_seen(two: House, platform: str, name: str) -> None:
    edit_there(platform, name)

    assert "platform  DRIFT: 7.0.0 is live there, not what our record says" in two("status", name).out


def test_a_promotion_over_an_edit_is_refused(two: House, platform: str, name: str) -> None:
    edit_there(platform, name)

    ran = two("promote", name, "1.1.0")

    assert (ran.code, ran.out) == (3, "")
    assert "the platform has 7.0.0 live, not the 1.0.0 that our record says" in ran.err
    assert "promote with --force" in ran.err


def test_force_overwrites_an_edit(two: House, platform: str, name: str) -> None:
    edit_there(platform, name)

    assert two("promote", name, "1.1.0", "--force").code == 0
    assert "agrees (1.1.0)" in two("status", name).out


def test_force_puts_back_what_our_record_has_live(two: House, platform: str, name: str) -> None:
    edit_there(platform, name)

    assert two("promote", name, "1.0.0", "--force").code == 0
    assert "agrees (1.0.0)" in two("status", name).out


@pytest.fixture
def stranger(two: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Somebody with a wrong secret, which is a canary too."""
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", "canary-wrong-secret")
    return two


@pytest.mark.parametrize("form", ["table", "json"])
def test_wrong_credentials_are_refused_with_a_remedy(stranger: House, name: str, form: str) -> None:
    ran = stranger("promote", name, "1.1.0", "--format", form)

    assert (ran.code, ran.out, "canary" in ran.err) == (3, "", False)
    assert "check the OAuth client's id and secret" in ran.err


def test_wrong_credentials_leave_no_success(stranger: House, name: str) -> None:
    before = stranger.audited()

    stranger("promote", name, "1.1.0")

    assert ("prompt.promote", "succeeded") not in stranger.audited()[len(before) :]


def test_status_with_wrong_credentials_still_tells_our_record(stranger: House, name: str) -> None:
    ran = stranger("status", name)

    assert "live      1.0.0" in ran.out
    assert "the platform does not accept who we are" in ran.out


@pytest.mark.parametrize("missing", [["GENESYS_CLIENT_ID"], ["GENESYS_CLIENT_SECRET"]])
def test_missing_credentials_are_named(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch, missing: list[str]
) -> None:
    monkeypatch.delenv(missing[0])

    ran = house("status")

    assert (ran.code, ran.out, SECRET in ran.err) == (1, "", False)
    assert "credentials are read from the environment only" in ran.err


def test_a_host_that_cannot_be_reached_is_exit_code_5(house: House, platform: str) -> None:
    ran = house("publish", house.write("1.0.0", "kindly"), "--target", "closed")

    assert (ran.code, ran.out) == (5, "")
    assert "the host cannot be reached; check the network" in ran.err


def test_nothing_is_recorded_of_a_host_that_cannot_be_reached(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKFIELD_TARGET", "closed")

    house("publish", house.write("1.0.0", "kindly"))

    assert ([e for e in house.audited() if e[1] == "succeeded"], house("status").out[:9]) == ([], "no prompt")


def test_what_was_on_the_platform_before_is_adopted_first(house: House) -> None:
    house("publish", house.write("1.1.0", "kindly", "escalation-routing"))

    log = house("log", "escalation-routing", "--format", "json").json["log"]

    assert [(e["version"], e["how"]) for e in log] == [("1.0.0", "adopted")]


def test_an_adopted_version_can_be_rolled_back_to(house: House) -> None:
    house("publish", house.write("1.1.0", "kindly", "escalation-routing"))
    house("promote", "escalation-routing", "1.1.0")

    ran = house("rollback", "escalation-routing")

    assert ran.out == "escalation-routing 1.0.0 is live (before: 1.1.0)\n"


def test_a_rollback_to_what_our_record_has_live_overwrites_an_edit(
    two: House, platform: str, name: str
) -> None:
    edit_there(platform, name)

    assert two("rollback", name, "--to", "1.0.0").out == f"{name} 1.0.0 was put live on the platform again\n"
    assert "agrees (1.0.0)" in two("status", name).out


def test_a_publication_that_fails_names_the_prompt_among_many(two: House, platform: str, name: str) -> None:
    two("rollback", name, "--to", "1.1.0", "--freeze")

    ran = two("publish", two.write("1.0.0", "kindly", f"{name}-a"), two.write("3.0.0", "loudly", name))

    assert (ran.code, ran.out) == (3, f"{name}-a 1.0.0 published, and is live\n")
    assert ran.err.startswith(f"error: prompt {name} 3.0.0, POST ")


def test_what_was_published_before_a_failure_is_in_the_json_too(two: House, platform: str, name: str) -> None:
    two("rollback", name, "--to", "1.1.0", "--freeze")
    files = two.write("1.0.0", "kindly", f"{name}-a"), two.write("3.0.0", "loudly", name)

    ran = two("publish", *files, "--format", "json")

    assert [p["name"] for p in ran.json["published"]] == [f"{name}-a"]
    assert json.loads(ran.err)["error"]["type"] == "RollbackActive"


def test_another_platform_than_the_prompt_was_published_to_is_suspected(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESYS_CLIENT_ID", CLIENT)
    monkeypatch.setenv("GENESYS_CLIENT_SECRET", SECRET)
    target = '[targets.prod]\nplatform = "genesys"\norganization = "acme"\nbase_url = '
    with simulated() as first, simulated() as second:
        house.settings(f'{target}"{first}"\n')
        house.publish("1.0.0", "1.1.0")
        house.settings(f'{target}"{second}"\n')
        ran = house("promote", "greeting", "1.1.0")

    assert ran.code == 3
    assert "check the target's region, base URL and organization" in ran.err


def test_literal_braces_of_a_prompt_that_is_rendered_locally_can_be_published(house: House) -> None:
    path = house.folder / "local.prompt"
    path.write_text(
        "---\nname: local\nversion: 1.0.0\nmodel: m\nmax_tokens: 99\nrenderer: local\n---\nA {{{{ b.\n",
        encoding="utf-8",
    )

    assert house("publish", path).out == "local 1.0.0 published, and is live\n"
    assert "agrees (1.0.0)" in house("status", "local").out


def test_the_simulators_folder_is_made(house: House) -> None:
    with simulated("--state", str(house.folder / "some" / "where")):
        assert (house.folder / "some" / "where" / "simulator.db").is_file()


def test_a_simulators_folder_that_cannot_be_made_is_one_message(house: House) -> None:
    (house.folder / "taken").write_text("mine", encoding="utf-8")

    ran = house("simulate", "--port", "0", "--state", "taken")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: taken: it cannot be the simulator's folder: File exists; name another")
