"""A receiver that is told what agents did with recommendations, in the form of the fifth tutorial."""

from __future__ import annotations

from typing import ClassVar, Final

from attrs import field, frozen

from jackfield.domain.model.advice.happenings import DISPLAYED, FEEDBACK
from jackfield.domain.model.advice.records import feedback_record, told_of
from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.events import Entry, timestamp
from jackfield.domain.model.secrets import Secret
from jackfield.plugins.builtin.posting import Posted, given, usable
from jackfield.plugins.markers import hookimpl
from jackfield.plugins.receivers import RECEIVER
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Http

NAME: Final = "feedback"


@frozen(kw_only=True)
class FeedbackSettings:
    """`[plugins.feedback]`: where feedback is heard, also of what was displayed, and what signs."""

    url: str = field(repr=False, metadata=RECEIVER)
    secret: Secret | None = field(default=None, validator=usable)
    previous_secret: Secret | None = field(default=None, validator=usable)
    displayed: bool = False


@frozen
class FeedbackWebhook:
    """Gives the destination `feedback`; what was displayed is posted too, where that is wanted."""

    Settings: ClassVar[type[FeedbackSettings]] = FeedbackSettings

    settings: FeedbackSettings

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[Posted]:
        """Give the one destination."""
        del settings
        own = self.settings
        kinds = (FEEDBACK, DISPLAYED) if own.displayed else (FEEDBACK,)
        return [
            Posted(
                name=NAME,
                url=own.url,
                wants=tuple(f"{kind}:succeeded" for kind in kinds),
                http=http,
                secrets=given(own.secret, own.previous_secret),
                body=posted,
            )
        ]


def posted(entry: Entry) -> JSON:
    """Return what is posted of *entry*: feedback on a recommendation, or all that was displayed at once."""
    told = () if entry.event.type == FEEDBACK else tuple(told_of(entry))
    if not told:
        return feedback_record(entry)
    return {
        "recommendationIds": [each.recommendation for each in told],
        "agentId": told[0].agent,
        "action": told[0].action.value,
        "timestamp": timestamp(entry.event.time),
    }
