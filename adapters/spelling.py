"""How the values of states are spelled in JSON, and read: nothing is coerced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from attrs import has, resolve_types
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from jackfield.adapters.hooks import apart
from jackfield.domain.model.events import timestamp
from jackfield.domain.model.variables import Value

_OMITTED: Final[Mapping[str, tuple[str, ...]]] = {
    "Operation": ("rollout",),
    "PromptState": ("rollout", "revoked"),
    "SessionState": ("once",),
}
"""What came later, by the class, which is not loaded for this: it is left out where there is none."""

_SHARED: Final = frozenset({"Thresholds", "Lifetimes"})
"""What each session is written with and differs by its bot alone: checking it anew is half of a read."""
_MOST_SHARED: Final = 100
_WITH_ROLLOUTS: Final = ("Operation", "PromptState")
"""Their `rollout` is of a class that is loaded with the first one."""


def _time(text: Any, _: type[datetime]) -> datetime:
    return datetime.fromisoformat(text)


def moment(time: datetime) -> str:
    """Return *time* as states and events spell it; raise `ValueError` for one without a zone."""
    if time.tzinfo is UTC:
        return time.isoformat(timespec="microseconds")[:-6] + "Z"
    if time.tzinfo is None:
        raise ValueError
    return timestamp(time)


def _duration(microseconds: Any, _: type[timedelta]) -> timedelta:
    return timedelta(microseconds=microseconds)


def _microseconds(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)


def _texts(mapping: Mapping[str, str]) -> dict[str, str]:
    return dict(mapping)


def _value(value: Any, _: object) -> Value | None:
    scalars: list[Any] = value if isinstance(value, list) else [value]
    if not all(v is None or isinstance(v, str | int | float) for v in scalars):
        raise ValueError
    taken: Value | None = value
    return taken


def _reading(kind: Any, own: Converter) -> Any:
    def late(said: Any, _: object) -> object:
        if said is None:
            return None
        from jackfield.domain.model.rollouts import Rollout

        return own.structure(said, Rollout)

    hooks: dict[str, Any] = {"rollout": override(struct_hook=late)} if _has_rollouts(kind) else {}
    read = apart(lambda: make_dict_structure_fn(kind, own, **hooks))
    return _shared(read) if kind.__name__ in _SHARED else read


def _shared(read: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Make a value that many states have once; it is known by all of its text, so 1 is not true."""
    known = dict[bytes, Any]()

    def reading(said: Any, kind: Any) -> Any:
        key = orjson.dumps(said)
        found = known.get(key)
        if found is None:
            found = read(said, kind)
            if len(known) < _MOST_SHARED:
                known[key] = found
        return found

    return reading


def _writing(kind: Any, own: Converter) -> Any:
    omitted: dict[str, Any] = {
        name: override(omit_if_default=True) for name in _OMITTED.get(kind.__name__, ())
    }
    if _has_rollouts(kind):
        omitted["rollout"] = override(omit_if_default=True, unstruct_hook=own.unstructure)
    return apart(lambda: make_dict_unstructure_fn(kind, own, **omitted))


def _has_rollouts(kind: Any) -> bool:
    if kind.__name__ not in _WITH_ROLLOUTS:
        return False
    resolve_types(kind, localns={"Rollout": Any})
    return True


def converter() -> Converter:
    """Return a converter of states and of the heads of entries."""
    own = Converter(detailed_validation=False)
    own.register_structure_hook(datetime, _time)
    own.register_unstructure_hook(datetime, moment)
    own.register_structure_hook(timedelta, _duration)
    own.register_unstructure_hook(timedelta, _microseconds)
    own.register_unstructure_hook_func(lambda t: t == Mapping[str, str], _texts)
    own.register_structure_hook_func(lambda t: t == Value | None, _value)
    own.register_structure_hook_factory(has, _reading)
    own.register_unstructure_hook_factory(has, _writing)
    return own
