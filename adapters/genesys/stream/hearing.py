"""Who hears of one conversation: on the pump's thread, and never after the line was closed."""

from __future__ import annotations

from contextlib import suppress
from threading import Event
from typing import Final

from attrs import define, field
from loguru import logger

from jackfield.domain.model.conversations.events import Failed, StreamEvent
from jackfield.ports.assistants import Hear

_STEPS: Final = 100
_STEP_S: Final = 0.001
_NEVER: Final = Event()


@define(eq=False)
class Hearing:
    """A listener; one that fails is told so, if it can hear that, and hears nothing more."""

    hear: Hear = field(repr=False)  # it may be a method of what holds the customer's text
    closed: bool = field(default=False, init=False)
    _busy: bool = field(default=False, init=False)

    def tell(self, event: StreamEvent) -> bool:
        """Let it hear, if nobody closed it meanwhile; say whether it can hear more.

        One of two threads sees what the other has set.
        """
        self._busy = True
        try:
            if not self.closed:
                self.hear(event)
        except Exception as error:  # noqa: BLE001  # one listener's fault must not silence the others
            logger.bind(error=type(error).__name__).warning("a listener of the stream failed")
            self._give_up(event)
            return False
        finally:
            self._busy = False
        return True

    def wait(self) -> None:
        """Return when it hears nothing at this moment, a tenth of a second later at most."""
        for _ in range(_STEPS):
            if not self._busy:
                return
            _NEVER.wait(_STEP_S)

    def _give_up(self, event: StreamEvent) -> None:
        """Nobody is to wait for the rest until the deadline."""
        if not self.closed and not isinstance(event, Failed):
            with suppress(Exception):
                self.hear(Failed("line", "its listener failed"))
