"""Exporting to a URL: one POST, whose answer tells whether it was taken."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import orjson
from attrs import frozen

from jackfield.domain.model.canonical import JSON
from jackfield.domain.model.errors import (
    InvalidInput,
    JackfieldError,
    OutcomeUnknown,
    PlatformRejected,
    RateLimited,
)
from jackfield.ports.http import Answer, Http

_URL: Final = re.compile(r"https?://[!-~]{1,4000}", re.IGNORECASE)
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_PAGE: Final = "text/html"
_LOOK: Final = "it may have been taken: look there first, before you export it again"


@frozen
class ExportUrl:
    """A URL that takes documents of JSON; credentials in it are sent as a header, and shown nowhere."""

    url: str
    _http: Http

    @classmethod
    def of(cls, url: str, http: Http) -> ExportUrl:
        """Return the place; raise `InvalidInput` for what is no URL."""
        try:
            parts = urlsplit(url)
            fits = _URL.fullmatch(url) and parts.hostname and parts.port != 0 and "\\" not in url
        except ValueError:
            fits = False
        if not fits:
            raise InvalidInput(
                "the URL to export to is not usable", place="export", remedy="write https:// and a host"
            )
        return cls(url, http)

    @property
    def shown(self) -> str:
        """The URL without credentials, query and fragment."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{_host(parts)}{parts.path}"

    def send(self, document: Mapping[str, JSON]) -> None:
        """Post the document, once."""
        parts = urlsplit(self.url)
        query = f"?{parts.query}" if parts.query else ""
        headers = {"Content-Type": "application/json", "Accept": "application/json", **_authorized(parts)}
        try:
            answer = self._http("POST", self.shown + query, headers=headers, body=orjson.dumps(document))
        except OutcomeUnknown as unknown:
            unknown.remedy = unknown.remedy or _LOOK
            raise
        error = _meaning(answer, self.shown)
        if error is not None:
            raise error


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _authorized(parts: SplitResult) -> dict[str, str]:
    if "@" not in parts.netloc:
        return {}
    named = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(named.encode()).decode()}"}


def _meaning(answer: Answer, place: str) -> JackfieldError | None:
    """Return what an answer means that does not say that it was taken; its own words are not repeated."""
    said = f"the receiver answered {answer.status}"
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        return OutcomeUnknown(
            said, place=place, remedy="ask the receiver whether it came; it is not sent again by itself"
        )
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(said, place=place, remedy="export later", retry_after=_wait(answer))
    if answer.status >= HTTPStatus.BAD_REQUEST:
        return PlatformRejected(said, place=place, remedy="check the URL and its credentials")
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        return PlatformRejected(
            said, place=place, remedy="redirects are not followed: name the address they lead to"
        )
    if answer.headers.get("content-type", "").partition(";")[0].strip().lower() == _PAGE:
        return OutcomeUnknown(
            f"{said} and a web page, not what a receiver of documents answers",
            place=place,
            remedy="check the URL: it may be a login page's",
        )
    return None


def _wait(answer: Answer) -> timedelta | None:
    header = answer.headers.get("retry-after", "").strip()
    return timedelta(seconds=int(header)) if _SECONDS.fullmatch(header) else None
