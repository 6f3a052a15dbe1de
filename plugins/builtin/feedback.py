"""A receiver that is told what agents did with recommendations, in the form of the fifth tutorial."""

from __future__ import annotations

from typing import ClassVar, Final

from attrs import field, frozen

from jackfield.domain.model.advice.happenings import FEEDBACK
from jackfield.domain.model.advice.records import feedback_record
from jackfield.domain.model.secrets import Secret
from jackfield.plugins.builtin.posting import Posted, given, usable
from jackfield.plugins.markers import hookimpl
from jackfield.plugins.receivers import RECEIVER
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Http

NAME: Final = "feedback"


@frozen(kw_only=True)
class FeedbackSettings:
    """`[plugins.feedback]`: where feedback is heard, and the secrets that sign."""

    url: str = field(repr=False, metadata=RECEIVER)
    secret: Secret | None = field(default=None, validator=usable)
    previous_secret: Secret | None = field(default=None, validator=usable)


@frozen
class FeedbackWebhook:
    """Gives the destination `feedback`; what was displayed is no feedback, and is not posted."""

    Settings: ClassVar[type[FeedbackSettings]] = FeedbackSettings

    settings: FeedbackSettings

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[Posted]:
        """Give the one destination."""
        del settings
        own = self.settings
        return [
            Posted(
                name=NAME,
                url=own.url,
                wants=(f"{FEEDBACK}:succeeded",),
                http=http,
                secrets=given(own.secret, own.previous_secret),
                body=feedback_record,
            )
        ]
