"""The pages of the documentation, and a reader who does what they say."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import field, frozen

from jackfield.adapters.files import prompts as prompt_files
from jackfield.entrypoints.cli.run import run
from jackfield.entrypoints.settings import file as settings_file
from tests.lean import run_pytest

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = tuple(
    str(path.relative_to(ROOT))
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *sorted(DOCS.rglob("*.md")),
    )
)

FENCE: Final = re.compile(r"^```([a-z]*)([^\n`]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
DATABASE: Final = "postgresql://jackfield:PASSWORD@db.example.com/prompts?sslmode=verify-full"
JOBS: Final = (
    "GITHUB_RUN_ID",
    "CI_JOB_ID",
    "BUILDKITE_BUILD_ID",
    "CIRCLE_BUILD_NUM",
    "BUILD_BUILDID",
    "BUILD_TAG",
)


@frozen
class Snippet:
    """One fenced block: its language, the words behind it, and its text."""

    language: str
    words: tuple[str, ...]
    text: str

    @property
    def title(self) -> str | None:
        """The file that the block is."""
        return next((w.removeprefix("title=") for w in self.words if w.startswith("title=")), None)


def page_text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@frozen
class Reader:
    """Somebody who does what a page says, in an empty folder."""

    folder: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    names: dict[str, Any] = field(factory=dict[str, Any])
    servers: list[subprocess.Popen[str]] = field(factory=list["subprocess.Popen[str]"])
    seen: list[str] = field(factory=lambda: [""])
    codes: list[int] = field(factory=lambda: [0])

    def follow(self, snippet: Snippet) -> None:
        """Write, run or parse the snippet."""
        if snippet.title is not None:
            path = self.folder / snippet.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(snippet.text, encoding="utf-8")
        ways: Mapping[str, Callable[[Snippet], None]] = {
            "console": self._console,
            "prompt": self._prompt,
            "python": self._python,
            "text": self._text,
            "toml": self._toml,
        }
        ways[snippet.language](snippet)

    def leave(self) -> None:
        """Stop the servers."""
        for server in self.servers:
            server.terminate()
            server.communicate(timeout=60)

    def _python(self, snippet: Snippet) -> None:
        path = self.folder.parent / "snippet.py"
        path.write_text(snippet.text, encoding="utf-8")
        self.names.update(runpy.run_path(str(path), init_globals=self.names, run_name="__main__"))
        self.seen[0] = self.capture.readouterr().out

    def _prompt(self, snippet: Snippet) -> None:
        file = prompt_files.read(self.folder / str(snippet.title))
        assert bool(file.problems) is ("broken" in snippet.words), file.problems

    def _toml(self, snippet: Snippet) -> None:
        settings_file.read(self.folder / str(snippet.title))

    def _text(self, snippet: Snippet) -> None:
        if "output" in snippet.words:
            assert_shown(self.seen[0], snippet.text)

    def _console(self, snippet: Snippet) -> None:
        lines = snippet.text.splitlines()
        starts = [n for n, line in enumerate(lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            asked = end < len(lines) and lines[end] == "$ echo $?"
            self._command(lines[start][2:], "\n".join(lines[start + 1 : end]), may_fail=asked)

    def _command(self, line: str, shown: str, *, may_fail: bool) -> None:
        line = re.sub(r"\$\(cat (\S+)\)", lambda m: (self.folder / m[1]).read_text().strip(), line)
        match shlex.split(line):
            case ["jackfield", "simulate" | "serve" as served, *arguments, "&"]:
                self._serve([served, *arguments], shown)
            case ["jackfield", *arguments]:
                self._run(arguments, shown, may_fail=may_fail)
            case ["echo", "$?"]:
                assert shown.strip() == str(self.codes[0])
            case ["export", *settings]:
                for setting in settings:
                    self.patch.setenv(*setting.split("=", 1))
            case ["pytest", *arguments]:
                self._pytest(arguments, shown)
            case ["make", target]:
                assert f"\n{target}: " in page_text("Makefile")
            case _:
                raise AssertionError(f"no reader of ours can run: {line}")

    def _run(self, arguments: list[str], shown: str, *, may_fail: bool) -> None:
        file = self.folder / arguments[-1] if arguments[-2:-1] == [">"] else None
        self.codes[0] = run(arguments if file is None else arguments[:-2])
        captured = self.capture.readouterr()
        self.seen[0] = captured.out + captured.err
        assert may_fail or self.codes[0] == 0, self.seen[0]
        if file is not None:
            file.write_text(captured.out, encoding="utf-8")
        elif shown.strip():
            assert_shown(self.seen[0], shown)

    def _pytest(self, arguments: list[str], shown: str) -> None:
        done = run_pytest(self.folder, *arguments)
        assert done.returncode == 0, done.stdout
        assert_shown(done.stdout, shown)

    def _serve(self, arguments: list[str], shown: str) -> None:
        server = subprocess.Popen(
            [sys.executable, "-m", "jackfield", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.servers.append(server)
        assert server.stdout is not None
        assert_shown(server.stdout.readline(), shown)


def assert_shown(actual: str, shown: str) -> None:
    """Compare, but for blank lines and blanks at the end; `…` stands for any text, alone for any lines."""
    wanted = [line.rstrip() for line in shown.splitlines() if line.strip()]
    got = "".join(f"{line.rstrip()}\n" for line in actual.splitlines() if line.strip())
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in wanted
    )
    assert re.fullmatch(pattern, got), f"the page shows:\n{shown}\nbut it is:\n{actual}"


@pytest.fixture
def reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Reader]:
    folder = tmp_path / "page"
    folder.mkdir()
    for name in [*JOBS, *(n for n in os.environ if n.startswith(("JACKFIELD_", "GENESYS")))]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)  # a page's files import one another
    monkeypatch.setenv("JACKFIELD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("JACKFIELD_ACTOR", "user:mina")
    found = Reader(folder, monkeypatch, capsys)
    yield found
    found.leave()


@pytest.fixture
def text(page: str, request: pytest.FixtureRequest) -> str:
    """The page's text, with a database of ours in the place of the one that it names."""
    found = page_text(page)
    if DATABASE not in found:
        return found
    return found.replace(DATABASE, request.getfixturevalue("postgres"))


def section_of(page: str, heading: str) -> str:
    parts = re.split(r"^(#+ .+)$", page_text(page), flags=re.MULTILINE)
    return parts[parts.index(heading) + 1]
