"""What the ledger may keep of a subject."""

from __future__ import annotations


class State:
    """The whole state of one subject; each kind of subject has one class of these.

    Whoever moves states about needs to know no more of them, and loads none of what they are made of.
    """

    __slots__ = ()
