"""What a URL may say, and which hosts the settings allow by name."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from typing import Final

from attrs import field, frozen

from jackfield.adapters.webhooks.addresses import Address, is_loopback, is_public, is_usable
from jackfield.domain.model.errors import InvalidInput

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_LOCALHOST: Final = "localhost"
"""It and all names below it are this machine, whatever a resolver says (RFC 6761 §6.3)."""

_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<rest>(?:[/?][!\x22$-\[\]-~]*)?)",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*", re.ASCII)
_PORTS: Final = 65_535


@frozen(kw_only=True)
class Target:
    """A URL that was read: `host` is in lower case, without brackets."""

    secure: bool
    host: str
    port: int


@frozen(kw_only=True)
class Allowed:
    """The hosts that may be called by any scheme and at any address, by their names in the URL.

    `loopback` allows this machine under its three usual names.
    """

    names: frozenset[str] = field(factory=frozenset[str])
    loopback: bool = False

    def refuse_url(self, url: str, *, place: str) -> None:
        """Raise `InvalidInput` that names *place* for a URL that can never be called; nothing is resolved."""
        try:
            target = read(url)
            self._refuse_addresses(target, _said(target.host))
            self._refuse_scheme(target)
        except InvalidInput as error:
            error.place = place
            raise

    def refuse(self, target: Target, addresses: tuple[Address, ...]) -> None:
        """Raise `InvalidInput` unless every address may be called; one bad address is enough to refuse."""
        if not addresses:
            raise _not_public(target)
        self._refuse_addresses(target, addresses)
        self._refuse_scheme(target)

    def _refuse_addresses(self, target: Target, addresses: tuple[Address, ...]) -> None:
        if not all(self._admits(target.host, each) for each in addresses):
            raise _not_public(target)

    def _refuse_scheme(self, target: Target) -> None:
        if not (target.secure or self._knows(target.host)):
            raise InvalidInput(
                "only https is called", place=target.host, remedy="write https://, or allow the host by name"
            )

    def _knows(self, host: str) -> bool:
        return host in self.names or (self.loopback and host in LOOPBACK)

    def _admits(self, host: str, address: Address) -> bool:
        if is_public(address):
            return True
        if host in self.names:
            return is_usable(address)
        return self.loopback and host in LOOPBACK and is_loopback(address)


def read(url: str) -> Target:
    """Return what *url* names; raise `InvalidInput` for any text that two readers could read differently.

    So no user, backslash, blank, fragment, percent sign in the host or spelling of an address but the usual.
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise _malformed()
    port = int(found["port"] or (443 if found["scheme"] == "https" else 80))
    if not 1 <= port <= _PORTS:
        raise _malformed()
    host = _six(found["six"]) if found["six"] else _name(found["name"])
    return Target(secure=found["scheme"] == "https", host=host, port=port)


def _six(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise _malformed() from None


def _name(text: str) -> str:
    """A host whose last label is a number is an IPv4 address, or is meant to pass for something else."""
    labels = text.lower().removesuffix(".").split(".")
    if not all(labels):
        raise _malformed()
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(text))
        except AddressValueError:
            raise _malformed() from None
    return text.lower().removesuffix(".")


def _said(host: str) -> tuple[Address, ...]:
    """The address that *host* is by itself, if it is one."""
    if host == _LOCALHOST or host.endswith(f".{_LOCALHOST}"):
        return (IPv4Address("127.0.0.1"),)
    try:
        return (ip_address(host),)
    except ValueError:
        return ()


def _not_public(target: Target) -> InvalidInput:
    return InvalidInput(
        "the host's address is not a public one",
        place=target.host,
        remedy="call a public host, or allow this one by its name ([deliveries] allow)",
    )


def _malformed() -> InvalidInput:
    return InvalidInput(  # its text is not repeated: people put passwords there
        "a URL is https://HOST/PATH, without user or fragment, and an address has its usual form",
        place="url",
        remedy="mend it",
    )
