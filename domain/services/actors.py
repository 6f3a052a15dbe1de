"""Somebody who acts."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Actor:
    """Who changes something, and why."""

    name: str
    reason: str
