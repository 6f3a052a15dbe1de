"""The A/B trigger of a version, and the header that must say the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from jackfield.adapters.simulator.platform.reading import OUT_OF_RANGE, REQUIRED, WRONG_TYPE, Fields

HEADER: Final = "X-Genesys-AB-Test"

_HEADER: Final = re.compile(r"variant=(.*),traffic=([0-9]{1,3})", re.DOTALL)
_ROUNDING: Final = 0.5 + 1e-9


def read_trigger(fields: Fields) -> dict[str, Any] | None:
    """Return `abTestingTrigger`; an enabled one needs its share, a fraction 0..1, and its variant."""
    trigger = fields.object("abTestingTrigger")
    if trigger is None:
        return None
    enabled = trigger.flag("enabled")
    return {
        "enabled": enabled,
        "trafficPercent": _read_share(trigger, required=enabled),
        "variantId": trigger.text("variantId", required=enabled),
    }


def _read_share(trigger: Fields, *, required: bool) -> float:
    share = trigger.values.get("trafficPercent", None if required else 0)
    if isinstance(share, bool) or not isinstance(share, int | float):
        trigger.fault(REQUIRED if share is None else WRONG_TYPE, "trafficPercent")
    elif not 0 <= share <= 1:
        trigger.fault(OUT_OF_RANGE, "trafficPercent")
    else:
        return share
    return 0


def check_header(fields: Fields, headers: Mapping[str, str], trigger: Mapping[str, Any] | None) -> None:
    """Note a header that is missing from, or contradicts, the trigger; it has whole percents, either way."""
    header = headers.get(HEADER.lower())
    if trigger is None or not trigger["enabled"]:
        if header is not None:
            fields.fault("header.unexpected", HEADER)
    elif header is None:
        fields.fault("header.required", HEADER)
    elif not _agrees(header, trigger):
        fields.fault("header.mismatch", HEADER)


def _agrees(header: str, trigger: Mapping[str, Any]) -> bool:
    match = _HEADER.fullmatch(header.strip())
    if match is None or match[1] != trigger["variantId"]:
        return False
    return bool(abs(int(match[2]) - trigger["trafficPercent"] * 100) <= _ROUNDING)
