"""Reading and moving rollouts in the ledger, each move by one commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import Conflict, NotFound
from jackfield.domain.model.events import Outcome
from jackfield.domain.model.evidence.judging import Verdict, judge
from jackfield.domain.model.evidence.states import EvidenceState
from jackfield.domain.model.rollouts import Phase, Rollout, Router
from jackfield.domain.model.states import PromptState, Verb, fingerprint
from jackfield.domain.model.subjects import Kind, Subject
from jackfield.domain.services.prompts.changing.basis import Changing, remote_of
from jackfield.domain.services.prompts.operations.intents import Intent
from jackfield.domain.services.prompts.operations.settled import settled
from jackfield.domain.services.prompts.records import Loaded, Records
from jackfield.domain.services.prompts.splits import split_of
from jackfield.domain.services.rollouts import figures
from jackfield.ports.ledger import Change
from jackfield.ports.prompts import PromptGateway


def rollout_of(loaded: Loaded) -> Rollout:
    """Return the prompt's newest rollout, or raise `NotFound`."""
    if loaded.state.rollout is None:
        raise NotFound(
            "it never had a rollout",
            place=f"prompt {loaded.name}",
            remedy=f"start one with 'jackfield rollout start {loaded.name} VERSION'",
        )
    return loaded.state.rollout


def evidence_of(records: Records, rollout: Rollout, prompt: str) -> EvidenceState:
    """Return what is known of the rollout's outcomes."""
    state = records.ledger.read(Subject(records.organization, Kind.EVIDENCE, rollout.id)).state
    return state if isinstance(state, EvidenceState) else EvidenceState(prompt=prompt)


def judged(rollout: Rollout, evidence: EvidenceState, now: datetime) -> Verdict | None:
    """Return the verdict on the present step, or the last that compared; None before the first."""
    if rollout.phase is Phase.PUBLISHED:
        return None
    standing = rollout.standing
    if rollout.phase is Phase.LIVE:
        standing = evolve(standing, step=len(standing.shares) - 2)
    return judge(rollout.plan.guard, evidence.evidence, standing, now=now)


def gone(loaded: Loaded) -> str:
    """Return what to do where a prompt is gone from the platform in mid rollout."""
    return (
        f"if it is gone from there, end the rollout with 'jackfield rollout stop {loaded.name}', and"
        " promote a version with --force to make it anew"
    )


@frozen(kw_only=True)
class Recording:
    """Moves rollouts; where the platform routes, by one call between two commits."""

    changing: Changing

    def move(
        self,
        loaded: Loaded,
        verb: Verb,
        rollout: Rollout,
        said: Mapping[str, JSON],
        *,
        alongside: tuple[Change, ...] = (),
    ) -> PromptState:
        """Record that *loaded* has *rollout* now, by *verb*; return the state."""
        intent = Intent(
            verb=verb,
            version=rollout.candidate,
            content_hash=loaded.state.versions[rollout.candidate],
            call=lambda: self._route(self.changing.gateway, loaded, rollout),
            rollout=rollout,
            payload=figures.written({**figures.place(rollout), **said}),
            alongside=alongside,
        )
        if rollout.plan.router is Router.PLATFORM and self._is_rerouted(loaded, rollout):
            return self.changing.carry_out(loaded, intent)
        return self._commit(loaded, intent)

    def _is_rerouted(self, loaded: Loaded, rollout: Rollout) -> bool:
        before = loaded.state.running
        return split_of(rollout) != (None if before is None else split_of(before))

    def _route(self, gateway: PromptGateway, loaded: Loaded, rollout: Rollout) -> None:
        """What is gone from the platform routes nothing, as an end wants it."""
        split = split_of(rollout)
        try:
            gateway.split(remote_of(loaded), split, version=rollout.candidate)
        except NotFound as error:
            if split is not None:
                error.remedy += f"; {gone(loaded)}"
                raise

    def _commit(self, loaded: Loaded, intent: Intent) -> PromptState:
        """Commit a move that needs no call, with its event."""
        changing, records = self.changing, self.changing.records
        operation = changing.operations.operation(
            intent.verb,
            intent.version,
            changing.actor,
            content_hash=intent.content_hash,
            rollout=intent.rollout,
        )
        state = settled(loaded.state, operation, time=operation.started, created=None)
        payload = {**intent.payload, "state": fingerprint(state)}
        event = records.event(loaded.subject, operation, Outcome.SUCCEEDED, payload)
        change = Change(subject=loaded.subject, expected=loaded.revision, state=state, events=(event,))
        try:
            records.ledger.commit(change, *intent.alongside)
        except Conflict as error:
            raise Conflict(
                "somebody changed it at the same moment",
                place=f"prompt {loaded.name}",
                remedy=f"look at 'jackfield rollout status {loaded.name}' and decide again",
            ) from error
        finally:
            changing.live_versions.forget(loaded.name)
        done = Loaded(loaded.subject, loaded.revision + 1, state)
        changing.live_versions.learn(done, operation.started)
        return state
