"""How much repeating one client may do, whatever the number of its calls."""

from __future__ import annotations

import threading


class RetryQuota:
    """A bucket of tokens: a retry takes some, which come back if it succeeds; safe for threads.

    Over many calls into a dead platform the bucket runs dry, and load rises by a few percent only.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._left = capacity
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """The tokens that are left."""
        return self._left

    def take(self, cost: int) -> bool:
        """Take *cost* tokens, or none if there are not so many."""
        with self._lock:
            if cost > self._left:
                return False
            self._left -= cost
            return True

    def succeeded(self, held: int) -> None:
        """Hand back what the retries of a call took that has succeeded; a call without any earns one."""
        if not held and self._left >= self._capacity:
            return
        with self._lock:
            self._left = min(self._capacity, self._left + (held or 1))
