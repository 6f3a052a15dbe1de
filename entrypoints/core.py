"""The facade: everything a program does with one target."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

import attrs
from attrs import frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.services.audit import Audit
from jackfield.domain.services.prompts import ActingPrompts, Prompts
from jackfield.domain.services.prompts.operations import Actor
from jackfield.entrypoints.settings import Settings, refuse_missing


@frozen(kw_only=True)
class Acting:
    """A core with somebody who changes things, and says why."""

    prompts: ActingPrompts


@frozen(kw_only=True)
class Core:
    """One open target; safe for threads. Use it in a `with`, or `close` it.

    `prompts` and `audit` look; changes are made by `acting_as(…)`.
    """

    settings: Settings
    prompts: Prompts
    audit: Audit
    closing: ExitStack

    def acting_as(self, actor: str, *, reason: str) -> Acting:
        """Return the core for *actor*, such as `ci:build-812`; every change carries both."""
        refuse_missing(self.settings.credentials)
        for name, text in (("actor", actor), ("reason", reason)):
            if not text.strip() or not text.isprintable() or len(text) > _LONGEST:
                raise InvalidInput(
                    f"it is empty, longer than {_LONGEST} characters, or has line breaks or other characters"
                    " that cannot be printed",
                    place=name,
                    remedy="say in a line who changes what, and why",
                )
        fields = {f.name: getattr(self.prompts, f.name) for f in attrs.fields(Prompts)}
        return Acting(prompts=ActingPrompts(actor=Actor(name=actor, reason=reason), **fields))

    def close(self) -> None:
        """Let go of the ledger and the platform; closing twice is fine."""
        self.closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_LONGEST = 500
