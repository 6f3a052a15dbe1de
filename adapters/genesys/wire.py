"""The JSON bodies of `wire.md` as values, and the one converter that reads and writes them.

Reading is tolerant of fields that are not known here and strict about types: nothing is coerced.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import GenericAlias
from typing import Any, Final, TypeAlias, TypeVar, get_args, get_origin

import attrs
import orjson
from attrs import field, frozen
from cattrs import Converter
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.strategies import configure_union_passthrough
from cattrs.v import transform_error

from jackfield.adapters.genesys.documents import printable
from jackfield.adapters.hooks import apart
from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.prompts import ContextSource, InjectionPoint
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.variables import VariableType

T = TypeVar("T")
Plain: TypeAlias = str | int | float | bool
_MOST_FAULTS: Final = 8
_LONGEST_FAULT: Final = 160


@frozen(kw_only=True)
class TokenAnswer:
    """The answer to a token request (§1); seconds."""

    access_token: Secret
    expires_in: int


@frozen(kw_only=True)
class VariableBody:
    """A variable as §3 has it; the default is always text."""

    name: str
    type: VariableType
    required: bool
    default_value: str | None = None


@frozen(kw_only=True)
class ContextRuleBody:
    """A context rule as §3 has it."""

    source: ContextSource
    max_tokens: int
    injection_point: InjectionPoint


@frozen(kw_only=True)
class PromptBody:
    """A prompt definition as §3 has it."""

    name: str
    version: str
    template: str
    variables: tuple[VariableBody, ...] = ()
    context_rules: tuple[ContextRuleBody, ...] = ()
    model_id: str
    max_tokens: int


@frozen(kw_only=True)
class PromptAnswer(PromptBody):
    """A prompt as the platform returns it."""

    id: str


@frozen(kw_only=True)
class Created:
    """The id of what was just made: printable, as it is logged and sent back."""

    id: str = field(validator=printable)


@frozen(kw_only=True)
class Page:
    """One page of a list; `total` counts all pages."""

    entities: tuple[dict[str, Any], ...]
    page_number: int
    total: int


@frozen(kw_only=True)
class Trigger:
    """A/B routing as §4 has it; the share is a fraction."""

    enabled: bool = False
    traffic_percent: float = 0.0
    variant_id: str = ""


@frozen(kw_only=True)
class VersionBody:
    """A version as §4 has it."""

    template_id: str
    version: str
    content: str
    variables: Mapping[str, Plain]
    rollback_directive: bool = False
    ab_testing_trigger: Trigger = Trigger()
    metadata: Mapping[str, str]


@frozen(kw_only=True)
class TriggerAnswer:
    """A/B routing as the platform returns it."""

    enabled: bool = False
    traffic_percent: int | float = 0.0
    variant_id: str = ""


@frozen(kw_only=True)
class VersionHead:
    """A version's number, whether its rollback directive stands, and its A/B routing."""

    version: str
    rollback_directive: bool = False
    ab_testing_trigger: TriggerAnswer | None = None


@frozen(kw_only=True)
class VersionAnswer(VersionHead):
    """A version as the platform returns it, as far as it is compared."""

    content: str
    variables: Mapping[str, Plain] = field(factory=dict[str, Plain])
    metadata: Mapping[str, str] = field(factory=dict[str, str])


@frozen(kw_only=True)
class VersionList:
    """A prompt's versions, newest first."""

    entities: tuple[VersionHead, ...]


@frozen(kw_only=True)
class DirectiveChange:
    """The body that sets or clears a rollback directive."""

    rollback_directive: bool


@frozen(kw_only=True)
class TriggerChange:
    """The body that starts, moves or ends a split."""

    ab_testing_trigger: Trigger


@frozen(kw_only=True)
class MessageBody:
    """A message as §7 has it."""

    role: str
    content: str


@frozen(kw_only=True)
class SettingsBody:
    """How an assistant answers, as §7 has it; `max_tokens` is the answer's limit."""

    max_tokens: int
    temperature: float
    safety_policy: str


@frozen(kw_only=True)
class QuestionBody:
    """A question as §7 has it."""

    assistant_id: str
    messages: tuple[MessageBody, ...]
    settings: SettingsBody


def decode(body: bytes, shape: type[T]) -> T:
    """Read *body*; anything else than a whole *shape* is `InvalidInput`, with paths and without values."""
    try:
        return _CONVERTER.structure(orjson.loads(body), shape)
    except orjson.JSONDecodeError:
        faults = ["it is not JSON in UTF-8"]
    except (BaseValidationError, TypeError, ValueError) as error:
        faults = transform_error(error, path="$", format_exception=_wrong)
    told = "; ".join(fault[:_LONGEST_FAULT] for fault in faults[:_MOST_FAULTS])
    raise InvalidInput(f"the answer is no {shape.__name__}: {told}")


def structure(value: Mapping[str, Any], shape: type[T]) -> T:
    """Read a value that has been parsed already, as `decode` does."""
    return decode(orjson.dumps(value), shape)


def encode(body: object) -> bytes:
    """Write *body*, its fields in the order of `wire.md`; what JSON cannot carry is `InvalidInput`."""
    try:
        return orjson.dumps(_CONVERTER.unstructure(body))
    except orjson.JSONEncodeError:
        raise InvalidInput("a text or a number in it cannot be written as JSON") from None


def _wrong(error: BaseException, _type: type | None) -> str:
    return "missing" if isinstance(error, KeyError) else "wrong type or value"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _strictly(kind: type) -> Any:
    def same(value: object, _: object) -> object:
        if type(value) is not kind:
            raise TypeError(kind.__name__)
        return value

    return same


def _member(value: Any, kind: type[StrEnum]) -> StrEnum:
    return kind(value)


def _secret(value: object, _: object) -> Secret:
    if type(value) is not str:
        raise TypeError("str")
    return Secret(value)


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _tuples(kind: Any, converter: Converter) -> Any:
    items = GenericAlias(list, get_args(kind)[:1])
    read = converter.get_structure_hook(items)

    def only_lists(value: object, _: object) -> tuple[object, ...]:
        if type(value) is not list:
            raise TypeError("list")
        return tuple(read(value, items))

    return only_lists


def _fields(shape: type) -> dict[str, Any]:
    return {
        f.name: override(rename=_camel(f.name), omit_if_default=f.default is None)
        for f in attrs.fields(shape)
    }


def _reading(shape: type, converter: Converter) -> Any:
    return apart(lambda: make_dict_structure_fn(shape, converter, **_fields(shape)))


def _writing(shape: type, converter: Converter) -> Any:
    return apart(lambda: make_dict_unstructure_fn(shape, converter, **_fields(shape)))


def _converter() -> Converter:
    converter = Converter()
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _strictly(kind))
    converter.register_structure_hook(StrEnum, _member)  # else the hook of str would let any text through
    converter.register_structure_hook(Secret, _secret)
    configure_union_passthrough(Plain, converter)
    configure_union_passthrough(int | float, converter)
    converter.register_structure_hook_factory(_is_tuple, _tuples)
    converter.register_structure_hook_factory(attrs.has, _reading)
    converter.register_unstructure_hook_factory(attrs.has, _writing)
    # OAuth's own names are not in camel case.
    token = apart(lambda: make_dict_structure_fn(TokenAnswer, converter))
    converter.register_structure_hook(TokenAnswer, token)
    return converter


_CONVERTER: Final = _converter()
