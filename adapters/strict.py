"""Strict decoding of plain data: nothing is coerced, every fault has its path, no value is shown."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, TypeVar, get_type_hints

from attrs import fields, frozen, has, resolve_types
from cattrs import (
    AttributeValidationNote,
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.cols import homogenous_tuple_structure_factory, is_mapping, is_sequence, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, override

from jackfield.adapters.hooks import apart
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.fields import SAFE_INTEGER
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.variables import Variable

T = TypeVar("T")

_WORDS: Final[dict[type, str]] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}
_HINTS: Final[dict[type, str]] = {
    str: ' (write it in quotes, like "1.0")',
    int: " (no quotes, no fraction)",
    bool: " (no quotes)",
}
_DEFAULT: Final = get_type_hints(Variable)["default"]


class _Mismatch(TypeError):
    """A value that is not of the wanted type; says what was wanted."""

    code = "type"


class _TooLarge(_Mismatch):
    """A whole number that not every reader of JSON would take as it is."""

    code = "number"


class _Unlisted(_Mismatch):
    """A text that is none of those allowed; says which are."""

    code = "value"


@frozen
class Fault:
    """One fault of plain data: its path, such as `variables[0].type`, and what would be right."""

    path: str
    code: str
    message: str


def decode(data: object, kind: type[T], *, place: str) -> T:
    """Return *data*, made of dict, list and scalars, as *kind*; raise `InvalidInput` with every fault."""
    try:
        return _CONVERTER.structure(data, kind)
    except Exception as error:  # noqa: BLE001  # cattrs lets anything escape; it all becomes our error here
        faults = tuple(_faults(error, ""))
    raise InvalidInput(
        "it does not have the right shape",
        place=place,
        remedy="mend what is listed",
        problems=[Problem(code=f.code, message=_worded(f), place=f.path) for f in faults],
    )


def _worded(fault: Fault) -> str:
    return f"{fault.path}: {fault.message}" if fault.path else fault.message


def _faults(error: BaseException, path: str) -> Iterator[Fault]:
    match error:
        case ClassValidationError() | IterableValidationError():
            for inner in error.exceptions:
                yield from _faults(inner, f"{path}{_step(inner)}".lstrip("."))
        case ForbiddenExtraKeysError():
            for name in sorted(map(str, error.extra_fields)):
                yield Fault(
                    f"{path}.{name[:80]}".lstrip("."),
                    "field-unknown",
                    f"there is no such field; {_meant(name, error.cl)}",
                )
        case InvalidInput() if error.problems:  # a whole whose parts contradict one another
            for each in error.problems:
                yield Fault(f"{path}.{each.place}".strip("."), each.code, each.message)
        case _:
            yield _fault(error, path)


def _meant(name: str, kind: type) -> str:
    """Name the field that is most like *name*; all that there are where none is."""
    from difflib import get_close_matches

    there = [each.name for each in fields(kind)] if has(kind) else []
    close = get_close_matches(name, there, 1)
    if close:
        return f"did you mean {close[0]}?"
    return f"there are {', '.join(sorted(there))}" if there else "leave it out"


def _fault(error: BaseException, path: str) -> Fault:
    match error:
        case InvalidInput():
            return Fault(path, "value", error.message)
        case _Mismatch():
            return Fault(path, error.code, str(error))
        case KeyError():
            return Fault(path, "field-missing", "it is missing; give one")
        case ValueError():
            return Fault(path, "value", "it is not one of the allowed values")
        case _:
            return Fault(path, "type", "it does not have the right type")


def _step(error: BaseException) -> str:
    for note in getattr(error, "__notes__", ()):
        match note:
            case AttributeValidationNote():
                return f".{note.name}"
            case IterableValidationNote():
                return f".{note.index}" if isinstance(note.index, str) else f"[{note.index}]"
            case _:
                continue
    return ""


def _exactly(kind: type) -> Any:
    def structure(value: Any, target: type[StrEnum]) -> object:
        fits = type(value) is kind or (kind is float and type(value) is int)
        if not fits:
            raise _Mismatch(f"it is not {_WORDS[kind]}{_HINTS.get(kind, '')}")
        if type(value) is int and abs(value) > SAFE_INTEGER:
            raise _TooLarge("it does not lie within ±(2^53 - 1); write a smaller number")
        return value if target is kind else _member(target, str(value))

    return structure


def _member(enumeration: type[StrEnum], value: str) -> object:
    """Return the member of an enumeration of texts, which cattrs takes for a text."""
    try:
        return enumeration(value)
    except ValueError:
        words = ", ".join(enumeration)
        raise _Unlisted(f"it is not one of {words}; choose one") from None


def _default(value: object, _: object) -> object:
    if value is None:
        raise _Mismatch("it is empty; give a value or drop the field")
    return value


def _secret(value: object, _: object) -> Secret:
    """Admit what was read from the environment; plain data holds no secrets."""
    if not isinstance(value, Secret):
        raise _Mismatch("it is a secret, which is not written here; name its environment variable")
    return value


def _own_rules(kind: type, own: Converter) -> dict[str, Any]:
    """Let each field be judged by itself, so that the faults of all are told, each with its path."""
    resolve_types(kind)
    return {
        each.name: override(struct_hook=_judged(each, own.get_structure_hook(each.type)))
        for each in fields(kind)
        if each.init and each.type is not None and (each.validator or each.converter)
    }


def _judged(attribute: Any, structure: Any) -> Any:
    def judge(value: object, target: Any) -> object:
        found = structure(value, target)
        try:
            final = attribute.converter(found) if attribute.converter else found
            if attribute.validator:
                attribute.validator(None, attribute, final)
        except InvalidInput:
            raise
        except Exception:  # noqa: BLE001  # it needs the whole, whose making judges it again
            return found
        return found

    return judge


def _guarded(kind: type, wanted: str, structure: Any) -> Any:
    def guard(value: object, target: Any) -> object:
        if not isinstance(value, kind):
            raise _Mismatch(f"it is not {wanted}; write {wanted}")
        return structure(value, target)

    return guard


def _reading(kind: type, own: Converter) -> Any:
    """Make it when the first such mapping is read: most settings files have few of the tables."""
    made: list[Any] = []

    def read(value: object, target: Any) -> object:
        if not made:
            made.append(apart(lambda: _guarded(dict, "a mapping", _of_fields(kind, own))))
        return made[0](value, target)

    return read


def _of_fields(kind: type, own: Converter) -> Any:
    return make_dict_structure_fn(
        kind,
        own,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
        **_own_rules(kind, own),
    )


def _converter() -> Converter:
    """Build a converter whose hooks check before they convert."""
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook_factory(
        is_sequence, lambda kind, own: _guarded(list, "a list", homogenous_tuple_structure_factory(kind, own))
    )
    converter.register_structure_hook_factory(
        is_mapping, lambda kind, own: _guarded(dict, "a mapping", mapping_structure_factory(kind, own))
    )
    converter.register_structure_hook_factory(has, _reading)
    for kind in _WORDS:
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook_func(lambda kind: kind == _DEFAULT, _default)
    converter.register_structure_hook(Secret, _secret)
    return converter


_CONVERTER: Final = _converter()
