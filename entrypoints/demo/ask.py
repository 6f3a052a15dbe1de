"""The story of an answer: it streams over a line that is cut and comes out whole; a window is too small."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from jackfield.adapters.clock import FrozenClock
from jackfield.adapters.simulator.platform.templates import tokens
from jackfield.domain.model.assignment import Arm
from jackfield.domain.model.conversations.answers import Answer, End
from jackfield.domain.model.conversations.messages import Budget
from jackfield.domain.model.decisions import Choice
from jackfield.domain.services.assistants.values import Examples
from jackfield.entrypoints.core import Acting, Core
from jackfield.entrypoints.demo import logged, window
from jackfield.entrypoints.demo.helpline import CUTS, Helpline, PacedClock, Through, unchanged
from jackfield.entrypoints.demo.stage import Stage
from jackfield.entrypoints.demo.talks import ANSWER, ASSISTANT, CATALOG, FIRST, QUESTION, SECOND

_BUDGET: Final = Budget(output=200)
_BEGAN: Final = datetime(2026, 3, 16, 10, tzinfo=UTC)


def tell(stage: Stage, folder: Path, through: Through = unchanged) -> None:
    """Tell the story in an empty *folder*; *through* may stand in the line of the stream."""
    clock = PacedClock(_BEGAN) if stage.live else FrozenClock(_BEGAN)
    helpline = Helpline(clock=clock, through=through)
    with helpline.core(folder) as core:
        mina = core.acting_as("mina", reason="CHG-4530 say first what happens next")
        choice = _publish(stage, core, mina)
        answer = _ask(stage, helpline, mina, choice)
        _observe(stage, core, answer)
        other = window.tell(stage, helpline, mina, clock)
        logged.tell(stage, core, helpline, (answer, other))


def _publish(stage: Stage, core: Core, mina: Acting) -> Choice:
    stage.act("A prompt has two versions; the second goes to half of the customers, each chosen for good")
    for definition in (FIRST, SECOND):
        mina.prompts.publish(definition)
    mina.rollouts.start(FIRST.name, SECOND.version, shares=("50%", "100%"))
    choices = (core.prompts.choose(FIRST.name, unit=f"customer-{number}") for number in count(1))
    choice = next(each for each in choices if each.arm is Arm.TREATMENT)
    stage.say(choice.explain())
    return choice


def _ask(stage: Stage, helpline: Helpline, mina: Acting, choice: Choice) -> Answer:
    stage.act(f"A customer asks. The line of the answer is cut {CUTS} times on its way, and pieces go astray")
    helpline.spoil()
    stage.say(f"customer    {QUESTION}")
    with mina.assistants.ask(
        ASSISTANT,
        choice,
        values={},
        user=QUESTION,
        examples=Examples(catalog=CATALOG),
        budget=_BUDGET,
    ) as reply:
        shown = stage.stream("assistant   ", reply)
        answer = reply.answer
    stage.say(["", *_account(helpline, answer)])
    for that, holds in _claims(helpline, answer, shown):
        stage.insist(that, holds=holds)
    return answer


def _account(helpline: Helpline, answer: Answer) -> Iterator[str]:
    met, spent = helpline.faults.injected, answer.spent
    yield (
        f"line        cut {met.get('stream-drop', 0)} times in mid piece, {met.get('stream-repeat', 0)} piece"
        f" sent twice, {met.get('stream-reorder', 0)} behind the next one"
    )
    yield f"answer      resumes: {answer.resumes}, repeats: {answer.repeats}, gaps: {len(answer.gaps)}"
    yield (
        f"text        {len(answer.text.encode())} bytes of {len(ANSWER.encode())} that the platform said;"
        f" {answer.end}"
    )
    yield (f"time        first piece after {_seconds(answer.first_piece)}, all after {_seconds(answer.took)}")
    yield (
        f"tokens      {spent.prompt_tokens} sent; {spent.completion_tokens} of {_BUDGET.output} came"
        f" ({'counted by the platform' if spent.exact else 'estimated'})"
    )
    yield (
        f"examples    {', '.join(answer.examples)}: of {len(CATALOG.examples)}, the nearest by the words of"
        " the question"
    )


def _seconds(duration: timedelta | None) -> str:
    return "no time" if duration is None else f"{duration.total_seconds():.2f} s"


def _claims(helpline: Helpline, answer: Answer, shown: str) -> Iterator[tuple[str, bool]]:
    """Yield what must hold, and whether it does."""
    met = helpline.faults.injected
    yield (
        f"the answer came out whole (it is {answer.end}{_missing(answer)})",
        answer.end is End.COMPLETE and not answer.gaps,
    )
    said = ANSWER.encode()
    yield "the answer is byte for byte what the platform said", answer.text.encode() == said
    yield "what was shown is the answer", shown.encode() == said
    yield f"the line was cut {CUTS} times", met.get("stream-drop") == CUTS
    yield "each cut was resumed", answer.resumes == CUTS
    yield "a piece was sent twice, and found", met.get("stream-repeat") == 1 <= answer.repeats
    yield "a piece was sent behind the next one", met.get("stream-reorder") == 1
    counted = (sum(tokens(each["content"]) for each in helpline.sent[-1]), tokens(ANSWER))
    spent = answer.spent
    yield (
        "the tokens are those that the platform counted",
        spent.exact and (spent.prompt_tokens, spent.completion_tokens) == counted,
    )
    system = helpline.sent[-1][0]["content"]
    blocks = {each.id for each in CATALOG.examples if each.block in system}
    yield "the platform got the examples that were chosen", blocks == set(answer.examples) != set()


def _missing(answer: Answer) -> str:
    return f", missing pieces: {', '.join(map(str, answer.gaps))}" if answer.gaps else ""


def _observe(stage: Stage, core: Core, answer: Answer) -> None:
    stage.act("The customer is content. One call gives the outcome to the rollout that runs")
    core.assistants.observe(answer, success=True)
    core.rollouts.flush()
    tally = core.rollouts.status(FIRST.name).evidence.step(0).treatment
    stage.say(
        f"{FIRST.name} {SECOND.version}: {tally.successes} success of {tally.outcomes}, with"
        f" {tally.tokens.total} tokens"
    )
    spent = answer.spent.prompt_tokens + answer.spent.completion_tokens
    counted = (tally.units, tally.successes, tally.tokens.total)
    stage.insist("the rollout counts this outcome, and no other", holds=counted == (1, 1, spent))
