"""`[plugins.crm]`: which call is made of a session that is over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import Factory, evolve, field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.problems import Problem
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.ends import Resolution
from jackfield.plugins.builtin.crm.fields import flat, gaps, merged, refuse_wrong
from jackfield.plugins.builtin.crm.presets import PRESETS, Method, Preset, PresetName
from jackfield.plugins.builtin.crm.texts import faults_of
from jackfield.plugins.receivers import RECEIVER

AUTHORIZATION: Final = "Authorization"
CONTENT_TYPE: Final = "Content-Type"

_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}", re.ASCII)
_VALUE: Final = re.compile(r"[!-~]([ -~]*[!-~])?", re.ASCII)
_PLACE: Final = re.compile(r"\{[^{}]*\}")
_OURS: Final = frozenset({"content-type", "content-length", "transfer-encoding", "connection", "host"})
_CLIENT_ERRORS: Final = range(400, 500)


def _url(_instance: object, _field: object, url: str) -> None:
    faults = list(faults_of(url))
    try:
        parts = urlsplit(_PLACE.sub("x", url))
        before = url.partition("://")[2].partition("/")[0]
    except ValueError:
        raise InvalidInput("it is no URL") from None  # its text is not repeated: people put passwords there
    if "{" in before:
        faults.append("facts stand behind the host, not in it")
    if {".", ".."} & set(parts.path.split("/")):
        faults.append("'.' and '..' lead elsewhere; write the path without them")
    if faults:
        raise InvalidInput("; ".join(faults))


def _host(_instance: object, _field: object, host: str) -> None:
    if host and _HOST.fullmatch(host) is None:
        raise InvalidInput("it is a host alone, such as acme.my.salesforce.com")


def _header_name(_instance: object, _field: object, name: str) -> None:
    if name and (_TOKEN.fullmatch(name) is None or name.lower() in _OURS):
        raise InvalidInput("it is no name of a header that may be given; the type and length of the body are")


def _header_value(_instance: object, _field: object, value: Any) -> None:
    text = value.reveal() if isinstance(value, Secret) else value
    if text and _VALUE.fullmatch(text) is None:
        raise InvalidInput("a header holds printable ASCII, without line breaks or blanks around it")


def _user(instance: object, attribute: object, user: str) -> None:
    _header_value(instance, attribute, user)
    if ":" in user:
        raise InvalidInput("a user has no colon")


def _statuses(_instance: object, _field: object, statuses: tuple[int, ...]) -> None:
    if not all(each in _CLIENT_ERRORS for each in statuses):
        raise InvalidInput("a status by which a CRM says that it has it already is 400 to 499, such as 409")


@frozen(kw_only=True)
class Header:
    """One `[[plugins.crm.headers]]`: its value stands there, or in a variable of the environment."""

    name: str = field(validator=_header_name)
    value: str = field(default="", validator=_header_value)
    secret: Secret | None = field(default=None, validator=_header_value)

    def __attrs_post_init__(self) -> None:
        if not self.name or bool(self.value) is (self.secret is not None):
            raise InvalidInput("a header has a name, and either a value or secret_env")


@frozen(kw_only=True)
class When:
    """`[plugins.crm.when]`: the sessions that the CRM hears of; what is empty admits all.

    `bots` are names, or the platform's ids.
    """

    resolutions: tuple[Resolution, ...] = ()
    bots: tuple[str, ...] = ()


def _preset_url(settings: CrmSettings) -> str:
    chosen = settings.chosen
    return "" if chosen is None or (chosen.needs_host and not settings.host) else chosen.at(settings.host)


def _preset_method(settings: CrmSettings) -> Method:
    return settings.chosen.method if settings.chosen else Method.POST


def _preset_key(settings: CrmSettings) -> str:
    return settings.chosen.idempotency_header if settings.chosen else ""


@frozen(kw_only=True)
class CrmSettings:
    """`[plugins.crm]`: a preset, a mapping of one's own, or the one over the other."""

    preset: PresetName | None = None
    host: str = field(default="", validator=_host)
    url: str = field(
        default=Factory(_preset_url, takes_self=True), repr=False, metadata=RECEIVER, validator=_url
    )
    method: Method = Factory(_preset_method, takes_self=True)
    fields: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, validator=refuse_wrong)
    token: Secret | None = field(default=None, validator=_header_value)
    user: str = field(default="", validator=_user)
    headers: tuple[Header, ...] = ()
    idempotency_header: str = field(default=Factory(_preset_key, takes_self=True), validator=_header_name)
    when: When = field(factory=When)
    taken: tuple[int, ...] = field(default=(), validator=_statuses)

    @property
    def chosen(self) -> Preset | None:
        """The preset, if one was named."""
        return None if self.preset is None else PRESETS[self.preset]

    def whole(self) -> Mapping[tuple[str, ...], Any]:
        """The fields of the preset and one's own over them, by path."""
        return merged(dict(flat(self.chosen.fields if self.chosen else {})), dict(flat(self.fields)))

    def __attrs_post_init__(self) -> None:
        problems = [*self._missing(), *self._unused(), *self._twice(), *self._gaps()]
        if problems:
            raise InvalidInput("the mapping does not fit", problems=problems)

    def _gaps(self) -> Iterator[Problem]:
        yield from (evolve(each, place=f"fields.{each.place}") for each in gaps(self.whole()))

    def _missing(self) -> Iterator[Problem]:
        if not self.url:
            needed = "host" if self.chosen else "url"
            yield _problem(needed, f"it is missing; give one, or a {'url' if self.chosen else 'preset'}")
        if not self.whole():
            yield _problem("fields", "there is none; say what the CRM hears, or name a preset")

    def _unused(self) -> Iterator[Problem]:
        chosen = self.chosen
        used = chosen is not None and chosen.needs_host and self.url == chosen.at(self.host)
        if self.host and not used:
            yield _problem("host", "a url is given, or none is needed; drop one of them")
        if self.user and self.token is None:
            yield _problem("user", "it goes with a token, by token_env; give that too")

    def _twice(self) -> Iterator[Problem]:
        names = [each.name.lower() for each in self.headers]
        names += [AUTHORIZATION.lower()] * (self.token is not None)
        names += [self.idempotency_header.lower()] * bool(self.idempotency_header)
        for name in sorted({each for each in names if names.count(each) > 1}):
            yield _problem("headers", f"{name!r} is given twice; token and idempotency_header give one too")


def _problem(place: str, message: str) -> Problem:
    return Problem(code="value", message=message, place=place)
