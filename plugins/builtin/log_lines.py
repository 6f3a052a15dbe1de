"""The log as log lines, for programs that collect theirs."""

from __future__ import annotations

from typing import ClassVar, Final

from attrs import field, frozen
from loguru import logger

from jackfield.domain.model.deliveries.verdicts import Delivered, Delivery
from jackfield.domain.model.deliveries.wanting import SETTLED
from jackfield.domain.model.event_types import told
from jackfield.domain.model.events import Entry
from jackfield.domain.model.exports import exported
from jackfield.plugins.markers import hookimpl
from jackfield.plugins.types import DestinationSettings
from jackfield.ports.http import Http

NAME: Final = "log-lines"


@frozen(kw_only=True)
class LogLinesSettings:
    """`[plugins.log-lines]`: which events."""

    types: tuple[str, ...] = field(default=SETTLED, converter=told)


@frozen
class LogLines:
    """Gives the destination `log-lines`."""

    Settings: ClassVar[type[LogLinesSettings]] = LogLinesSettings

    settings: LogLinesSettings = field(factory=LogLinesSettings)

    @hookimpl
    def jackfield_destinations(self, settings: DestinationSettings, http: Http) -> list[Lines]:
        """Give the one destination."""
        del settings, http  # a log line needs neither
        return [Lines(wants=self.settings.types)]


@frozen(kw_only=True)
class Lines:
    """Logs each entry under one constant message; the rest is bound to it.

    It is seen by programs that say `logger.enable("jackfield")`, and by the command with `--verbose`.
    """

    wants: tuple[str, ...]
    name: str = NAME

    def deliver(self, entry: Entry) -> Delivery:
        """Log it."""
        logger.bind(**exported(entry)).info("audit")
        return Delivered()

    def close(self) -> None:
        """There is nothing to let go of."""
