"""The types of the events that tell of sessions."""

from __future__ import annotations

from typing import Final

START: Final = "session.start"
"""It was to be made on the platform (intended), and was (succeeded) or was not (failed)."""
TURN: Final = "session.turn"
"""The customer said something, and this was decided; its numbers are enough to decide it again."""
HAND_OFF: Final = "session.hand_off"
"""It goes to people (intended: decided and on its way; succeeded: the platform has it; failed: refused)."""
ACCEPT: Final = "session.accept"
"""People took it out of the queue, as somebody told."""
HAND_BACK: Final = "session.hand_back"
"""The bot has it again: people gave it back, or nobody took it."""
CLOSE: Final = "session.close"
"""The platform was to end it (intended), and accepted that (succeeded) or not (failed)."""
END: Final = "session.end"
"""It is over; the payload is what reports and the CRM need of it."""
NOTICE: Final = "session.notice"
"""A conversation that is none of our sessions ended, as the platform told."""
NOTICES: Final = "session.notices"
"""The platform tells of ends from now on, or not any more; of which URL, its hash says."""

SESSION_EVENTS: Final = (START, TURN, HAND_OFF, ACCEPT, HAND_BACK, CLOSE, END, NOTICE, NOTICES)
