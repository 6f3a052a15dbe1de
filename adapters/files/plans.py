"""Plan files: what was planned, with everything that is needed to do exactly that; no secret is in one.

JSON of a versioned format. The digest over all of it shows a file that was cut or edited; it is no
signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import orjson
from attrs import field, frozen

from jackfield.adapters.strict import decode
from jackfield.adapters.texts import read_text
from jackfield.domain.model.canonical import JSON, canonical, digest
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.prompts import PromptDefinition, content
from jackfield.domain.model.subjects import organization
from jackfield.domain.services.prompts.planning import (
    Do,
    Hold,
    Notice,
    Plan,
    PromptPlan,
    Seen,
    Standing,
    Step,
    Wish,
)

FORMAT: Final = "jackfield-plan/1"
_FAMILY: Final = "jackfield-plan/"
_LARGEST: Final = 64 * 1024 * 1024


@frozen(kw_only=True)
class Place:
    """Where a plan is to be applied: the target's name, and the host of its platform."""

    target: str
    platform: str


@frozen(kw_only=True)
class PlanFile:
    """A plan, and where it is to be applied."""

    place: Place
    plan: Plan


@frozen(kw_only=True)
class _Prompt:
    """One prompt of a plan file."""

    name: str
    definitions: tuple[PromptDefinition, ...]
    standing: Standing
    steps: tuple[Step, ...]
    holds: tuple[Hold, ...]
    notices: tuple[Notice, ...]
    seen: Seen | None = None


@frozen(kw_only=True)
class _Content:
    """A whole plan file, its digest aside."""

    format: str
    place: Place
    organization: str
    wish: Wish
    prompts: tuple[_Prompt, ...] = field(factory=tuple[_Prompt, ...])


def is_plan(path: Path) -> bool:
    """Say whether a file is meant as a plan, by its suffix or its beginning: no prompt file has either."""
    try:
        if not path.is_file():  # opening a pipe would wait for somebody who writes into it
            return False
        if path.suffix == ".json":
            return True
        with path.open("rb") as file:
            return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except (OSError, ValueError):
        return False


def write_plan(file: PlanFile) -> bytes:
    """Return the bytes of a plan file."""
    said = {
        "format": FORMAT,
        "place": {"target": file.place.target, "platform": file.place.platform},
        "organization": file.plan.organization,
        "wish": {"promote": file.plan.wish.promote, "force": file.plan.wish.force},
        "prompts": [_prompt(p) for p in file.plan.prompts],
    }
    whole = {**said, "digest": digest(canonical(said))}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_plan(path: Path) -> PlanFile:
    """Read a plan file; raise `InvalidInput` for one that is cut, edited, of a newer format, or none."""
    said = _json(path)
    claimed = said.pop("digest", None)
    _refuse_other_format(path, said)
    if not _is_digest(claimed, said):
        raise _refused(path, "it was cut or edited since it was written", "plan again")
    try:
        content_ = decode(said, _Content, place=str(path))
        return PlanFile(place=content_.place, plan=_plan(content_))
    except InvalidInput as error:
        fault = next((str(p) for p in error.problems), error.message)
        raise _refused(path, f"it is no plan: {fault}", "plan again") from None


def _is_digest(claimed: object, said: Mapping[str, object]) -> bool:
    try:
        return claimed == digest(canonical(said))
    except (ValueError, RecursionError):  # nothing that was ever written
        return False


def _json(path: Path) -> dict[str, Any]:
    text = read_text(path, largest=_LARGEST)
    try:
        said: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _refused(path, "it is cut, or no JSON", "plan again") from None
    if not isinstance(said, dict):
        raise _refused(path, "it is no plan", "name a file that 'jackfield plan --out' wrote")
    return cast("dict[str, Any]", said)


def _refuse_other_format(path: Path, said: Mapping[str, object]) -> None:
    form = said.get("format")
    if form == FORMAT:
        return
    if isinstance(form, str) and form.startswith(_FAMILY):
        message = f"its format is {form[:40]}, and this version of Jackfield reads {FORMAT}"
        raise _refused(path, message, "upgrade Jackfield, or plan again with this version")
    raise _refused(path, "it is no plan", "name a file that 'jackfield plan --out' wrote")


def _refused(path: Path, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(message, place=str(path), remedy=remedy)


def _plan(said: _Content) -> Plan:
    if any(d.name != p.name for p in said.prompts for d in p.definitions):
        raise InvalidInput("a definition stands under another prompt's name")
    if any(not _is_given(p, step) for p in said.prompts for step in p.steps):
        raise InvalidInput("a step publishes a version that the plan does not hold")
    return Plan(
        organization=organization(said.organization),
        wish=said.wish,
        prompts=tuple(
            PromptPlan(
                name=p.name,
                definitions=p.definitions,
                standing=p.standing,
                steps=p.steps,
                holds=p.holds,
                notices=p.notices,
                seen=p.seen,
            )
            for p in said.prompts
        ),
    )


def _is_given(planned: _Prompt, step: Step) -> bool:
    """Whether the plan holds what the step publishes; what is adopted or promoted may be elsewhere."""
    if step.do not in (Do.CREATE, Do.PUBLISH):
        return True
    found = next((d for d in planned.definitions if d.version == step.version), None)
    return found is not None and found.content_hash == step.content_hash


def _prompt(plan: PromptPlan) -> Mapping[str, JSON]:
    standing, seen = plan.standing, plan.seen
    return {
        "name": plan.name,
        "definitions": [_definition(d) for d in plan.definitions],
        "standing": {
            "live": standing.live,
            "activations": standing.activations,
            "versions": dict(standing.versions),
            "frozen": list(standing.frozen),
        },
        "steps": [{"do": s.do, "version": s.version, "content_hash": s.content_hash} for s in plan.steps],
        "holds": [{"why": h.why, "message": h.message, "remedy": h.remedy} for h in plan.holds],
        "notices": [{"what": n.what, "message": n.message, "lines": list(n.lines)} for n in plan.notices],
        "seen": None if seen is None else {"version": seen.version, "content_hash": seen.content_hash},
    }


def _definition(definition: PromptDefinition) -> Mapping[str, JSON]:
    """Return every field as it was written, but the defaults of variables that have none."""
    fields: dict[str, Any] = dict(content(definition))
    variables = [{k: v for k, v in each.items() if v is not None} for each in fields["variables"]]
    return {
        **fields,
        "version": definition.version,
        "template": definition.template,
        "user_template": definition.user_template,
        "variables": variables,
    }
