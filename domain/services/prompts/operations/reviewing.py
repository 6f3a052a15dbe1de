"""Asking the reviewers before a version goes live."""

from __future__ import annotations

from attrs import evolve, frozen

from jackfield.domain.model.errors import InvalidPrompt
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.reviews import FAILED, Candidate, Finding
from jackfield.domain.model.subjects import Organization
from jackfield.domain.services.actors import Actor
from jackfield.ports.reviews import Review


@frozen(kw_only=True)
class Reviewing:
    """Lets a version go live, or says who is against it."""

    review: Review
    organization: Organization
    actor: Actor

    def admit(self, definition: PromptDefinition, *, before: str | None) -> tuple[Finding, ...]:
        """Return the warnings; raise `InvalidPrompt` with every finding if one of them is an error."""
        findings = self.review(
            Candidate(
                organization=self.organization,
                definition=definition,
                before=before,
                actor=self.actor.name,
                reason=self.actor.reason,
            )
        )
        if not any(finding.blocks for finding in findings):
            return findings
        raise InvalidPrompt(
            f"{definition.version} may not go live: {_objections(findings)}",
            place=f"prompt {definition.name}",
            remedy=_remedy(findings, first=before is None),
            problems=map(_problem, findings),
        )


def _remedy(findings: tuple[Finding, ...], *, first: bool) -> str:
    """A reviewer that failed says what mends it; the others may be against the prompt or the reason."""
    if all(finding.code == FAILED for finding in findings if finding.blocks):
        return "do what is listed; the prompt needs no change ('jackfield plugins' shows who reviews)"
    if first:
        return "mend the prompt, or give another reason, and publish it again: nothing was sent"
    return (
        "mend the prompt and publish it under a new number, or give another reason; see 'jackfield plugins'"
    )


def _problem(finding: Finding) -> Problem:
    """In one list, what is only a warning must look so."""
    problem = finding.problem()
    return problem if finding.blocks else evolve(problem, message=f"{finding.severity}: {problem.message}")


def _objections(findings: tuple[Finding, ...]) -> str:
    names = dict.fromkeys(finding.plugin for finding in findings if finding.blocks)
    return f"{', '.join(names)} is against it" if len(names) == 1 else f"{', '.join(names)} are against it"
