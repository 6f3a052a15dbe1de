"""Deliveries: handing the log's entries to every destination, at least once, in order by subject."""

from __future__ import annotations

from jackfield.domain.services.deliveries.acting import ActingDeliveries
from jackfield.domain.services.deliveries.service import Deliveries
from jackfield.domain.services.deliveries.standing import Standing
from jackfield.domain.services.deliveries.values import DestinationStatus, Passed, Pause, Stand

__all__ = ["ActingDeliveries", "Deliveries", "DestinationStatus", "Passed", "Pause", "Stand", "Standing"]
