"""What the platform answers, and the one envelope of its errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import define, field, frozen

_MESSAGES: Final[Mapping[str, tuple[int, str]]] = {
    "bad.request": (400, "The request could not be understood by the server due to malformed syntax."),
    "invalid.value": (
        400,
        "Value of [{field}] is not valid for field type [{type}]. Allowable values are: {allowed}",
    ),
    "constraint.validation": (400, "The request is not valid in these fields: {fields}"),
    "authentication.required": (401, "No authentication bearer token specified in authorization header."),
    "bad.credentials": (401, "Invalid login credentials."),
    "app.not.authorized.for.scope": (403, "App not authorized to use scope {scope}"),
    "not.found": (404, "The requested resource was not found."),
    "method.not.allowed": (405, "The method is not allowed for this resource. Allowed are: {allowed}"),
    "request.conflict": (409, "The request conflicts with the state of the resource: {reason}"),
    "request.entity.too.large": (413, "The request is over the size limit. Maximum bytes: {bytes}"),
    "unsupported.media.type": (415, "The media type is not supported. Supported is: {type}"),
    "too.many.requests.retry.after": (
        429,
        "Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds",
    ),
    "too.many.requests": (
        429,
        "Rate limit exceeded the maximum [{allowed}] requests within [{window}] seconds",
    ),
    "internal.server.error": (500, "The server encountered an unexpected condition."),
    "request.timeout": (504, "The request timed out."),
    "service.unavailable": (503, "Service Unavailable - The server is temporarily unable to answer."),
}

_FIELDS_NAMED: Final = 20


@define
class Answer:
    """What an operation answers, before it is encoded."""

    status: int
    document: Any
    headers: Mapping[str, str] = field(factory=dict[str, str])


@frozen
class Fault:
    """One thing wrong with one field of a request."""

    code: str
    field: str


class Rejection(Exception):
    """The platform's no, which becomes the envelope."""

    def __init__(
        self,
        code: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        limit: Mapping[str, Any] | None = None,
        **parameters: str,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.faults = faults
        self.headers = headers or {}
        self.limit = limit
        self.parameters = parameters

    def answer(self, correlation_id: str) -> Answer:
        """Return the envelope; `contextId` is the response's correlation id."""
        status, template = _MESSAGES[self.code]
        document: dict[str, Any] = {
            "message": template.format(**self.parameters),
            "code": self.code,
            "status": status,
            "messageWithParams": template,
            "messageParams": self.parameters,
            "contextId": correlation_id,
            "details": [{"errorCode": fault.code, "fieldName": fault.field} for fault in self.faults],
            "errors": [],
        }
        if self.limit is not None:
            document["limit"] = self.limit
        return Answer(status, document, self.headers)


def invalid(faults: Sequence[Fault]) -> Rejection:
    """Return the no to a request with *faults*; every one of them is a detail."""
    fields = list(dict.fromkeys(fault.field for fault in faults))
    more = ", …" if len(fields) > _FIELDS_NAMED else ""
    return Rejection("constraint.validation", faults=faults, fields=", ".join(fields[:_FIELDS_NAMED]) + more)


def conflict(code: str, field_name: str, reason: str) -> Rejection:
    """Return the no to a request that the resource's state forbids; *code* tells which kind."""
    return Rejection("request.conflict", faults=(Fault(code, field_name),), reason=reason)


def missing() -> Rejection:
    """Return the no to a request for what is not there."""
    return Rejection("not.found")
