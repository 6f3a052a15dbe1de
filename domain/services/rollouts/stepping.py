"""One step of a rollout: judged, decided, and made by one of those who try."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from attrs import evolve, frozen

from jackfield.domain.model.by_hand import ended_by_hand, held
from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import Conflict, JackfieldError, Unavailable
from jackfield.domain.model.reviews import Finding
from jackfield.domain.model.rollouts import (
    Act,
    Hold,
    Move,
    Pause,
    Phase,
    Rollout,
    moved,
    next_move,
)
from jackfield.domain.model.states import Verb
from jackfield.domain.services.prompts.changing.basis import live_number
from jackfield.domain.services.prompts.changing.moving import Ending, Moving
from jackfield.domain.services.prompts.operations.reviewing import Reviewing
from jackfield.domain.services.prompts.records import Loaded
from jackfield.domain.services.prompts.values import PromptVersion
from jackfield.domain.services.rollouts import figures
from jackfield.domain.services.rollouts.collecting import Collected
from jackfield.domain.services.rollouts.recording import Recording, evidence_of, judged, rollout_of
from jackfield.domain.services.rollouts.values import Stepped
from jackfield.ports.leases import Lease

_VERBS: Mapping[Act, Verb] = {
    Act.START: Verb.START_ROLLOUT,
    Act.RAMP: Verb.RAMP_ROLLOUT,
    Act.HOLD: Verb.HOLD_ROLLOUT,
    Act.ROLL_BACK: Verb.ROLL_BACK_ROLLOUT,
}
_FORWARD = (Act.START, Act.RAMP)


@frozen(kw_only=True)
class Stepping:
    """Steps, holds and ends rollouts.

    `gather` makes the outcomes of a prompt count that are on their way, and says what came of that.
    """

    recording: Recording
    reviewing: Reviewing
    gather: Callable[[str], Collected]

    def step(self, name: str) -> Stepped:
        """Make at most one move, as `ActingRollouts.step` says."""
        operations = self.recording.changing.operations
        organization, lease_name = operations.records.organization, f"rollout {name}"
        lease = operations.leases.acquire(
            organization, lease_name, holder=operations.owner, lifetime=operations.lifetime
        )
        if lease is None:
            return self._busy(name, operations.leases.held(organization, lease_name))
        try:
            self.recording.changing.known(name)  # what was left of a step is settled before anything counts
            return self._step(name, self.gather(name))
        finally:
            with suppress(Unavailable):  # it expires by itself
                operations.leases.release(lease)

    def stop(self, name: str, *, roll_back: bool) -> Stepped:
        """End it by hand, as `ActingRollouts.stop` says."""
        loaded = self.recording.changing.known(name)
        rollout, now = rollout_of(loaded), self.recording.changing.records.clock.now()
        phase = Phase.ROLLED_BACK if roll_back else Phase.STOPPED
        ended = ended_by_hand(rollout, phase, self.recording.changing.actor.reason, now=now, prompt=name)
        if rollout.ended:
            _refuse_live(loaded, rollout.candidate)
        verb = Verb.ROLL_BACK_ROLLOUT if roll_back else Verb.STOP_ROLLOUT
        self.recording.move(loaded, verb, ended, self._seen(loaded, rollout, ended.why))
        move = Move(act=Act.ROLL_BACK if roll_back else Act.HOLD, share=0, why=ended.why)
        return Stepped(prompt=name, rollout=ended, move=move, changed=True)

    def hold(self, name: str, by: str) -> Stepped:
        """Let it go no further, or let it go on for an empty text."""
        loaded = self.recording.changing.known(name)
        rollout = rollout_of(loaded)
        after = held(rollout, by, prompt=name)
        why = (f"held by {by}",) if by else ("let go on" if rollout.held_by else "it is not held",)
        move = Move(act=Act.HOLD, share=rollout.share, why=why)
        if after != rollout:
            self.recording.move(loaded, Verb.HOLD_ROLLOUT, after, {"act": "hold", "why": why})
        return Stepped(prompt=name, rollout=after, move=move, changed=after != rollout)

    def _step(self, name: str, collected: Collected) -> Stepped:
        records = self.recording.changing.records
        loaded = self.recording.changing.known(name)
        rollout, now = rollout_of(loaded), records.clock.now()
        evidence = evidence_of(records, rollout, name)
        verdict = None if rollout.ended else judged(rollout, evidence, now)
        move = next_move(rollout, verdict, now=now, split=collected.split, ahead=collected.ahead)
        after = moved(rollout, move, now=now)
        stepped = Stepped(prompt=name, rollout=after, move=move, changed=after != rollout)
        if after == rollout:
            return stepped
        said = {
            "act": move.act.value,
            "why": move.why,
            "evidence": figures.told(verdict),
            "lost": evidence.lost,
        }
        return evolve(stepped, findings=self._make(loaded, move, after, said))

    def _make(
        self, loaded: Loaded, move: Move, after: Rollout, said: Mapping[str, JSON]
    ) -> tuple[Finding, ...]:
        if move.act is Act.FINISH:
            return self._finish(loaded, after, said)
        findings: tuple[Finding, ...] = ()
        if move.act in _FORWARD:
            definition = self.recording.changing.records.definition(loaded, after.candidate)
            findings = self.reviewing.admit(definition, before=after.baseline)
        self.recording.move(loaded, _VERBS[move.act], after, said)
        return findings

    def _finish(self, loaded: Loaded, after: Rollout, said: Mapping[str, JSON]) -> tuple[Finding, ...]:
        """Promote it, as anybody would: with reviewers, a look for drift, an intent, one call."""
        version = PromptVersion(
            name=loaded.name,
            number=after.candidate,
            content_hash=loaded.state.versions[after.candidate],
        )
        ending = Ending(
            rollout=after, revision=loaded.revision, payload=figures.written({**figures.place(after), **said})
        )
        return Moving(self.recording.changing, self.reviewing).promote(version, ending=ending).findings

    def _seen(self, loaded: Loaded, rollout: Rollout, why: tuple[str, ...]) -> Mapping[str, JSON]:
        """What is known when it is ended; it ends all the same where nothing can be read or judged."""
        records = self.recording.changing.records
        said: Mapping[str, JSON] = {"act": "stop", "why": why}
        try:
            evidence = evidence_of(records, rollout, loaded.name)
            verdict = judged(rollout, evidence, records.clock.now())
        except (JackfieldError, ArithmeticError, ValueError) as error:
            return {**said, "evidence": None, "unjudged": type(error).__name__}
        return {**said, "evidence": figures.told(verdict), "lost": evidence.lost}

    def _busy(self, name: str, leases: Sequence[Lease]) -> Stepped:
        """Somebody else has the turn; what he does is not waited for."""
        rollout = rollout_of(self.recording.changing.records.known(name))
        by = "".join(f" ({lease.holder})" for lease in leases)
        hold = Hold(pause=Pause.BUSY, text=f"somebody else{by} is stepping it")
        move = Move(act=Act.HOLD, share=rollout.share, why=(hold.text,), holds=(hold,))
        return Stepped(prompt=name, rollout=rollout, move=move, changed=False)


def _refuse_live(loaded: Loaded, version: str) -> None:
    """What somebody made live after its rollout was stopped is not revoked under the customers' feet."""
    if live_number(loaded) == version:
        raise Conflict(
            f"{version} is live by now",
            place=f"prompt {loaded.name}",
            remedy=f"'jackfield rollback {loaded.name}' brings back what was live before, and revokes it",
        )
