"""Who calls in the story of sessions, what they say, and what the bot has learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen

BOT: Final = "parcel-bot"
QUEUE: Final = "parcel-people"
LIMIT: Final = 2
LEARNED: Final[Mapping[str, tuple[str, ...]]] = {
    "delivery_time": (
        *("Where is my parcel?", "When does my parcel arrive?", "Is my parcel on its way?"),
        *("Can you track my parcel?", "My parcel has not come yet."),
    ),
    "damaged": (
        *("My parcel arrived damaged.", "The box was broken.", "The glass in my parcel is broken."),
        "What do I do with a damaged parcel?",
    ),
    "another_day": (
        *("Can it come on another day?", "Please deliver it on Friday.", "Choose another day."),
        "I am not at home tomorrow, deliver it later.",
    ),
    "thanks": ("Thank you, that is all.", "Thanks, goodbye.", "Great, that helps."),
}


@frozen
class Customer:
    """Somebody with a name, and what they say, in turns."""

    name: str
    says: tuple[str, ...]


ADA: Final = Customer(
    "Ada",
    (
        "Where is my parcel PX-4471-08?",
        "Then please deliver it on Friday, I am not at home before.",
        "Great, thank you!",
    ),
)
BEN: Final = Customer(
    "Ben",
    (
        "My parcel is late.",
        "Yes, and this is awful! My parcel PX-9902-31 has not come yet. I am furious, nobody helps.",
    ),
)
CLEO: Final = Customer("Cleo", ())
MARKS: Final = ("PX-4471-08", "PX-9902-31", "furious", "Friday")
"""They are in what customers say, and nowhere else."""
