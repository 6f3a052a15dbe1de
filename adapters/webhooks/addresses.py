"""Which IP addresses are public: everything that embeds another address is judged by that."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from jackfield.domain.model.errors import InvalidInput

Address: TypeAlias = IPv4Address | IPv6Address

_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_6TO4: Final = IPv6Network("2002::/16")
_REFUSED: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, benchmarking, ORCHID and the other special purposes
            "2001:db8::/32",
            "3fff::/20",
        ),
    )
)
_METADATA: Final = frozenset({IPv4Address("168.63.129.16")})
"""Public by its number, and yet the wire server of every virtual machine at Azure."""


def read(text: str) -> Address:
    """Return the address; raise `InvalidInput` for one that is none, or that names a zone of this machine."""
    try:
        address = ip_address(text)
    except ValueError:
        raise InvalidInput("the resolver gave what is no IP address") from None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise InvalidInput("the address is of one link of this machine")
    return address


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could be reached there, and nobody else."""
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    if address.ipv4_mapped is not None:
        return _is_public_v4(address.ipv4_mapped)
    if address in _NAT64:
        return _is_public_v4(_embedded(address, shift=0))
    if address in _6TO4:
        return _is_public_v4(_embedded(address, shift=80))
    refused = any(address in network for network in _REFUSED)
    return address in _UNICAST and address.is_global and not refused and not address.is_multicast


def is_loopback(address: Address) -> bool:
    """Whether it is this machine."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_usable(address: Address) -> bool:
    """Whether a call can go there at all, if the settings allow it: no multicast, and not 'anything'."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    inner = mapped or address
    reserved = isinstance(inner, IPv4Address) and inner.is_reserved
    return not (inner.is_multicast or inner.is_unspecified or reserved)


def _is_public_v4(address: IPv4Address) -> bool:
    special = address.is_multicast or address.is_reserved or address in _METADATA
    return address.is_global and not special


def _embedded(address: IPv6Address, *, shift: int) -> IPv4Address:
    return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
