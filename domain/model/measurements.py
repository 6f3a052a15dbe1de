"""Numbers of what happens, for telemetry: they may be lost, and hold no secret and no customer's text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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


@frozen(kw_only=True)
class Asked(Measurement):
    """An answer of an assistant: `value` is how long it took, in seconds, and `labels` are as everywhere.

    The rest is of this one conversation, and belongs into no label. `injection_s` is from the messages to
    the platform's answer that it took them, `first_piece_s` until something was heard. Source: `wire.md` §11.
    """

    conversation: str
    assistant: str
    prompt: str
    version: str
    model: str
    end: str
    safety: bool
    prompt_tokens: int
    completion_tokens: int
    exact: bool
    output: int
    temperature: float
    injection_s: float
    first_piece_s: float | None
    tokens_per_second: float | None
    time: datetime
