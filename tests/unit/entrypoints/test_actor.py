"""Who acts when nobody says so."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from jackfield.entrypoints.cli.actor import actor, reason

JOBS: tuple[tuple[Mapping[str, str], str], ...] = (
    ({"GITHUB_RUN_ID": "812", "GITHUB_REPOSITORY": "acme/prompts"}, "ci:github:acme/prompts:812"),
    ({"CI_JOB_ID": "7", "CI_PROJECT_PATH": "acme/prompts"}, "ci:gitlab:acme/prompts:7"),
    ({"BUILDKITE_BUILD_ID": "b", "BUILDKITE_PIPELINE_SLUG": "p"}, "ci:buildkite:p:b"),
    ({"CIRCLE_BUILD_NUM": "3", "CIRCLE_PROJECT_REPONAME": "r"}, "ci:circle:r:3"),
    ({"BUILD_BUILDID": "9", "BUILD_DEFINITIONNAME": "d"}, "ci:azure:d:9"),
    ({"BUILD_TAG": "jenkins-x-1"}, "ci:jenkins:jenkins-x-1"),
)


@pytest.mark.parametrize(("environ", "expected"), JOBS, ids=[e.split(":")[1] for _, e in JOBS])
def test_a_ci_job_is_named(environ: Mapping[str, str], expected: str) -> None:
    assert actor(environ) == expected


def test_a_job_that_tells_half_is_still_named() -> None:
    assert actor({"GITHUB_RUN_ID": "812"}) == "ci:github:?:812"


def test_the_environments_own_word_goes_first() -> None:
    assert actor({"JACKFIELD_ACTOR": "mina", "GITHUB_RUN_ID": "812"}) == "mina"


def test_else_it_is_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "mina")

    assert actor({}) == "user:mina"


def test_the_reason_is_the_environments_or_the_command() -> None:
    assert (reason("jackfield publish", {"JACKFIELD_REASON": "CHG-1"}), reason("jackfield publish", {})) == (
        "CHG-1",
        "jackfield publish",
    )
