"""Every operation of the service, a module a concern; a new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from jackfield.entrypoints.service.frame import Direct
from jackfield.entrypoints.service.operations import Operation
from jackfield.entrypoints.service.routes import (
    advice,
    asking,
    audit,
    documents,
    health,
    notices,
    prompts,
    query,
    rollouts,
    sessions,
    simulate,
    turns,
)
from jackfield.entrypoints.service.serving import Serving

OPERATIONS: Final[tuple[Operation, ...]] = (
    *health.OPERATIONS,
    *documents.OPERATIONS,
    *prompts.OPERATIONS,
    *rollouts.OPERATIONS,
    *asking.OPERATIONS,
    *sessions.OPERATIONS,
    *turns.OPERATIONS,
    *notices.OPERATIONS,
    *advice.OPERATIONS,
    *query.OPERATIONS,
    *simulate.OPERATIONS,
    *audit.OPERATIONS,
)

DIRECT: Final[Mapping[tuple[str, str], Callable[[Serving], Direct]]] = {
    **documents.DIRECT,
    **query.DIRECT,
    **simulate.DIRECT,
}
"""What is answered around Falcon."""
