"""One call of each hook on a sample, for whoever checks a plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from jackfield.domain.model.conversations.examples import Asking, Example
from jackfield.domain.model.conversations.messages import Message, Role
from jackfield.domain.model.errors import Unavailable
from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.progress import Progress
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.reviews import Candidate
from jackfield.domain.model.subjects import Organization
from jackfield.domain.model.variables import Variable
from jackfield.plugins import conversing
from jackfield.plugins.choosing import findings, taken
from jackfield.plugins.destinations import taken as destinations
from jackfield.plugins.isolation import Answered
from jackfield.plugins.types import (
    CacheProvider,
    DestinationSettings,
    LedgerProvider,
    TokenCounterProvider,
    UnderstandingProvider,
)
from jackfield.ports.http import Http

if TYPE_CHECKING:
    from jackfield.plugins.host import Host
    from jackfield.plugins.plugin import Plugin

ORGANIZATION: Final = Organization("sample")
MEASUREMENT: Final = Measurement(
    organization=ORGANIZATION,
    name="jackfield.sample.duration",
    value=0.25,
    unit="s",
    labels={"outcome": "ok"},
)
CANDIDATE: Final = Candidate(
    organization=ORGANIZATION,
    definition=PromptDefinition(
        name="sample",
        version="1.0.0",
        model="gpt-small",
        max_tokens=512,
        template="Greet {{customer}} kindly.",
        variables=[Variable(name="customer", max_length=80)],
    ),
    actor="jackfield plugins check",
    reason="a sample",
)

ASKING: Final = Asking(
    prompt="sample",
    question="Where is my order?",
    examples=(Example(id="one", input="Where is it?", output="I shall look."),),
    wanted=2,
    seed="sample",
    turn=0,
)
MESSAGES: Final = (Message(Role.USER, "Hello."), Message(Role.ASSISTANT, "How can I help?"))


def _nobody(*_: object, **__: object) -> NoReturn:
    raise Unavailable("a sample calls nobody", place="http", remedy="open a core")


_no_http: Final[Http] = _nobody
DESTINATIONS: Final = DestinationSettings(
    target="sample",
    organization=ORGANIZATION,
    folder=Path("sample"),
    platform=_nobody,
    prompt_id=lambda _: None,
)


def _arguments() -> Mapping[str, Mapping[str, object]]:
    return {
        "jackfield_measure": {"measurement": MEASUREMENT},
        "jackfield_progress": {"progress": Progress(work="sample", done=1, total=1, item="sample")},
        "jackfield_review": {"version": CANDIDATE},
        "jackfield_destinations": {"settings": DESTINATIONS, "http": _no_http},
        "jackfield_connect": {"http": _no_http},
        "jackfield_select_examples": {"asking": ASKING},
        "jackfield_summarize": {"messages": MESSAGES, "tokens": 300},
        "jackfield_redact": {"text": "Write to joe@mail.example."},
    }


def _takes(plugin: Plugin) -> Mapping[str, Callable[[object], object]]:
    from click import Command

    return {
        "jackfield_review": partial(findings, plugin=plugin),
        "jackfield_commands": partial(_taken, kind=Command),
        "jackfield_token_counters": partial(_taken, kind=TokenCounterProvider),
        "jackfield_caches": partial(_taken, kind=CacheProvider),
        "jackfield_ledgers": partial(_taken, kind=LedgerProvider),
        "jackfield_understanding": partial(_taken, kind=UnderstandingProvider),
        "jackfield_destinations": destinations,
        "jackfield_select_examples": conversing.ids,
        "jackfield_summarize": conversing.summary,
        "jackfield_redact": conversing.text,
    }


def _taken(returned: object, kind: type[Any]) -> object:
    return taken(returned, kind)


def tried(host: Host, plugin: Plugin) -> Iterator[tuple[str, str]]:
    """Call each hook of *plugin* once; yield its name and what was wrong with it."""
    takes = _takes(plugin)
    for hook in plugin.hooks:
        take = takes.get(hook, lambda _: None)
        outcome = plugin.ask(hook, take, limit=host.patience.call, **_arguments().get(hook, {}))
        yield hook, "" if isinstance(outcome, Answered) else str(outcome)
        if not plugin.gives(hook):
            return  # it was switched off
