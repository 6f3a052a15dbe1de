"""Folders: plan, apply, and again; what is shown, and with which exit code."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from tests.e2e.command.conftest import House, keys
from tests.e2e.command.test_platform import edit_there

PLAN = ["target", "organization", "promote", "force", "pending", "held", "unchanged", "prompts"]


@pytest.fixture
def folder(house: House) -> House:
    """Two versions of `greeting` and one of `refund`, nothing published."""
    house.write("1.0.0", "kindly")
    house.write("1.1.0", "briefly")
    house.write("1.0.0", "politely", "refund")
    return house


def planned(house: House, *options: str) -> dict[str, Any]:
    prompts = house("plan", ".", "--format", "json", *options).json["prompts"]
    return {p["name"]: [f"{s['do']} {s['version']}" for s in p["steps"]] for p in prompts}


def test_a_plan_shows_what_is_to_be_done(folder: House) -> None:
    ran = folder("plan", ".", "--promote")

    assert (ran.code, ran.err) == (4, "")
    assert ran.out.splitlines() == [
        "greeting: create 1.0.0, publish 1.1.0, promote 1.1.0",
        "refund: create 1.0.0",
        "simulator: 2 to change, 0 held up, 0 unchanged",
    ]


def test_a_plan_changes_nothing(folder: House) -> None:
    folder("plan", ".", "--promote")

    assert (folder.audited(), folder("status", "--format", "json").json["prompts"]) == ([], [])


def test_an_apply_does_what_the_plan_shows(folder: House) -> None:
    ran = folder("apply", ".", "--promote")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "greeting: created 1.0.0, published 1.1.0, promoted 1.1.0",
        "refund: created 1.0.0",
        "2 done, 0 unchanged, 0 failed",
    ]


def test_after_an_apply_nothing_is_left(folder: House) -> None:
    folder("apply", ".", "--promote")

    plan, again = folder("plan", ".", "--promote"), folder("apply", ".", "--promote")

    assert (plan.code, plan.out) == (0, "simulator: 0 to change, 0 held up, 2 unchanged\n")
    assert (again.code, again.out) == (0, "0 done, 2 unchanged, 0 failed\n")


def test_an_apply_again_writes_nothing_to_the_log(folder: House) -> None:
    folder("apply", ".", "--promote")
    before = folder.audited()

    folder("apply", ".", "--promote")

    assert folder.audited() == before


def test_who_and_why_are_on_the_log(folder: House) -> None:
    folder("apply", ".", "--actor", "tom", "--reason", "CHG-9")

    log = folder("log", "refund", "--format", "json").json["log"]
    assert [(e["by"], e["why"]) for e in log] == [("tom", "CHG-9")]


def test_without_promote_only_versions_are_published(folder: House) -> None:
    folder("apply", ".", "--promote")
    folder.write("1.2.0", "loudly")

    assert planned(folder)["greeting"] == ["publish 1.2.0"]


def test_a_plan_with_diff_shows_what_differs_from_what_is_live(folder: House) -> None:
    folder("apply", ".")
    folder.write("1.2.0", "loudly")

    out = folder("plan", ".", "--diff").out

    assert "-Greet {{customer}} kindly." in out
    assert "+Greet {{customer}} loudly." in out


def test_the_json_of_a_plan_has_its_keys(folder: House) -> None:
    ran = folder("plan", ".", "--format", "json")

    assert (keys(ran.json), ran.json["pending"], ran.json["unchanged"]) == (PLAN, 2, 0)


def test_the_json_of_an_apply_has_its_keys(folder: House) -> None:
    ran = folder("apply", ".", "--format", "json")

    assert (keys(ran.json), ran.err) == (["prompts"], "")
    assert keys(ran.json["prompts"][0]) == ["name", "result", "steps", "error", "findings"]


def test_one_broken_file_keeps_all_from_being_sent(folder: House) -> None:
    (folder.folder / "wrong.prompt").write_text("hello", encoding="utf-8")

    ran = folder("apply", ".")

    assert (ran.code, ran.out, folder.audited()) == (1, "", [])
    assert "nothing was sent" in ran.err


def test_a_conflict_is_exit_code_3_and_stops_no_other(folder: House) -> None:
    folder("apply", "greeting-1.0.0.prompt")
    folder.write("1.0.0", "otherwise")

    plan, apply = folder("plan", "."), folder("apply", ".")

    assert (plan.code, apply.code) == (3, 3)
    assert "greeting: held up (conflict): version 1.0.0 is published with other content" in plan.out
    assert apply.err.startswith("failed: prompt greeting: version 1.0.0 is published with other content")
    assert apply.out == "refund: created 1.0.0\n1 done, 0 unchanged, 1 failed\n"


def test_a_rollback_by_hand_is_not_undone_by_the_next_apply(folder: House) -> None:
    folder("apply", ".", "--promote")
    folder("rollback", "greeting")

    ran = folder("apply", ".", "--promote")

    assert (ran.code, "somebody rolled back from 1.1.0" in ran.err) == (3, True)
    assert "live      1.0.0" in folder("status", "greeting").out


def test_force_undoes_a_rollback_by_hand(folder: House) -> None:
    folder("apply", ".", "--promote")
    folder("rollback", "greeting")

    ran = folder("apply", ".", "--promote", "--force")

    assert (ran.code, ran.out.splitlines()[0]) == (0, "greeting: promoted 1.1.0")


def test_an_empty_folder_is_told(house: House) -> None:
    (house.folder / "empty").mkdir()

    for verb in ("plan", "apply"):
        ran = house(verb, "empty")
        assert (ran.code, ran.err) == (
            1,
            "error: empty: there is no *.prompt file in this folder; name another folder, or a file\n",
        )


def test_a_loop_of_links_ends(folder: House) -> None:
    (folder.folder / "loop").symlink_to(folder.folder)

    assert planned(folder) == {"greeting": ["create 1.0.0", "publish 1.1.0"], "refund": ["create 1.0.0"]}


def test_a_thousand_files_are_planned(house: House) -> None:
    for number in range(1000):
        house.write("1.0.0", "kindly", f"greeting-{number}")

    ran = house("plan", ".", "--no-drift")

    assert (ran.code, ran.out.splitlines()[-1]) == (4, "simulator: 1000 to change, 0 held up, 0 unchanged")


@pytest.fixture
def plan(folder: House) -> House:
    """A plan file of the folder, which has changed since."""
    assert folder("plan", ".", "--promote", "--out", "plan.json").code == 4
    folder.write("9.0.0", "late")
    return folder


def test_a_plan_file_is_what_is_done(plan: House) -> None:
    ran = plan("apply", "plan.json")

    assert (ran.code, ran.out.splitlines()[0]) == (
        0,
        "greeting: created 1.0.0, published 1.1.0, promoted 1.1.0",
    )


def test_a_plan_file_that_is_done_is_unchanged(plan: House) -> None:
    plan("apply", "plan.json")

    ran = plan("apply", "plan.json")

    assert (ran.code, ran.out) == (0, "0 done, 2 unchanged, 0 failed\n")


def test_a_stale_plan_file_is_refused_as_a_whole(plan: House) -> None:
    plan("publish", plan.write("0.5.0", "early", "refund"))
    before = plan.audited()

    ran = plan("apply", "plan.json")

    assert (ran.code, ran.out, plan.audited()) == (3, "", before)
    assert ran.err == (
        "error: plan: the plan is stale: refund moved since it was made; nothing was sent; plan again\n"
    )


def test_a_plan_file_of_another_target_is_refused(plan: House) -> None:
    plan.settings('[targets.dev]\nplatform = "simulator"\n')

    ran = plan("apply", "plan.json", "--target", "dev")

    assert (ran.code, ran.out) == (3, "")
    assert "plan.json: the plan is of target simulator (simulator), and this is dev (simulator)" in ran.err


def test_the_way_to_apply_a_plan_names_its_target(folder: House) -> None:
    folder.settings('[targets.dev]\nplatform = "simulator"\n[targets.test]\nplatform = "simulator"\n')

    ran = folder("plan", ".", "--out", "a plan.json", "--target", "dev")

    said = ran.out.splitlines()[-1].removeprefix("the plan is in a plan.json; do it with '").removesuffix("'")
    assert shlex.split(said) == ["jackfield", "apply", "a plan.json", "--target", "dev"]
    assert folder(*shlex.split(said)[1:]).code == 0


def test_a_plan_file_that_is_cut_is_refused(plan: House) -> None:
    path = plan.folder / "plan.json"
    path.write_bytes(path.read_bytes()[:-100])

    ran = plan("apply", "plan.json")

    assert (ran.code, ran.err) == (1, "error: plan.json: it is cut, or no JSON; plan again\n")


def test_json_that_is_no_plan_is_refused(plan: House) -> None:
    (plan.folder / "plan.json").write_text('{"prompts": []}', encoding="utf-8")

    ran = plan("apply", "plan.json")

    assert (ran.code, "it is no plan; name a file that 'jackfield plan --out' wrote" in ran.err) == (1, True)


@pytest.mark.parametrize("option", ["--promote", "--force", "--drift"])
def test_a_plan_file_takes_no_wish(plan: House, option: str) -> None:
    ran = plan("apply", "plan.json", option)

    assert (ran.code, "a plan file says what is to be done" in ran.err) == (2, True)


def test_a_plan_file_replaces_none(plan: House) -> None:
    ran = plan("plan", ".", "--out", "plan.json")

    assert (ran.code, "plan.json: it cannot be written: File exists" in ran.err) == (1, True)


def test_a_plan_file_holds_no_secret(folder: House, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("1.0.0", "kindly", "holds-no-secret")

    folder("plan", "holds-no-secret-1.0.0.prompt", "--out", "plan.json")

    text = (folder.folder / "plan.json").read_text(encoding="utf-8")
    assert ("canary" in text, json.loads(text)["place"]) == (False, {"target": "prod", "platform": platform})


def test_an_edit_on_the_platform_is_shown(house: House, platform: str) -> None:
    path = house.write("1.0.0", "kindly", "edited-folder")
    house("publish", path)
    edit_there(platform, "edited-folder")

    ran, diff = house("plan", path), house("diff", "edited-folder", "--drift")

    assert (ran.code, diff.code) == (0, 0)
    assert ran.out.startswith("edited-folder: warning (drift): the platform has 7.0.0 live, not the 1.0.0")
    assert diff.out.splitlines()[:2] == [
        "--- edited-folder 1.0.0 (our record)",
        "+++ edited-folder 7.0.0 (the platform)",
    ]
    assert [line for line in diff.out.splitlines() if line.startswith(("-G", "+H"))] == [
        "-Greet {{customer}} kindly.",
        "+Hi {{customer}}.",
    ]


def test_a_platform_that_is_away_is_exit_code_5(folder: House, platform: str) -> None:
    ran = folder("plan", ".", "--target", "closed")

    assert (
        ran.code,
        "greeting: held up (unavailable): whether the platform has it is not known" in ran.out,
    ) == (
        5,
        True,
    )


def test_no_drift_is_without_drift(house: House) -> None:
    house.publish("1.0.0")

    assert house("diff", "greeting", "--drift").out == "no difference\n"


@pytest.mark.parametrize("line", [("diff", "greeting"), ("diff", "greeting", "1.0.0", "--drift")])
def test_a_diff_is_of_versions_or_of_drift(house: House, line: tuple[str, ...]) -> None:
    ran = house(*line)

    assert (ran.code, "name version A, or give --drift and no version" in ran.err) == (2, True)


def test_the_words_that_differ_are_in_the_json(house: House) -> None:
    house.publish("1.0.0", "1.1.0")

    words = house("diff", "greeting", "1.0.0", "1.1.0", "--format", "json").json["words"]

    assert [p["text"] for p in words[0]["pieces"] if p["mark"] == "removed"] == ["0"]
    assert [p["text"] for p in words[1]["pieces"] if p["mark"] == "added"] == ["1"]
