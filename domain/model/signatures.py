"""Signatures of webhooks, as Standard Webhooks has them: HMAC-SHA256 of `id.timestamp.body`.

Source: https://github.com/standard-webhooks/standard-webhooks (version 1.0.0).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
TOLERANCE: Final = timedelta(minutes=5)

_PREFIX: Final = "whsec_"
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_LONGEST: Final = 10_000


def signed(identifier: str, time: datetime, body: bytes, secrets: Iterable[Secret]) -> dict[str, str]:
    """Return the headers of a webhook, with a signature by each of *secrets*; without any it is unsigned."""
    seconds = str(int(time.timestamp()))
    headers = {ID: identifier, TIMESTAMP: seconds}
    signatures = [f"v1,{_signature(identifier, seconds, body, each)}" for each in secrets]
    return {**headers, SIGNATURE: " ".join(signatures)} if signatures else headers


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], now: datetime) -> str:
    """Return the webhook's id; raise `InvalidInput` for a forged, altered, old or malformed one.

    Header names are in lower case. Any of *secrets* may have signed. Whoever receives keeps the ids: the
    same webhook twice within five minutes verifies twice.
    """
    identifier, seconds, said = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not identifier or not said or not secrets or len(said) > _LONGEST or not _SECONDS.fullmatch(seconds):
        raise _forged("it lacks a header, or has a malformed one")
    if abs(int(seconds) - now.timestamp()) > TOLERANCE.total_seconds():
        raise _forged("its time is more than five minutes from now")
    try:
        wanted = [_signature(identifier, seconds, body, each).encode() for each in secrets]
        given = [each.removeprefix("v1,").encode() for each in said.split(" ") if each.startswith("v1,")]
    except UnicodeEncodeError:
        raise _forged("it holds what is no text") from None
    fits = [hmac.compare_digest(one, other) for one in wanted for other in given]
    if any(fits):  # all are compared, whichever fits
        return identifier
    raise _forged("the signature is not by our secret, or the content was changed")


def key_of(secret: Secret) -> bytes:
    """Return the key's bytes: base64 behind `whsec_`, else the text itself; raise `InvalidInput` for none."""
    text = secret.reveal()
    try:
        key = _decoded(text.removeprefix(_PREFIX)) if text.startswith(_PREFIX) else text.encode()
    except ValueError:
        key = b""
    if not key:
        raise InvalidInput(
            "a secret of webhooks is empty, or no base64 follows its whsec_",
            place="webhook secret",
            remedy="set the environment variable to what the receiver has",
        )
    return key


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _signature(identifier: str, seconds: str, body: bytes, secret: Secret) -> str:
    content = b".".join((identifier.encode(), seconds.encode(), body))
    return base64.b64encode(hmac.digest(key_of(secret), content, hashlib.sha256)).decode()


def _forged(message: str) -> InvalidInput:
    return InvalidInput(message, place="webhook", remedy="refuse it")
