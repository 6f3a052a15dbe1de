"""How far a long piece of work has come."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Progress:
    """*done* of *total* pieces of *work* (such as `apply`); `item` is the piece that was finished last."""

    work: str
    done: int
    total: int
    item: str = ""
