"""Which operation answers which method and path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from jackfield.adapters.simulator.platform.answers import Rejection
from jackfield.adapters.simulator.platform.calls import Operation

_ANY: Final = "*"


class Route:
    """One resource: a path whose `*` stand for any segment, its operations, and the scopes that they ask for.

    `configures` marks the AI configuration endpoints, which have a rate limit of their own.
    """

    def __init__(
        self,
        path: str,
        operations: Mapping[str, Operation],
        scopes: tuple[str, ...] | Mapping[str, tuple[str, ...]],
        *,
        configures: bool = False,
    ) -> None:
        self.segments = tuple(path.split("/")[1:])
        self._operations = operations
        self._scopes = scopes if isinstance(scopes, Mapping) else dict.fromkeys(operations, scopes)
        self.configures = configures

    def matches(self, path: tuple[str, ...]) -> bool:
        """Say whether the path is this resource's."""
        if len(path) != len(self.segments):
            return False
        return all(
            mine == other or (mine == _ANY and other) for mine, other in zip(self.segments, path, strict=True)
        )

    def operation(self, method: str) -> tuple[Operation, tuple[str, ...]]:
        """Return what answers the method, and the scopes of which a token needs one."""
        operation = self._operations.get(method)
        if operation is None:
            allowed = ", ".join(self._operations)
            raise Rejection("method.not.allowed", headers={"allow": allowed}, allowed=allowed)
        return operation, self._scopes[method]


def find(routes: Sequence[Route], path: tuple[str, ...]) -> Route | None:
    """Return the route of the path, if there is one."""
    for route in routes:
        if route.matches(path):
            return route
    return None
