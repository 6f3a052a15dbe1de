"""Reading the fields of a request's body; every fault is noted, none is the last."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, cast

from attrs import define, field

from jackfield.adapters.simulator.platform.answers import Fault, invalid

REQUIRED: Final = "field.required"
WRONG_TYPE: Final = "field.type"
OUT_OF_RANGE: Final = "field.range"
NOT_ALLOWED: Final = "field.value"

_LONGEST_SHOWN: Final = 80


@define
class Fields:
    """The fields of one JSON object, and what is wrong with them."""

    values: Mapping[str, Any]
    faults: list[Fault] = field(factory=list[Fault])
    place: str = ""

    def fault(self, code: str, name: str) -> None:
        """Note that the field is wrong."""
        self.faults.append(Fault(code, f"{self.place}{name[:_LONGEST_SHOWN]}"))

    def refuse_faults(self) -> None:
        """Refuse the request if anything is wrong with it."""
        if self.faults:
            raise invalid(self.faults)

    def text(self, name: str, *, required: bool = True) -> str:
        """Return a text that says something; one that is not required may be absent or empty."""
        value = self.values.get(name, None if required else "")
        if isinstance(value, str) and (value.strip() or not required):
            return value
        self.fault(REQUIRED if value is None or isinstance(value, str) else WRONG_TYPE, name)
        return ""

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Return true or false; without a default it must be there."""
        value = self.values.get(name)
        if isinstance(value, bool):
            return value
        if name not in self.values and default is not None:
            return default
        self.fault(REQUIRED if value is None else WRONG_TYPE, name)
        return False

    def count(self, name: str) -> int:
        """Return a whole number from 1."""
        value = self.values.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            if value >= 1:
                return value
            self.fault(OUT_OF_RANGE, name)
        else:
            self.fault(REQUIRED if value is None else WRONG_TYPE, name)
        return 0

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """Return one of the allowed texts."""
        value = self.values.get(name)
        if isinstance(value, str) and value in allowed:
            return value
        if value is None:
            self.fault(REQUIRED, name)
        else:
            self.fault(NOT_ALLOWED if isinstance(value, str) else WRONG_TYPE, name)
        return ""

    def objects(self, name: str) -> Iterator[Fields]:
        """Read each object of a list; its faults are noted here, under its place in the list."""
        value = self.values.get(name)
        if not isinstance(value, list):
            self.fault(REQUIRED if value is None else WRONG_TYPE, name)
            return
        items: list[Any] = value
        for at, item in enumerate(items):
            if isinstance(item, dict):
                yield Fields(cast("dict[str, Any]", item), self.faults, f"{self.place}{name}[{at}].")
            else:
                self.fault(WRONG_TYPE, f"{name}[{at}]")

    def object(self, name: str) -> Fields | None:
        """Read an object that may be absent or null."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, dict):
            return Fields(cast("dict[str, Any]", value), self.faults, f"{self.place}{name}.")
        self.fault(WRONG_TYPE, name)
        return None
