"""Which IP addresses are public: everything that embeds another address is judged by that."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from jackfield.domain.model.errors import InvalidInput

Address: TypeAlias = IPv4Address | IPv6Address

_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_6TO4: Final = IPv6Network("2002::/16")
_REFUSED_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared behind a carrier's NAT; Alibaba's metadata
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; Oracle's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112: answered by whoever is near
            "192.52.193.0/24",  # multicast tunnels
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
            "168.63.129.16/32",  # public by its number, and yet the wire server of Azure's virtual machines
        ),
    )
)
_REFUSED_V6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, benchmarking, ORCHID and the other special purposes
            "2001:db8::/32",  # documentation
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
"""The special-purpose registries of IANA, also what they call reachable: nobody's receiver is there.

Our own list, because what `ipaddress` calls global differs between releases of Python. Of IPv6 only what is
inside of 2000::/3 need be named: nothing else is public.
"""


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
    return address in _UNICAST and not any(address in network for network in _REFUSED_V6)


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
    return not any(address in network for network in _REFUSED_V4)


def _embedded(address: IPv6Address, *, shift: int) -> IPv4Address:
    return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
