"""What is said in the story of an answer: the prompt, its examples, two customers, and the assistant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from jackfield.domain.model.conversations.examples import Catalog, Example
from jackfield.domain.model.conversations.messages import Message, Role
from jackfield.domain.model.prompts import PromptDefinition
from jackfield.domain.model.variables import Variable

ASSISTANT: Final = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
FIRST: Final = PromptDefinition(
    name="parcel-desk",
    version="1.0.0",
    model="gpt-small",
    max_tokens=1024,
    template="You answer customers of a parcel service. Greet a {{tier}} customer.",
    variables=[Variable(name="tier", default="private")],
)
SECOND: Final = evolve(FIRST, version="1.1.0", template=f"{FIRST.template} Say first what will happen next.")

QUESTION: Final = "My parcel PX-4471-08 from Zürich was damaged when it arrived. What do I do now?"
ANSWER: Final = (
    "I am sorry that PX-4471-08 reached you damaged. Here is what happens next: please keep the box and the"
    " wrapping, and send us two photos, one of the label and one of the damage, by tomorrow evening. Zürich"
    " then opens case DM-90125 for you, and a colleague calls you within one working day. Up to 500 € are"
    " insured; we pay them to the account that you paid from — usually in three days. If you would rather"
    " have the parcel sent again, say so in the call, and it leaves the same day. Is there anything else"
    " that I can do for you?"
)
MARKS: Final = ("PX-4471-08", "DM-90125", "WB-2200-31")
"""They are in what customers and assistants say, and nowhere else."""

CATALOG: Final = Catalog(
    Example(id=id_, input=asked, output=said)
    for id_, asked, said in (
        ("late", "My parcel is two days late.", "It is on its way; you get a message an hour before."),
        ("damaged", "The parcel arrived damaged.", "Keep the wrapping and send us two photos."),
        ("customs", "Why do I pay customs?", "It came from abroad and is worth more than the limit."),
        ("what-now", "The parcel from my aunt arrived open. What do I do now?", "Tell us what is missing."),
        ("locker", "How do I open a locker?", "With the code in your message."),
        ("address", "Can I change the address?", "Yes, until the parcel is in the van."),
    )
)

LAST: Final = "And if nobody is at home at WB-2200-31 on Friday?"
LAST_ANSWER: Final = "Then it waits for seven days in the locker at WB-2200-31; the code comes by message."
_TURNS: Final = 9


def long_talk() -> Iterator[Message]:
    """Give a conversation whose turns are of many lengths."""
    for number in range(1, _TURNS + 1):
        length = 2 + number * (_TURNS - number) % 7
        asked, said = "is it there, and where? " * length, "it is in Basel, and comes tomorrow. " * length
        yield Message(Role.USER, f"Question {number} about WB-2200-31: {asked}")
        yield Message(Role.ASSISTANT, f"Answer {number}: {said}")
