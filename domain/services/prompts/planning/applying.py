"""Applying a plan: all of it is checked first, then each prompt has its turn, and none stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final, Protocol

from attrs import frozen

from jackfield.domain.model.errors import Conflict, InvalidPrompt, JackfieldError, Unavailable
from jackfield.domain.model.progress import Progress
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.reviews import Finding
from jackfield.domain.services.checking import Report as Checked
from jackfield.domain.services.prompts.operations.intents import Operations
from jackfield.domain.services.prompts.planning.outcomes import Outcome, Result, moved, refusal
from jackfield.domain.services.prompts.planning.sights import compare
from jackfield.domain.services.prompts.planning.staleness import after, remaining
from jackfield.domain.services.prompts.planning.values import Do, Plan, PromptPlan, Seen, Standing, Step
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.prompts.values import Moved, PromptVersion, Published
from jackfield.ports.prompts import RemoteId
from jackfield.ports.telemetry import Report

_NAMED: Final = 5
_PATIENCE: Final = timedelta(seconds=10)
_PAUSE: Final = timedelta(seconds=0.1)


class Promote(Protocol):
    """Makes a version live, as `ActingPrompts.promote` says."""

    def __call__(
        self, version: PromptVersion, *, expecting: PromptVersion | None = None, force: bool = False
    ) -> Moved:
        """Promote it."""
        ...


@frozen(kw_only=True)
class Applying:
    """Carries plans out by the verbs of somebody who acts."""

    operations: Operations
    check: Callable[[PromptDefinition], Checked]
    publish: Callable[[PromptDefinition], Published]
    promote: Promote

    def apply(self, plan: Plan, *, report: Report, stop: Callable[[], bool]) -> Iterator[Outcome]:
        """Check the whole plan, then yield what becomes of each prompt, as `ActingPrompts.apply` says."""
        self._refuse_foreign(plan)
        self._refuse_invalid(plan)
        self._refuse_stale(plan)
        return self._turns(plan, report, stop)

    def _refuse_foreign(self, plan: Plan) -> None:
        ours = self.operations.records.organization
        if plan.organization != ours:
            raise Conflict(
                f"the plan is of organization {plan.organization}, and this is {ours}",
                place="plan",
                remedy="apply it to the target that it was made for",
            )

    def _refuse_invalid(self, plan: Plan) -> None:
        definitions = (d for p in plan.prompts for d in p.definitions)
        problems = [
            problem.at(f"prompt {d.name} {d.version}")
            for d in definitions
            for problem in self.check(d).problems
        ]
        if problems:
            raise InvalidPrompt(
                f"the plan has {len(problems)} problem(s)",
                place="plan",
                remedy="nothing was sent; mend the files and plan again",
                problems=problems,
            )

    def _refuse_stale(self, plan: Plan) -> None:
        force = plan.wish.force
        stale = [planned.name for planned in plan.prompts if self._is_stale(planned, force=force)]
        if stale:
            more = f" and {len(stale) - _NAMED} more" if len(stale) > _NAMED else ""
            raise Conflict(
                f"the plan is stale: {', '.join(stale[:_NAMED])}{more} moved since it was made",
                place="plan",
                remedy="nothing was sent; plan again",
            )

    def _is_stale(self, planned: PromptPlan, *, force: bool) -> bool:
        state = self.operations.records.load(planned.name).state
        left = remaining(planned, Standing.of(state))
        if left is None:
            return True
        promotes = any(step.do is Do.PROMOTE for step in left)
        if planned.seen is None or state.remote_id is None or state.pending is not None or not promotes:
            return False  # an unsettled change is settled by the prompt's turn, which looks there then
        return self._is_unseen(planned, state.remote_id, force=force)

    def _is_unseen(self, planned: PromptPlan, remote_id: str, *, force: bool) -> bool:
        """Say whether the platform has something else live than when the plan was made.

        What *force* overwrites must be seen: raises `Unavailable` if the platform does not tell.
        """
        sight = compare(self.operations.gateway, RemoteId(remote_id), None)
        if sight.trouble is not None and force:
            raise Unavailable(
                f"the platform does not tell what would be overwritten: {sight.trouble}",
                place=f"prompt {planned.name}",
                remedy="try again later",
            )
        live = sight.live
        if live is None:
            return sight.gone and force
        return planned.seen != Seen(version=live.version, content_hash=live.content_hash)

    def _turns(self, plan: Plan, report: Report, stop: Callable[[], bool]) -> Iterator[Outcome]:
        total = len(plan.pending) + len(plan.held)
        done = 0
        for planned in plan.prompts:
            if not planned.steps and not planned.holds:
                yield Outcome(name=planned.name, result=Result.UNCHANGED)
                continue
            if stop():
                yield Outcome(name=planned.name, result=Result.LEFT)
                continue
            outcome = self._turn(planned, plan)
            done += 1
            report(Progress(work="apply", done=done, total=total, item=planned.name))
            yield outcome

    def _turn(self, planned: PromptPlan, plan: Plan) -> Outcome:
        """Do what is left of one prompt's steps; it is settled before and after each."""
        done, findings = list[Step](), list[Finding]()
        try:
            for step in self._left(planned):
                findings.extend(self._do(step, planned, force=plan.wish.force))
                done.append(step)
        except JackfieldError as error:
            if planned.name not in error.place:
                error.place = f"prompt {planned.name}, {error.place}".removesuffix(", ")
            return Outcome(name=planned.name, result=Result.FAILED, steps=tuple(done), error=error)
        result = Result.DONE if done else Result.UNCHANGED
        return Outcome(name=planned.name, result=result, steps=tuple(done), findings=tuple(findings))

    def _left(self, planned: PromptPlan) -> tuple[Step, ...]:
        if planned.holds:
            raise refusal(planned.name, planned.holds)
        left = remaining(planned, Standing.of(self._free(planned.name).state))
        if left is None:
            raise moved(planned)
        return left

    def _free(self, name: str) -> Loaded:
        """Return the prompt, free to be changed; another's change that is under way is waited for a while."""
        clock = self.operations.records.clock
        until = clock.monotonic() + _PATIENCE.total_seconds()
        while True:
            try:
                return self.operations.load(name)
            except Conflict:
                if clock.monotonic() >= until:
                    raise
                clock.sleep(_PAUSE)

    def _refuse_unseen(self, planned: PromptPlan, *, force: bool) -> None:
        """Look again before what is live is overwritten unseen; without *force* promoting looks itself."""
        remote_id = self.operations.records.load(planned.name).state.remote_id
        if not force or planned.seen is None or remote_id is None:
            return
        if self._is_unseen(planned, remote_id, force=True):
            raise moved(planned)

    def _do(self, step: Step, planned: PromptPlan, *, force: bool) -> tuple[Finding, ...]:
        definition = planned.definition(step.version)
        if step.do is Do.PROMOTE:
            self._refuse_unseen(planned, force=force)
            version = _version(planned.name, step.version, step.content_hash)
            return self.promote(version, expecting=_live_before(planned, step), force=force).findings
        if definition is None or definition.content_hash != step.content_hash:
            if step.do is not Do.ADOPT:
                raise moved(planned)
            return ()  # publishing the next version adopts it
        published = self.publish(definition)
        if step.do is not Do.PUBLISH and not published.live:
            raise moved(planned)
        return published.findings


def _live_before(planned: PromptPlan, step: Step) -> PromptVersion | None:
    standing = planned.standing
    for earlier in planned.steps[: planned.steps.index(step)]:
        standing = after(standing, earlier)
    if standing.live is None:
        return None
    return _version(planned.name, standing.live, standing.versions[standing.live])


def _version(name: str, number: str, content_hash: str) -> PromptVersion:
    return PromptVersion(name=name, number=number, content_hash=content_hash)
