"""What a customer's words tell: as numbers; whoever cannot say it is a failure, and no error."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from jackfield.domain.model.errors import (
    BreakerOpen,
    InvalidInput,
    JackfieldError,
    NotSent,
    OpenedBeforeFork,
    OutcomeUnknown,
    QueueFull,
    RateLimited,
    Refused,
    Unavailable,
)
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.sessions.life import Session
from jackfield.domain.model.sessions.requests import Requests
from jackfield.domain.model.sessions.signals import Evaluation, Failure, Turn, hear
from jackfield.domain.model.sessions.states import SessionState
from jackfield.domain.model.subjects import Organization
from jackfield.ports.telemetry import Measure, unheard
from jackfield.ports.understanding import Understanding

_OURS = (InvalidInput, OpenedBeforeFork)
_AWAY = (Unavailable, BreakerOpen, QueueFull, RateLimited, OutcomeUnknown)


@frozen(kw_only=True)
class Heard:
    """What a turn tells, and the error of an understanding that could not say it."""

    turn: Turn
    problem: JackfieldError | None = None


@frozen(kw_only=True)
class Evaluating:
    """Asks an understanding what customers mean."""

    organization: Organization
    understanding: Understanding
    measure: Measure = unheard

    def hear(
        self,
        text: str,
        state: SessionState,
        requests: Requests,
        *,
        failure: Failure | None,
        now: datetime,
        ends: float,
    ) -> Heard:
        """Return what *text* tells. *failure* is the program's own, and goes before the evaluation's.

        Raises `InvalidInput` and `OpenedBeforeFork` alone, which are ours.
        """
        evaluation, problem = self._evaluated(text, state, ends)
        found = failure or (None if problem is None else _kind(problem))
        turn = hear(evaluation, failure=found, idle=now - _heard_before(state.session))
        turn = evolve(turn, requests_person=requests.ask(text, turn.intent))
        if problem is not None or turn.failure is Failure.EVALUATION:
            self._measure(problem)
        return Heard(turn=turn, problem=problem)

    def _evaluated(
        self, text: str, state: SessionState, ends: float
    ) -> tuple[Evaluation | None, JackfieldError | None]:
        language = state.session.language
        try:
            return self.understanding.evaluate(text, bot=state.bot_id, language=language, ends=ends), None
        except _OURS:
            raise
        except (Refused, NotSent, OutcomeUnknown) as error:
            return None, error

    def _measure(self, problem: JackfieldError | None) -> None:
        error = "absurd" if problem is None else type(problem).__name__
        self.measure(
            Measurement(
                organization=self.organization,
                name="jackfield.session.evaluation.failures",
                value=1,
                unit="{evaluation}",
                labels={"error": error},
            )
        )


def _kind(problem: JackfieldError) -> Failure:
    return Failure.PLATFORM if isinstance(problem, _AWAY) else Failure.EVALUATION


def _heard_before(session: Session) -> datetime:
    return max(session.since, session.spoke or session.since)
