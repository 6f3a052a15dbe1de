"""The types of the events that tell of advice."""

from __future__ import annotations

from typing import Final

DELIVERED: Final = "advice.delivered"
"""Answers were given: one, or those of a conversation within some milliseconds."""
DISPLAYED: Final = "advice.displayed"
"""Recommendations were on an agent's screen."""
FEEDBACK: Final = "advice.feedback"
"""An agent did something with a recommendation."""
LOST: Final = "advice.lost"
"""So many of the others were lost on their way here, by their types."""

ADVICE_EVENTS: Final = (DELIVERED, DISPLAYED, FEEDBACK, LOST)
