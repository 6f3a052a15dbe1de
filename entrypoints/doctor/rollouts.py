"""The rollouts that run: whether this machine sends units as they want, and the platform too."""

from __future__ import annotations

from collections.abc import Iterator

from jackfield.adapters.genesys.auth import FixedToken
from jackfield.adapters.genesys.client import Client
from jackfield.adapters.genesys.prompts import GenesysPrompts
from jackfield.adapters.genesys.resilience.policy import Policy
from jackfield.domain.model.errors import NotFound
from jackfield.domain.model.rollouts import Rollout
from jackfield.domain.model.routers import Router
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.shares import share_text
from jackfield.domain.model.states import PromptState
from jackfield.domain.model.subjects import Kind
from jackfield.domain.services.audit import Audit
from jackfield.domain.services.prompts.splits import routes, split_drift
from jackfield.entrypoints.doctor.findings import Finding, ok, skipped, warning
from jackfield.entrypoints.doctor.patients import Patient
from jackfield.ports.prompts import PromptGateway, RemoteId


def rollouts(patient: Patient) -> Iterator[Finding]:
    """Look at every rollout that runs; the platform is asked where it sends the units.

    Where it routes, it is also asked what it sends without any rollout: what one left behind.
    """
    if patient.audit is None:
        yield skipped("rollouts", "there is no ledger to ask")
        return
    found = [
        finding for name, state in _prompts(patient.audit) for finding in _findings(patient, name, state)
    ]
    yield from found or [ok("rollouts", "none is running")]


def _prompts(audit: Audit) -> Iterator[tuple[str, PromptState]]:
    for subject in audit.ledger.subjects(audit.organization, Kind.PROMPT):
        state = audit.ledger.read(subject).state
        if isinstance(state, PromptState):
            yield subject.name, state


def _findings(patient: Patient, name: str, state: PromptState) -> Iterator[Finding]:
    if state.running is not None:
        yield _of(patient, name, state, state.running)
    elif routes(state, patient.settings.router) and state.remote_id is not None and patient.access_token:
        drift = _drift(patient, patient.access_token, state.remote_id, None)
        if drift is not None:
            remedy = f"promote what is live again: 'jackfield promote {name} VERSION --force'"
            yield warning("rollouts", f"prompt {name}: {drift}", remedy)


def _of(patient: Patient, name: str, state: PromptState, rollout: Rollout) -> Finding:
    said = f"prompt {name}: {rollout.candidate} at {share_text(rollout.share)}"
    router = rollout.plan.router
    if router is not patient.settings.router:
        return warning(
            "rollouts",
            f"{said}, sent by {router.value}, and this machine's router is {patient.settings.router.value}",
            "set one router for the target on every machine",
        )
    if router is Router.LOCAL or state.remote_id is None or state.pending is not None:
        return ok("rollouts", said)
    if patient.access_token is None:
        return skipped("rollouts", f"{said}: without a token the platform cannot be asked what it routes")
    drift = _drift(patient, patient.access_token, state.remote_id, rollout)
    if drift is None:
        return ok("rollouts", f"{said}, as the platform routes")
    remedy = f"undo that edit, or end the rollout with 'jackfield rollout stop {name}'"
    return warning("rollouts", f"{said}: {drift}", remedy)


def _drift(patient: Patient, token: str, remote: str, rollout: Rollout | None) -> str | None:
    try:
        return split_drift(_gateway(patient, token), RemoteId(remote), rollout)
    except NotFound:
        return None if rollout is None else "the prompt is gone from the platform"


def _gateway(patient: Patient, token: str) -> PromptGateway:
    policy = Policy(patient.probe, patient.clock, rules=patient.settings.calls)
    lane = policy.lane(FixedToken(Secret(token)))
    return GenesysPrompts(Client(policy, [lane], patient.probe.hosts))
