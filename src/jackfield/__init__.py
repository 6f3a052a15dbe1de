"""Jackfield: a core for running AI on Genesys Cloud contact centers.

`jackfield.open("dev")` gives a core; everything else here is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jackfield.adapters.files.catalogs import examples
    from jackfield.adapters.files.prompts import load
    from jackfield.domain.model.conversations.examples import Catalog, Example
    from jackfield.domain.model.conversations.messages import Budget, Message
    from jackfield.domain.model.decisions import Choice
    from jackfield.domain.model.errors import (
        AuthenticationFailed,
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
    from jackfield.domain.model.variables import Variable
    from jackfield.domain.services.assistants.values import Examples
    from jackfield.entrypoints.bootstrap import open_core as open  # noqa: A004  # as architecture.md names it
    from jackfield.entrypoints.core import Core

    __version__: str

__all__ = [
    "AuthenticationFailed",
    "Budget",
    "BudgetExceeded",
    "Catalog",
    "ChainBroken",
    "Choice",
    "Conflict",
    "ContextRule",
    "Core",
    "Example",
    "Examples",
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
    "PermissionDenied",
    "PlatformRejected",
    "PromptDefinition",
    "RateLimited",
    "Refused",
    "RollbackActive",
    "Unavailable",
    "Variable",
    "VersionExists",
    "__version__",
    "examples",
    "load",
    "open",
]

_ERRORS: Final = "jackfield.domain.model.errors"
_PROMPTS: Final = "jackfield.domain.model.prompts"
_EXAMPLES: Final = "jackfield.domain.model.conversations.examples"
_MESSAGES: Final = "jackfield.domain.model.conversations.messages"
_HOMES: Final = {
    "Budget": (_MESSAGES, "Budget"),
    "Catalog": (_EXAMPLES, "Catalog"),
    "Choice": ("jackfield.domain.model.decisions", "Choice"),
    "ContextRule": (_PROMPTS, "ContextRule"),
    "Core": ("jackfield.entrypoints.core", "Core"),
    "Example": (_EXAMPLES, "Example"),
    "Examples": ("jackfield.domain.services.assistants.values", "Examples"),
    "Guard": ("jackfield.domain.model.evidence.guards", "Guard"),
    "Hours": ("jackfield.domain.model.hours", "Hours"),
    "Limits": (_PROMPTS, "Limits"),
    "Message": (_MESSAGES, "Message"),
    "PromptDefinition": (_PROMPTS, "PromptDefinition"),
    "Variable": ("jackfield.domain.model.variables", "Variable"),
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
