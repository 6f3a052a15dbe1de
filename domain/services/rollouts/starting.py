"""Starting a rollout: what must hold of the prompt and of the platform before it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import asdict, evolve, frozen

from jackfield.domain.model.errors import Conflict, InvalidInput, RollbackActive
from jackfield.domain.model.evidence.guards import Guard
from jackfield.domain.model.evidence.states import EvidenceState
from jackfield.domain.model.hours import Hours
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.rollouts import Plan, Rollout, Router, moved, next_move
from jackfield.domain.model.shares import parse_share
from jackfield.domain.model.states import Verb
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.domain.services.prompts.changing.basis import live_number, remote_of
from jackfield.domain.services.prompts.operations.conditions import refuse_running
from jackfield.domain.services.prompts.operations.reviewing import Reviewing
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.rollouts.recording import Recording
from jackfield.domain.services.rollouts.values import Stepped
from jackfield.ports.ledger import Change


def planned(
    shares: Sequence[str],
    guard: Guard,
    *,
    holdout: str,
    least_seconds: int,
    hours: Hours | None,
    router: Router,
) -> Plan:
    """Return the plan; raise `InvalidInput` for shares that do not rise from above 0% to 100%."""
    if isinstance(shares, str):
        raise InvalidInput(
            "shares are several texts", place="shares", remedy='write them like ("5%", "25%", "100%")'
        )
    return Plan(
        shares=tuple(parse_share(share, place="shares") for share in shares),
        guard=guard,
        holdout=parse_share(holdout, place="holdout"),
        least_seconds=least_seconds,
        hours=hours,
        router=router,
    )


@frozen(kw_only=True)
class Starting:
    """Starts rollouts."""

    recording: Recording
    reviewing: Reviewing
    new_id: Callable[[], str]

    def start(self, name: str, version: str, plan: Plan, *, again: bool) -> Stepped:
        """Begin a rollout and make its first move, in one commit, as `ActingRollouts.start` says."""
        changing = self.recording.changing
        loaded = changing.known(name)
        refuse_running(loaded)
        definition = changing.records.definition(loaded, version)
        rollout = self._new(loaded, version, plan)
        _refuse_barred(loaded, version, again=again)
        findings = self.reviewing.admit(definition, before=rollout.baseline)
        self._refuse_drift(loaded, changing.records.definition(loaded, rollout.baseline))
        return evolve(self._begin(loaded, rollout), findings=findings)

    def _new(self, loaded: Loaded, version: str, plan: Plan) -> Rollout:
        live = live_number(loaded)
        if live is None:
            raise Conflict(
                "nothing is live to compare with",
                place=f"prompt {loaded.name}",
                remedy=f"promote {version} instead",
            )
        now = self.recording.changing.records.clock.now()
        return Rollout(
            id=self.new_id(), salt=self.new_id(), baseline=live, candidate=version, plan=plan, since=now
        )

    def _begin(self, loaded: Loaded, rollout: Rollout) -> Stepped:
        records = self.recording.changing.records
        move = next_move(rollout, None, now=rollout.since)
        begun = moved(rollout, move, now=rollout.since)
        said = {
            "act": move.act.value,
            "why": move.why,
            "shares": rollout.plan.shares,
            "holdout": rollout.plan.holdout,
            "guard": asdict(rollout.plan.guard),
        }
        evidence = Change(
            subject=Subject(records.organization, Kind.EVIDENCE, rollout.id),
            expected=0,
            state=EvidenceState(prompt=loaded.name, sure=_sure(rollout)),
        )
        self.recording.move(loaded, Verb.START_ROLLOUT, begun, said, alongside=(evidence,))
        return Stepped(prompt=loaded.name, rollout=begun, move=move, changed=True)

    def _refuse_drift(self, loaded: Loaded, recorded: PromptDefinition) -> None:
        """What is compared with must be what customers get."""
        gateway = self.recording.changing.gateway
        remote = gateway.active(remote_of(loaded))
        if gateway.matches(remote, recorded):
            return
        self.recording.changing.operations.refuse_overtaken(loaded)
        raise Conflict(
            f"the platform has another live version than the {recorded.version} of our record (it calls it"
            f" {remote.version}): somebody edited it behind our back",
            place=f"prompt {loaded.name}",
            remedy=f"look at 'jackfield diff {loaded.name} --drift', and promote what is to be live",
        )


def _sure(rollout: Rollout) -> datetime | None:
    """The platform's answer to a start is the first look at what it routes."""
    return rollout.since if rollout.plan.router is Router.PLATFORM else None


def _refuse_barred(loaded: Loaded, version: str, *, again: bool) -> None:
    if version in loaded.state.frozen:
        raise RollbackActive(
            f"a rollback directive stands on {version}",
            place=f"prompt {loaded.name}",
            remedy=f"clear it with 'jackfield unfreeze {loaded.name}', or roll out another version",
        )
    if version in loaded.state.revoked and not again:
        raise Conflict(
            f"{version} was rolled back before",
            place=f"prompt {loaded.name}",
            remedy="publish a mended version under a new number; or, to try it again, start with --again",
        )
