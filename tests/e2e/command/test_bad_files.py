"""Prompt files with every fault: one report, the right places, and nothing half done."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.command.conftest import House

GOLDENS = Path(__file__).parent / "goldens"
HEAD = "---\nname: greeting\nversion: 1.0.0\nmodel: gpt-small\nmax_tokens: 512\n---\n"
ALIASES = "".join(f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
CONTENTS = {
    "empty": (b"", "wrong.prompt: it is empty; write it, or remove it"),
    "blank": (b" \n\n", "wrong.prompt: it is empty"),
    "binary": (b"\x7fELF\0\1", "wrong.prompt: it is binary, not text; name a text file"),
    "huge": (b"x" * 300_000, "wrong.prompt: it has more than 256 KiB"),
    "not UTF-8": (HEAD.encode() + b"caf\xe9", "wrong.prompt: it is not UTF-8: byte 75, line 7; save it as"),
    "no front matter": (b"hello", "wrong.prompt:1:1: it does not begin with a '---' line"),
    "open front matter": (b"---\nname: x\nhello", "wrong.prompt:1:1: it does not begin with a '---' line"),
    "front matter that is a text": (b"---\nhi\n---\nhi", "wrong.prompt:2:1: it is not a mapping"),
    "front matter that is empty": (b"---\n---\nhi", "wrong.prompt:2:1: name: it is missing; give one"),
    "a key twice": (b"---\nname: x\nname: y\n---\nhi", "wrong.prompt:3:1: the key 'name' stands here twice"),
    "a tab": (b"---\nvariables:\n\t- name: x\n---\nhi", "wrong.prompt:3:1: this is not YAML"),
    "two documents": (b"---\na: 1\n--- # b\nb: 2\n---\nhi", "wrong.prompt:3:1: this is not YAML"),
    "code in a tag": (
        b"---\nname: !!python/object/apply:os.system ['touch pwned']\n---\nhi",
        "wrong.prompt:2:7: a tag or value of this kind is not allowed",
    ),
    "a tag of one's own": (b"---\nname: !mine x\n---\nhi", "wrong.prompt:2:7: a tag or value of this kind"),
    "an anchor": (b"---\nname: &a x\n---\nhi", "wrong.prompt:2:7: an anchor is not allowed"),
    "a bomb of aliases": (f"---\na: &a [x]\n{ALIASES}---\nhi".encode(), "wrong.prompt:2:4: an anchor is not"),
    "deep nesting": (b"---\na: " + b"[" * 9999 + b"\n---\nhi", "wrong.prompt:2:1: this is not YAML that can"),
    "a merge": (b"---\n<<: {name: x}\n---\nhi", "wrong.prompt:2:1: a key is a plain text"),
    "a number as key": (b"---\n5: x\n---\nhi", "wrong.prompt:2:1: a key is a plain text"),
    "a long number": (b"---\nmax_tokens: " + b"9" * 5000 + b"\n---\nhi", "wrong.prompt:2:13: a tag or value"),
    "a version that YAML takes for a number": (
        HEAD.replace("1.0.0", "01.0").encode() + b"hi",
        "wrong.prompt:3:1: version: it is not a semantic version; write MAJOR.MINOR.PATCH",
    ),
    "a number that not every reader takes": (
        HEAD.replace("512", "9" * 20).encode() + b"hi",
        "wrong.prompt:5:1: max_tokens: it does not lie within \u00b1(2^53 - 1); write a smaller number",
    ),
    "a context rule that not every reader takes": (
        HEAD.replace(
            "512", "512\ncontext_rules:\n  - source: external_api\n    max_tokens: " + "9" * 20
        ).encode()
        + b"hi",
        "wrong.prompt:8:5: context_rules[0].max_tokens: it does not lie within \u00b1(2^53 - 1)",
    ),
    **{
        f"the default {default}": (
            HEAD.replace(
                "512", f"512\nvariables:\n  - name: x\n    type: {kind}\n    default: {default}"
            ).encode()
            + b"hi {{x}}",
            f"wrong.prompt:7:5: variable 'x': the default is not {wanted}",
        )
        for kind, default, wanted in (
            *(("number", default, "a finite number") for default in (".nan", ".inf", "-.inf", "1e999")),
            ("array", "[1, .nan]", "an array of texts, finite numbers"),
        )
    },
    "a control character": (b"---\nname: \x1b[31m\n---\nhi", "wrong.prompt:2:7: character U+001B is not"),
    "half a surrogate pair": (
        b'---\nmodel: "\\ud800"\n---\nhi',
        "wrong.prompt:2:8: half of a surrogate pair",
    ),
    "no template": (HEAD.encode(), "wrong.prompt:7:1: the te"),
    "a path for a name": (
        HEAD.replace("greeting", "../../etc/passwd").encode() + b"hi",
        "wrong.prompt:2:1: a name is [A-Za-z0-9][A-Za-z0-9._-]*, at most 80 characters",
    ),
    "a name with a line break": (
        HEAD.replace("greeting", '"a\\nb"').encode() + b"hi",
        "wrong.prompt:2:1: a name is [A-Za-z0-9][A-Za-z0-9._-]*",
    ),
    "a placeholder behind a mark and CRLF": (
        b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode() + b"hi\r\nyou {{x}}\r\n",
        "wrong.prompt:8:5: placeholder 'x' has no variable",
    ),
}
NUMBERS = [
    "1",
    "1.0",
    "v1.0.0",
    "1.0.0.0",
    "01.0.0",
    "1.0.0-",
    "1.0.0-01",
    "1.0.0+",
    "1.0.0 ",
    "१.0.0",
    "latest",
]


@pytest.fixture
def wrong(house: House) -> Path:
    return house.folder / "wrong.prompt"


@pytest.mark.parametrize("command", ["check", "publish"])
@pytest.mark.parametrize("fault", CONTENTS)
def test_a_fault_is_told_at_its_place(house: House, wrong: Path, fault: str, command: str) -> None:
    content, expected = CONTENTS[fault]
    wrong.write_bytes(content)

    ran = house(command, "wrong.prompt")

    assert (ran.code, expected in ran.all, "Traceback" in ran.all) == (1, True, False)


def test_every_fault_of_a_file_is_told_in_one_run(house: House) -> None:
    shutil.copy(GOLDENS / "faulty.prompt", house.folder)

    ran = house("check", "faulty.prompt")

    assert ran.out == (GOLDENS / "faulty.txt").read_text(encoding="utf-8")


def test_one_bad_file_hides_no_other(house: House, wrong: Path) -> None:
    wrong.write_bytes(CONTENTS["the default .nan"][0])

    ran = house("check", house.write("2.0.0", "kindly"), wrong, "nowhere.prompt")

    assert ran.out.splitlines()[-1] == "3 file(s), 2 problem(s)"


def test_check_and_publish_tell_the_same_faults(house: House) -> None:
    shutil.copy(GOLDENS / "faulty.prompt", house.folder)

    check, publish = house("check", "faulty.prompt").out, house("publish", "faulty.prompt").err

    assert [line.strip() for line in publish.splitlines()[1:]] == check.splitlines()[:-1]


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_no_semantic_version_is_refused(house: House, wrong: Path, number: str) -> None:
    wrong.write_text(HEAD.replace("1.0.0", f'"{number}"') + "hi", encoding="utf-8")

    out = house("check", wrong).out

    assert "wrong.prompt:3:1: " in out
    assert "is not a semantic version; write MAJOR.MINOR.PATCH" in out


def make_link(path: Path) -> None:
    path.symlink_to("nowhere")


def make_loop(path: Path) -> None:
    path.symlink_to(path)


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (make_link, "there is no such file"),
        (make_loop, "there is no such file"),
        (make_device, "it is not a regular file"),
        (os.mkfifo, "it is not a regular file"),
        (Path.mkdir, "there is no *.prompt file in this folder"),
    ],
)
@pytest.mark.timeout(10)
def test_what_is_no_file_is_not_read(house: House, wrong: Path, make: object, said: str) -> None:
    assert callable(make)
    make(wrong)

    ran = house("publish", wrong)

    assert (ran.code, said in ran.err, "Traceback" in ran.err) == (1, True, False)


@pytest.mark.parametrize("name", ["nowhere.prompt", "x" * 5000, "wrong.prompt/below", "a\nb"])
def test_a_path_that_leads_nowhere_is_named(house: House, wrong: Path, name: str) -> None:
    wrong.write_text("hello", encoding="utf-8")

    ran = house("check", name)

    shown = name.replace("\n", "?")
    assert (ran.code, ran.out.startswith(f"{shown}: "), "Traceback" in ran.all) == (1, True, False)


def test_two_versions_of_one_prompt_are_fine(house: House) -> None:
    house.write("1.10.0", "kindly")
    house.write("1.9.0", "briefly")

    ran = house("publish", ".")

    assert ran.out.splitlines() == ["greeting 1.9.0 published, and is live", "greeting 1.10.0 published"]


@pytest.mark.parametrize(("manner", "said"), [("kindly", "the same"), ("briefly", "other")])
def test_one_version_in_two_files_is_told_at_both(house: House, manner: str, said: str) -> None:
    first = house.write("1.0.0", "kindly")
    first.rename(house.folder / "first.prompt")
    house.write("1.0.0", manner)

    ran = house("publish", ".")

    assert ran.code == 1
    for path, other in (("first.prompt", "greeting-1.0.0.prompt"), ("greeting-1.0.0.prompt", "first.prompt")):
        told = f"{path}:3:1: version 1.0.0 of greeting is also in {other}, with {said} content; keep one"
        assert told in ran.err


def test_a_file_that_is_named_twice_is_read_once(house: House) -> None:
    path = house.write("1.0.0", "kindly")

    assert house("check", path, ".", path.name).out.endswith("1 file(s), 0 problem(s)\n")


def test_one_broken_file_keeps_all_from_being_published(house: House, wrong: Path) -> None:
    house.write("1.0.0", "kindly")
    wrong.write_text("hello", encoding="utf-8")

    ran = house("publish", ".")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: 1 problem(s) in 1 of 2 file(s); nothing was sent")
    assert (house.audited(), house("status", "--format", "json").json["prompts"]) == ([], [])


def test_a_prompt_over_its_budget_is_not_published(house: House, wrong: Path) -> None:
    wrong.write_text(HEAD + "long " * 900, encoding="utf-8")

    ran = house("publish", wrong)

    assert (ran.code, house.audited()) == (1, [])
    assert "template: 4500 of 4096 characters (exact), the platform's limit" in ran.err


def test_a_team_lowers_the_budget_and_is_named_as_its_source(house: House) -> None:
    house.settings("[limits]\ncharacters = 10\n")

    ran = house("check", house.write("1.0.0", "kindly"))

    assert ran.code == 1
    assert (
        f"26 of 10 characters (exact), {house.folder}/jackfield.toml, limits.characters; shorten it"
        in ran.out
    )


def test_a_reason_that_is_not_utf8_is_told(house: House) -> None:
    ran = house.apart("publish", house.write("1.0.0", "kindly"), "--reason", os.fsdecode(b"Gr\xf6\xdfe"))

    assert ran.code == 1
    assert "other characters that cannot be printed; say in a line" in ran.err
