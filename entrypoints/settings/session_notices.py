"""The `[sessions.notices]` table: where the platform tells of ends, and by which secrets it signs."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from jackfield.domain.model.errors import InvalidInput
from jackfield.domain.model.secrets import Secret
from jackfield.domain.model.sessions.notice_urls import refuse_odd_url
from jackfield.domain.model.signatures import key_of


@frozen(kw_only=True)
class OwnNotices:
    """`[sessions.notices]`, as it is written."""

    url: str | None = field(default=None, repr=False)
    secret_env: str | None = None
    previous_secret_env: str | None = None


@frozen(kw_only=True)
class Notices:
    """Where the platform tells of ends; `secrets` are the current one and the one before.

    `unset` and `previous_unset` name the variables that are named for these and are not set: only who
    receives needs the current one, and the one before goes when a rotation is over.
    """

    url: Secret | None = None
    secrets: tuple[Secret, ...] = ()
    unset: str | None = None
    previous_unset: str | None = None


def notices_of(own: OwnNotices, environ: Mapping[str, str], source: str) -> Notices:
    """Look the secrets up; raise `InvalidInput` for a URL without one, or what does not fit."""
    place = f"{source}, sessions.notices"
    if own.url is not None:
        refuse_odd_url(own.url, f"{place}.url")
    if own.url is not None and own.secret_env is None:
        raise InvalidInput(
            "notices without a secret could be anybody's",
            place=place,
            remedy='add secret_env = "NAME" there, and set that variable',
        )
    current = _secret(own.secret_env, environ, f"{place}.secret_env")
    before = _secret(own.previous_secret_env, environ, f"{place}.previous_secret_env")
    return Notices(
        url=None if own.url is None else Secret(own.url),
        secrets=tuple(each for each in (current, before) if each is not None),
        unset=own.secret_env if current is None else None,
        previous_unset=own.previous_secret_env if before is None else None,
    )


def _secret(variable: str | None, environ: Mapping[str, str], place: str) -> Secret | None:
    """Return the secret that *variable* holds, None if it is not set or empty."""
    if variable is not None and not variable.strip():
        raise InvalidInput("it is empty", place=place, remedy="name the environment variable of the secret")
    secret = Secret(environ.get(variable, "") if variable else "")
    if not secret.reveal():
        return None
    try:
        key_of(secret)
    except InvalidInput as error:
        raise InvalidInput(
            f"the environment variable {variable} is set, but holds no secret: no base64 follows its whsec_",
            place=place,
            remedy=f"set {variable} to the whole secret, or to one without whsec_",
        ) from error
    return secret
