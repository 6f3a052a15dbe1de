"""Who acts when nobody says so: the CI job, else the user."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import Final

_JOBS: Final = (
    ("GITHUB_RUN_ID", "ci:github:{GITHUB_REPOSITORY}:{GITHUB_RUN_ID}"),
    ("CI_JOB_ID", "ci:gitlab:{CI_PROJECT_PATH}:{CI_JOB_ID}"),
    ("BUILDKITE_BUILD_ID", "ci:buildkite:{BUILDKITE_PIPELINE_SLUG}:{BUILDKITE_BUILD_ID}"),
    ("CIRCLE_BUILD_NUM", "ci:circle:{CIRCLE_PROJECT_REPONAME}:{CIRCLE_BUILD_NUM}"),
    ("BUILD_BUILDID", "ci:azure:{BUILD_DEFINITIONNAME}:{BUILD_BUILDID}"),
    ("BUILD_TAG", "ci:jenkins:{BUILD_TAG}"),
)


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def actor(environ: Mapping[str, str] = os.environ) -> str:
    """Return `JACKFIELD_ACTOR`, else the CI job such as `ci:github:acme/prompts:812`, else `user:NAME`."""
    if environ.get("JACKFIELD_ACTOR"):
        return environ["JACKFIELD_ACTOR"]
    for variable, form in _JOBS:
        if environ.get(variable):
            return form.format_map(_Known(environ))
    try:
        return f"user:{getpass.getuser()}"
    except (KeyError, OSError):
        return "user:unknown"


def reason(command: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return `JACKFIELD_REASON`, else the command itself."""
    return environ.get("JACKFIELD_REASON") or command
