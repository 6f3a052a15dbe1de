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

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jackfield.domain.model.measurements import Measurement
from jackfield.domain.model.progress import Progress
from jackfield.domain.model.reviews import Candidate, Finding
from jackfield.plugins.markers import hookspec
from jackfield.plugins.types import (
    CacheProvider,
    DestinationSettings,
    LedgerProvider,
    TokenCounterProvider,
)
from jackfield.ports.destinations import Destination
from jackfield.ports.http import Http

if TYPE_CHECKING:  # a program that embeds the core does not pay for it
    from click import Command


@hookspec
def jackfield_measure(measurement: Measurement) -> None:
    """Called once for each measurement, in order, on the plugin's own thread.

    Measurements wait in a queue of 1,000; those that do not fit are dropped and counted, so a slow plugin
    slows nobody. What waits when the core closes has a second to be heard. The result is ignored. Raising is
    safe: the next measurement comes all the same.
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
def jackfield_destinations(settings: DestinationSettings, http: Http) -> Iterable[Destination] | None:
    """Called once when something is delivered, or deliveries are looked at, for the first time.

    Each destination hears, from then on, of every entry of the log that it wants: at least once, in order by
    subject, with retries. A name that two give is refused. *http* calls hosts that are not the platform:
    it is guarded, and ends in five seconds. A delivery that raises is tried again; one that does not end
    within fifteen seconds too, and the plugin is switched off until the core is opened again. Raising here
    loses this plugin's destinations alone, and nothing of what they are to hear: it waits.
    """
