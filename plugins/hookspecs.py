"""The hooks: what a plugin may implement, each marked with `@hookimpl`.

For all of them: a plugin is called on threads of its own, never on the caller's. What it raises, also
`SystemExit`, is counted and logged under its name, without its text; the others are called as if nothing
had happened. A call that does not end within its limit (five seconds) is given up, and the plugin is
switched off until the core is opened again. A parameter that is not needed may be left out; defaults are
refused. To return None is to give nothing. Nothing guards against native code that keeps the
interpreter's lock, or against a plugin that ends the process.
"""

# A specification is never called, so it has no body.
# mypy: disable-error-code="empty-body"
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from jackfield.plugins.markers import hookspec

if TYPE_CHECKING:  # a program that embeds the core does not pay for what its plugins do not use
    from click import Command

    from jackfield.domain.model.conversations.examples import Asking
    from jackfield.domain.model.conversations.messages import Message
    from jackfield.domain.model.measurements import Measurement
    from jackfield.domain.model.progress import Progress
    from jackfield.domain.model.reviews import Candidate, Finding
    from jackfield.plugins.types import (
        CacheProvider,
        DestinationSettings,
        LedgerProvider,
        TokenCounterProvider,
        UnderstandingProvider,
    )
    from jackfield.ports.destinations import Destination
    from jackfield.ports.http import Http


@hookspec
def jackfield_measure(measurement: Measurement) -> None:
    """Called once for each measurement, in order, on the plugin's own thread.

    Measurements wait in a queue of 1,000; those that do not fit are dropped and counted, so a slow plugin
    slows nobody. What waits when the core closes has a second to be heard. It is heard in the context
    (`contextvars`) of whoever measured it. An answer of an assistant is an `Asked`. The result is ignored.
    Raising is safe: the next measurement comes all the same.
    """


@hookspec
def jackfield_progress(progress: Progress) -> None:
    """Called after each piece of a long piece of work, in order, on the plugin's own thread.

    Queued as measurements are. Who reports the last piece waits at most a second until it was heard, so that
    a progress bar ends before the answer is written. The result is ignored, raising is safe.
    """


@hookspec
def jackfield_review(version: Candidate) -> Iterable[Finding] | None:
    """Called once before a version goes live: by a promotion, also a forced one, or as a very first version.

    A finding that is an error keeps it from going live, a warning is shown. Every reviewer is asked, and all
    findings are said at once. It fails closed: a reviewer that raises, hangs, or returns anything else than
    at most 100 findings is itself an error that names the plugin and how to switch it off. So is a plugin
    that could not be loaded, if the settings name it. A rollback is never reviewed. `check --review` and
    `core.prompts.review` call it too, without an actor.
    """


@hookspec
def jackfield_commands() -> Iterable[Command] | None:
    """Called once by the `jackfield` command, when its help is shown or a word is no verb of its own.

    The click commands are added to the others. A name that `jackfield` has, or that another plugin gives, is
    refused, and `jackfield plugins` names both. Raising loses this plugin's commands alone. The commands
    themselves run as the user's program, on the main thread.
    """


@hookspec
def jackfield_token_counters() -> Iterable[TokenCounterProvider] | None:
    """Called once when a core is opened whose `token_counter` is none of Jackfield's own.

    The provider of that name makes the counter. If this plugin raises, or what it gives is no `TokenCounter`,
    opening fails and says so: there is no other counter in its place.
    """


@hookspec
def jackfield_caches() -> Iterable[CacheProvider] | None:
    """Called once when a core is opened whose `[live] cache` is none of Jackfield's own.

    The provider of that name opens the cache. A cache that cannot be opened is an error; one that raises
    or hangs later is a miss, and counted.
    """


@hookspec
def jackfield_ledgers() -> Iterable[LedgerProvider] | None:
    """Called once when a core is opened whose target has a `ledger`.

    The provider of that name, which is the text before `:`, opens the ledger. What it raises later that is no
    error of Jackfield becomes `Unavailable`, or `OutcomeUnknown` from a commit. Its calls have no time limit:
    it keeps its own.
    """


@hookspec
def jackfield_understanding() -> Iterable[UnderstandingProvider] | None:
    """Called once when a core is opened whose `[sessions] understanding` is none of Jackfield's own.

    The provider of that name makes the understanding, with an *http* that is guarded as that of destinations
    is and ends in four seconds. If this plugin raises, or what it gives is no `Understanding`, opening fails:
    there is no other in its place. What it raises later, or says that is no `Evaluation`, is a turn whose
    evaluation failed, as is one that takes longer than the turn has; after five seconds it is switched off.
    """


@hookspec
def jackfield_destinations(settings: DestinationSettings, http: Http) -> Iterable[Destination] | None:
    """Called once when something is delivered, or deliveries are looked at, for the first time.

    Each destination hears, from then on, of every entry of the log that it wants: at least once, in order by
    subject, with retries. A name that two give is refused. *http* calls hosts that are not the platform:
    it is guarded, and ends in five seconds. A delivery that raises is tried again; one that does not end
    within fifteen seconds too, and the plugin is switched off until the core is opened again. Raising here
    loses this plugin's destinations alone, and nothing of what they are to hear: it waits.
    """


@hookspec
def jackfield_connect(http: Http) -> None:
    """Called once when a core is opened, before anything is measured.

    A plugin that calls hosts while it hears of measurements keeps *http*: it is guarded as that of
    destinations is, and ends in four seconds, so that no call of a measurement is given up. The result is
    ignored. Raising is counted; the plugin's other hooks are called all the same.
    """


@hookspec
def jackfield_select_examples(asking: Asking) -> Sequence[str] | None:
    """Called once for each question with examples, before it is sent; the caller waits, a second at most.

    The ids of the examples to show, the best first, at most 100; the first plugin that does not answer None
    is followed, the others are not asked. Ids that are not among `asking.examples` are skipped, and so is
    what does not fit the budget. An empty list shows none. A plugin that raises, hangs, or returns anything
    else is counted, and the next one is asked; if nobody answers, the selector that was asked for chooses.
    """


@hookspec
def jackfield_summarize(messages: tuple[Message, ...], tokens: int) -> str | None:
    """Called once for each question whose history does not fit; the caller waits, a second at most.

    *messages* are those that are left out. The text stands below the system message if it takes at most
    *tokens* and leaves room; the first plugin that gives one is followed. A plugin that raises, hangs, or
    returns anything else is counted, and the next one is asked; if nobody gives one, they are just left out.
    """


@hookspec
def jackfield_redact(text: str) -> str:
    """Called for each text that is to be kept, where `capture_content` is on.

    Every redactor is called in its order, each with what the one before returned; the built-in one is the
    first, unless its table switches it off. It fails closed: if a redactor raises, hangs, hung before or
    returns no text, or if one that the settings name could not be loaded or is not installed, the text is
    not kept. In its place stands which redactor failed, and the failure is counted.
    """
    ...  # noqa: PIE790  # pyright admits a text that is not returned only of a body that is this
