"""Jackfield: a core for running AI on Genesys Cloud contact centers.

`jackfield.open("dev")` gives a core; everything else here is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jackfield.adapters.files.catalogs import examples
    from jackfield.adapters.files.prompts import load
    from jackfield.domain.model.advice.feedback import Action
    from jackfield.domain.model.advice.queries import AdviceQuery
    from jackfield.domain.model.advice.sifting import Sieve
    from jackfield.domain.model.conversations.examples import Catalog, Example
    from jackfield.domain.model.conversations.messages import Budget, Message
    from jackfield.domain.model.decisions import Choice
    from jackfield.domain.model.errors import (
        AuthenticationFailed,
        BotFull,
        BudgetExceeded,
        ChainBroken,
        Conflict,
        InvalidInput,
        InvalidPrompt,
        JackfieldError,
        NotFound,
        NotSent,
        OutcomeUnknown,
        PermissionDenied,
        PlatformRejected,
        RateLimited,
        Refused,
        RollbackActive,
        Unavailable,
        VersionExists,
    )
    from jackfield.domain.model.evidence.guards import Guard
    from jackfield.domain.model.hours import Hours
    from jackfield.domain.model.prompts import ContextRule, Limits, PromptDefinition
    from jackfield.domain.model.sessions.ends import Resolution
    from jackfield.domain.model.sessions.signals import Failure
    from jackfield.domain.model.sessions.thresholds import Thresholds
    from jackfield.domain.model.variables import Variable
    from jackfield.domain.services.assistants.values import Examples
    from jackfield.domain.services.sessions.asked.values import (
        Accepted,
        Clarify,
        Escalated,
        Forged,
        Overflow,
        Proceed,
        Refuse,
        Repeat,
        Unknown,
        Wait,
    )
    from jackfield.entrypoints.bootstrap import open_core as open  # noqa: A004  # as architecture.md names it
    from jackfield.entrypoints.core import Core

    __version__: str

__all__ = [
    "Accepted",
    "Action",
    "AdviceQuery",
    "AuthenticationFailed",
    "BotFull",
    "Budget",
    "BudgetExceeded",
    "Catalog",
    "ChainBroken",
    "Choice",
    "Clarify",
    "Conflict",
    "ContextRule",
    "Core",
    "Escalated",
    "Example",
    "Examples",
    "Failure",
    "Forged",
    "Guard",
    "Hours",
    "InvalidInput",
    "InvalidPrompt",
    "JackfieldError",
    "Limits",
    "Message",
    "NotFound",
    "NotSent",
    "OutcomeUnknown",
    "Overflow",
    "PermissionDenied",
    "PlatformRejected",
    "Proceed",
    "PromptDefinition",
    "RateLimited",
    "Refuse",
    "Refused",
    "Repeat",
    "Resolution",
    "RollbackActive",
    "Sieve",
    "Thresholds",
    "Unavailable",
    "Unknown",
    "Variable",
    "VersionExists",
    "Wait",
    "__version__",
    "examples",
    "load",
    "open",
]

_ERRORS: Final = "jackfield.domain.model.errors"
_PROMPTS: Final = "jackfield.domain.model.prompts"
_EXAMPLES: Final = "jackfield.domain.model.conversations.examples"
_MESSAGES: Final = "jackfield.domain.model.conversations.messages"
_SESSIONS: Final = "jackfield.domain.services.sessions.asked.values"
_ADVICE: Final = "jackfield.domain.model.advice"
_HOMES: Final = {
    "Action": (f"{_ADVICE}.feedback", "Action"),
    "AdviceQuery": (f"{_ADVICE}.queries", "AdviceQuery"),
    "Sieve": (f"{_ADVICE}.sifting", "Sieve"),
    "Accepted": (_SESSIONS, "Accepted"),
    "Budget": (_MESSAGES, "Budget"),
    "Catalog": (_EXAMPLES, "Catalog"),
    "Choice": ("jackfield.domain.model.decisions", "Choice"),
    "Clarify": (_SESSIONS, "Clarify"),
    "ContextRule": (_PROMPTS, "ContextRule"),
    "Core": ("jackfield.entrypoints.core", "Core"),
    "Escalated": (_SESSIONS, "Escalated"),
    "Example": (_EXAMPLES, "Example"),
    "Examples": ("jackfield.domain.services.assistants.values", "Examples"),
    "Failure": ("jackfield.domain.model.sessions.signals", "Failure"),
    "Forged": (_SESSIONS, "Forged"),
    "Guard": ("jackfield.domain.model.evidence.guards", "Guard"),
    "Hours": ("jackfield.domain.model.hours", "Hours"),
    "Limits": (_PROMPTS, "Limits"),
    "Message": (_MESSAGES, "Message"),
    "Overflow": (_SESSIONS, "Overflow"),
    "Proceed": (_SESSIONS, "Proceed"),
    "PromptDefinition": (_PROMPTS, "PromptDefinition"),
    "Refuse": (_SESSIONS, "Refuse"),
    "Repeat": (_SESSIONS, "Repeat"),
    "Resolution": ("jackfield.domain.model.sessions.ends", "Resolution"),
    "Thresholds": ("jackfield.domain.model.sessions.thresholds", "Thresholds"),
    "Unknown": (_SESSIONS, "Unknown"),
    "Variable": ("jackfield.domain.model.variables", "Variable"),
    "Wait": (_SESSIONS, "Wait"),
    "examples": ("jackfield.adapters.files.catalogs", "examples"),
    "load": ("jackfield.adapters.files.prompts", "load"),
    "open": ("jackfield.entrypoints.bootstrap", "open_core"),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'jackfield' has no attribute {name!r}")
    if name == "__version__":
        from importlib.metadata import version

        return version("jackfield")
    from importlib import import_module

    home, attribute = _HOMES.get(name, (_ERRORS, name))
    value: object = getattr(import_module(home), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
