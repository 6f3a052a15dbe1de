"""The URL that the platform tells of ends: what one must be."""

from __future__ import annotations

from urllib.parse import urlsplit

from jackfield.domain.model.errors import InvalidInput


def refuse_odd_url(url: str, place: str) -> None:
    """Raise `InvalidInput` of *place* for what no webhook can be sent to.

    The URL is not repeated: it may be a secret.
    """
    why = _oddity(url)
    if why is not None:
        raise InvalidInput(why, place=place, remedy="write such as https://hooks.example.com/sessions")


def _oddity(url: str) -> str | None:
    if not url.isprintable() or " " in url:
        return "the URL must not have blanks, or characters that cannot be printed"
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname, parts.username or parts.password, parts.port
    except ValueError:
        return "the URL must have a host and port that can be read"
    if parts.scheme not in ("http", "https") or not host:
        return "the URL must begin with https:// or http://, and name a host"
    return "the URL must not hold a user or password: who sends it need not use them" if user else None
