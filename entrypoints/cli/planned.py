"""Showing plans, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from jackfield.adapters.files.plans import Place
from jackfield.adapters.genesys.regions import hosts
from jackfield.domain.model.differences import differences
from jackfield.domain.model.errors import JackfieldError
from jackfield.domain.services.prompts.planning import Do, Outcome, Plan, PromptPlan, Result, Step, Why
from jackfield.entrypoints.cli.diffs import show_lines
from jackfield.entrypoints.cli.output import error_text, say
from jackfield.entrypoints.cli.views import View, error_view, finding_view
from jackfield.entrypoints.settings import Settings

PENDING: Final = 4
CONFLICT: Final = 3
UNAVAILABLE: Final = 5

_DONE: Final = {
    Do.ADOPT: "adopted",
    Do.CREATE: "created",
    Do.PUBLISH: "published",
    Do.PROMOTE: "promoted",
}


def place_of(settings: Settings) -> Place:
    """Return where a plan of these settings is to be applied."""
    if settings.platform == "simulator":
        return Place(target=settings.target, platform="simulator")
    return Place(target=settings.target, platform=hosts(settings.region, base_url=settings.base_url).api)


def exit_code_of(plan: Plan) -> int:
    """Return 5 or 3 if something is held up, 4 if something is to be done, else 0."""
    whys = {hold.why for prompt in plan.prompts for hold in prompt.holds}
    if whys:
        return UNAVAILABLE if Why.UNAVAILABLE in whys else CONFLICT
    return PENDING if plan.pending else 0


def changes(prompt: PromptPlan) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each new version with a diff from the one before it, the first from what is live."""
    before = prompt.live
    for step in prompt.steps:
        definition = prompt.definition(step.version)
        if definition is None or step.do is Do.PROMOTE:
            continue
        if before is not None:
            yield step.version, differences(before, definition)
        before = definition


def plan_view(plan: Plan, target: str) -> View:
    """A plan as JSON."""
    return {
        "target": target,
        "organization": plan.organization,
        "promote": plan.wish.promote,
        "force": plan.wish.force,
        "pending": len(plan.pending),
        "held": len(plan.held),
        "unchanged": len(plan.prompts) - len(plan.pending) - len(plan.held),
        "prompts": [_prompt_view(p) for p in plan.prompts],
    }


def _prompt_view(prompt: PromptPlan) -> View:
    return {
        "name": prompt.name,
        "live": prompt.standing.live,
        "steps": [_step_view(s) for s in prompt.steps],
        "holds": [{"why": h.why, "message": h.message, "remedy": h.remedy} for h in prompt.holds],
        "notices": [{"what": n.what, "message": n.message, "lines": n.lines} for n in prompt.notices],
        "changes": [{"version": version, "lines": lines} for version, lines in changes(prompt)],
    }


def _step_view(step: Step) -> View:
    return {"do": step.do, "version": step.version, "content_hash": step.content_hash}


def show_plan(plan: Plan, target: str, *, with_diff: bool) -> None:
    """Write what is to be done, what is held up and what should be known; what is unchanged is counted."""
    for prompt in plan.prompts:
        for line in _lines(prompt):
            say(line)
        if with_diff:
            _show_diffs(prompt)
    unchanged = len(plan.prompts) - len(plan.pending) - len(plan.held)
    say(f"{target}: {len(plan.pending)} to change, {len(plan.held)} held up, {unchanged} unchanged")


def _lines(prompt: PromptPlan) -> Iterator[str]:
    if prompt.pending:
        yield f"{prompt.name}: {', '.join(map(str, prompt.steps))}"
    for hold in prompt.holds:
        yield f"{prompt.name}: held up ({hold.why}): {hold.message}; {hold.remedy}"
    for notice in prompt.notices:
        yield f"{prompt.name}: warning ({notice.what}): {notice.message}"


def _show_diffs(prompt: PromptPlan) -> None:
    for _, lines in changes(prompt):
        show_lines(lines)
    for notice in prompt.notices:
        show_lines(notice.lines)


def outcome_line(outcome: Outcome) -> str:
    """What became of one prompt, in a line."""
    done = ", ".join(f"{_DONE[s.do]} {s.version}" for s in outcome.steps)
    match outcome.result:
        case Result.FAILED:
            after = f" (after: {done})" if done else ""
            return f"failed{after}: {_said(outcome.error)}"
        case Result.LEFT:
            return f"{outcome.name}: not begun"
        case Result.UNCHANGED:
            return f"{outcome.name}: unchanged"
        case Result.DONE:
            return f"{outcome.name}: {done}"


def _said(error: JackfieldError | None) -> str:
    """Return an error and its problems in one line."""
    return "" if error is None else "; ".join(map(str.strip, error_text(error).splitlines()))


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many prompts came how far."""
    counts = {result: sum(o.result is result for o in outcomes) for result in Result}
    return ", ".join(
        f"{count} {_WORDS[result]}" for result, count in counts.items() if count or result in _ALWAYS
    )


_WORDS: Final = {
    Result.DONE: "done",
    Result.UNCHANGED: "unchanged",
    Result.FAILED: "failed",
    Result.LEFT: "not begun",
}
_ALWAYS: Final = frozenset({Result.DONE, Result.UNCHANGED, Result.FAILED})


def outcome_view(outcome: Outcome, code: int) -> View:
    """What became of one prompt, as JSON."""
    return {
        "name": outcome.name,
        "result": outcome.result,
        "steps": [_step_view(s) for s in outcome.steps],
        "error": None if outcome.error is None else error_view(outcome.error, code),
        "findings": [finding_view(finding) for finding in outcome.findings],
    }
