"""Numbers of what happens, for telemetry: they may be lost, and hold no secret and no customer's text."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from jackfield.domain.model.subjects import Organization


def _read_only(labels: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(labels))


@frozen(kw_only=True)
class Measurement:
    """One number of one moment.

    `name` is dotted, such as `jackfield.call.duration`; `unit` is UCUM's, such as `s`, `By`, `1` or
    `{call}`; each label has few values.
    """

    organization: Organization
    name: str
    value: float
    unit: str = "1"
    labels: Mapping[str, str] = field(factory=dict[str, str], converter=_read_only)
