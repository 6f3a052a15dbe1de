"""A credential that does not show itself."""

from __future__ import annotations

import hmac
from typing import Final, NoReturn, Self

_MASK: Final = "********"


class Secret:
    """A text that masks itself in repr, str, format, JSON and logs, and is revealed only at the wire."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; call it where the bytes are made, and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret('{_MASK}')"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self), _bytes(other))

    __hash__ = None  # type: ignore[assignment]  # a hash would be a fingerprint of the text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: read it again from the environment")


def _bytes(secret: Secret) -> bytes:
    """An environment may hold what UTF-8 cannot carry, and an encoding error would carry the text."""
    return secret.reveal().encode("utf-8", "surrogatepass")
