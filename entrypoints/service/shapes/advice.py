"""Advice over HTTP: what it is asked for, what is recommended, and what agents did with it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from jackfield.domain.model.advice.feedback import Action, By
from jackfield.domain.model.errors import InvalidInput
from jackfield.entrypoints.service.moments import LONGEST
from jackfield.entrypoints.service.shapes.fields import number, real, text

_NAME = 500
_MOST = 100


@frozen(kw_only=True, eq=False, repr=False)
class Sifting:
    """What is good enough, instead of what the settings say."""

    relevance: float | None = real(least=0, most=1, default=None)
    age_days: float | None = real(least=0, most=36_500, default=None)
    wanted: int | None = number(least=1, most=100, default=None)


@frozen(kw_only=True, eq=False, repr=False)
class AskingAdvice:
    """What an agent needs advice on: all of the transcript so far; without bases all are looked in."""

    conversation: str = text(least=1, most=_NAME)
    transcript: str = text(least=1, most=200_000)
    agent: str = text(least=1, most=_NAME)
    skills: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    channel: str = text(least=1, most=_NAME, default="chat")
    sieve: Sifting | None = None
    deadline_s: float | None = real(least=0.01, most=600.0, default=None)


@frozen(kw_only=True, eq=False, repr=False)
class RecommendedShape:
    """One to show; `like` is one above it that says nearly the same, `shown` says that it was seen."""

    position: int
    id: str
    title: str
    content: str
    relevance: float
    published: str
    source: str
    like: str | None
    shown: bool


@frozen(kw_only=True, eq=False, repr=False)
class RejectedShape:
    """One that is not shown, and why."""

    id: str | None
    title: str | None
    reason: str
    detail: str


@frozen(kw_only=True, eq=False, repr=False)
class AdvisedShape:
    """What was recommended, where it came from, and how old it is; not `whole` if pages are missing.

    `key` is the same for whoever asks the same.
    """

    id: str
    conversation: str
    agent: str
    origin: str
    asked: str
    age_ms: int
    until: str | None
    whole: bool
    key: str
    accepted: tuple[RecommendedShape, ...]
    rejected: tuple[RejectedShape, ...]


@frozen(kw_only=True, eq=False, repr=False)
class OnScreen:
    """A recommendation, and where it stood; the source and the position are what figures are grouped by."""

    id: str = text(least=1, most=_NAME)
    source: str | None = text(least=1, most=_NAME, default=None)
    position: int | None = number(least=1, most=1_000, default=None)


@frozen(kw_only=True, eq=False, repr=False)
class TellingFeedback:
    """What an agent saw or did: one action, on up to 100 recommendations of a conversation.

    With `once`, a name of its own within the conversation, the same request sent again counts once.
    """

    recommendations: tuple[OnScreen, ...]
    agent: str = text(least=1, most=_NAME)
    action: Action
    conversation: str | None = text(least=1, most=_NAME, default=None)
    once: str | None = text(least=1, most=200, default=None)

    def __attrs_post_init__(self) -> None:
        if not 1 <= len(self.recommendations) <= _MOST:
            raise InvalidInput(f"recommendations are 1 to {_MOST}, not {len(self.recommendations)}")


@frozen(kw_only=True, eq=False, repr=False)
class ToldShape:
    """One action as it counts; `known` is false where nobody is known to have recommended it."""

    recommendation: str
    agent: str
    action: Action
    conversation: str | None
    source: str | None
    position: int | None
    time: str
    known: bool


@frozen(kw_only=True, eq=False, repr=False)
class FeedbackShape:
    """All that was told."""

    told: tuple[ToldShape, ...]


@frozen(kw_only=True, eq=False, repr=False)
class Forgetting:
    """The knowledge base that was changed."""

    base: str = text(least=1, most=_NAME)


@frozen(kw_only=True, eq=False, repr=False)
class ForgottenShape:
    """The knowledge base of which no kept answer is given any more."""

    base: str


@frozen(kw_only=True, eq=False, repr=False)
class ClicksAsked:
    """What was told in the time, unless given the last 7 days; grouped if `by` says how."""

    since: str | None = text(least=1, most=LONGEST, default=None)
    until: str | None = text(least=1, most=LONGEST, default=None)
    by: By | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ClicksShape:
    """How many of the displayed recommendations of a group were clicked, with the 95 % interval."""

    key: str | None
    displayed: int
    clicked: int
    unseen: int
    rate: float | None
    low: float | None
    high: float | None
    actions: Mapping[str, int]


@frozen(kw_only=True, eq=False, repr=False)
class ClickThroughShape:
    """The click-through of all, and of each group."""

    by: str | None
    displayed: int
    clicked: int
    unseen: int
    rate: float | None
    low: float | None
    high: float | None
    actions: Mapping[str, int]
    groups: tuple[ClicksShape, ...]
