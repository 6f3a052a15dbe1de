"""Addresses and URLs that may be called, and those that may not."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.adapters.webhooks import Allowed
from jackfield.adapters.webhooks.addresses import is_public, is_usable
from jackfield.adapters.webhooks.addresses import read as read_address
from jackfield.adapters.webhooks.targets import read
from jackfield.domain.model.errors import InvalidInput


@pytest.mark.parametrize(
    "text",
    ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104  # refused, not bound
     "224.0.0.1", "255.255.255.255",
     "168.63.129.16", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1",
     "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001::1", "2001:db8::1",
     "3fff::1", "4000::1", "64:ff9b:1::1"],
)  # fmt: skip
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


_EDGES = frozenset(
    {"0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "192.0.2.0/24", "2001::/23", "3fff::/20"}
    | {"::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "5f00::/16", "fc00::/7"}
    | {"fe80::/10", "fec0::/10", "ff00::/8"}
)
"""Those that lie beside another, or where nothing is public."""
SPECIAL = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32",
    "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip
"""IANA's registries of special-purpose addresses, and what is reserved; without what embeds IPv4."""


@pytest.mark.parametrize("network", SPECIAL)
def test_no_address_of_a_special_purpose_is_public(network: str) -> None:
    found = ip_network(network)
    step = max(1, found.num_addresses // 50)
    assert not any(is_public(found[n]) for n in range(0, found.num_addresses, step))
    assert not is_public(found[-1])


@pytest.mark.parametrize("network", [each for each in SPECIAL if each not in _EDGES])
def test_its_neighbors_are(network: str) -> None:
    """The list refuses no more than it names."""
    found = ip_network(network)
    around = [type(found[0])(int(found[0]) - 1), type(found[0])(int(found[-1]) + 1)]
    assert all(is_public(each) for each in around)


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_judged_as_itself(inner: IPv4Address) -> None:
    number = int(inner)
    wrapped = (
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
    )
    assert {is_public(each) for each in wrapped} == {is_public(inner)}


@given(st.ip_addresses())
def test_what_is_public_is_global_and_usable(address: IPv4Address | IPv6Address) -> None:
    assert not is_public(address) or is_usable(address)


@pytest.mark.parametrize("text", ["", "nonsense", "1.2.3", "fe80::1%eth0"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_address(text)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://example.com", "example.com", 443),
        ("https://EXAMPLE.com./a?b=c", "example.com", 443),
        ("http://[::1]:8080/x", "::1", 8080),
        ("https://1.2.3.4:9/", "1.2.3.4", 9),
        ("https://a_b.example/%7e", "a_b.example", 443),
    ],
)
def test_a_url_says_where_it_leads(url: str, host: str, port: int) -> None:
    target = read(url)
    assert (target.host, target.port) == (host, port)


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "ftp://example.com", "https://", "https://a@b", "https://a:b@c/", "https://a\\b/",
     "https://a b/", "https://a/#x", "https://a:0/", "https://a:65536/", "https://a..b/", "https://é.example/",
     "https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://[::1/", "https://[g]/", "https:/a",
     "https://a%2eb/", " https://a/", "https://a/\n", "https://a:80:80/"],
)  # fmt: skip
def test_a_url_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(url)
    assert "a:b" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_url_or_our_error(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            assert read(url).host
        except InvalidInput:
            continue


def test_http_is_called_where_it_is_allowed_alone() -> None:
    address = (IPv4Address("93.184.215.14"),)
    Allowed(names=frozenset({"a.example"})).refuse(read("http://a.example/"), address)
    with pytest.raises(InvalidInput, match="only https"):
        Allowed().refuse(read("http://a.example/"), address)


def test_multicast_is_never_called() -> None:
    with pytest.raises(InvalidInput):
        Allowed(names=frozenset({"a"})).refuse(read("https://a/"), (IPv4Address("224.0.0.1"),))


PLACE = "jackfield.toml, plugins.registry.url"


def _refused(allowed: Allowed, url: str) -> str | None:
    try:
        allowed.refuse_url(url, place=PLACE)
    except InvalidInput as error:
        return str(error).removeprefix(f"{PLACE}: ")
    return None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://registry.example/x", "a URL is"),
        ("registry.example/x", "a URL is"),
        ("", "a URL is"),
        ("https:///x", "a URL is"),
        ("https://u:canary@registry.example/x", "a URL is"),
        ("https://registry.example/x#canary", "a URL is"),
        ("https://registry.example:99999/x", "a URL is"),
        ("https://2130706433/x", "a URL is"),
        ("https://0x7f.1/x", "a URL is"),
        ("https://registry.example%2f@canary/x", "a URL is"),
        ("http://registry.example/canary", "only https is called"),
        ("https://169.254.169.254/canary", "the host's address is not a public one"),
        ("https://10.0.0.1/", "the host's address is not a public one"),
        ("https://[::ffff:10.0.0.1]/", "the host's address is not a public one"),
        ("https://127.0.0.1/", "the host's address is not a public one"),
        ("https://localhost/", "the host's address is not a public one"),
        ("https://hooks.localhost./", "the host's address is not a public one"),
    ],
)
def test_a_url_that_can_never_be_called_is_refused_before_it_is(url: str, said: str) -> None:
    refused = _refused(Allowed(), url) or ""
    assert refused.startswith(said)
    assert "canary" not in refused


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        (Allowed(), "https://registry.example/x?key=1"),
        (Allowed(), "https://93.184.215.14:8443/x"),
        (Allowed(names=frozenset({"10.0.0.1"})), "http://10.0.0.1/x"),
        (Allowed(names=frozenset({"hooks.internal"})), "http://HOOKS.internal:8080/x"),
        (Allowed(names=frozenset({"localhost"})), "http://localhost/x"),
        (Allowed(loopback=True), "http://127.0.0.1:8080/x"),
        (Allowed(loopback=True), "http://[::1]:8080/x"),
        (Allowed(loopback=True), "http://localhost/x"),
    ],
)
def test_a_url_that_may_be_called_passes(allowed: Allowed, url: str) -> None:
    assert _refused(allowed, url) is None


@pytest.mark.parametrize("url", ["http://127.0.0.2/", "http://169.254.169.254/", "http://x.localhost/"])
def test_loopback_is_allowed_by_its_usual_names_alone(url: str) -> None:
    assert _refused(Allowed(loopback=True), url) is not None


@pytest.mark.parametrize("url", ["https://224.0.0.1/", "https://0.0.0.0/"])
def test_what_can_be_no_receiver_is_refused_though_it_is_allowed(url: str) -> None:
    assert _refused(Allowed(names=frozenset({"224.0.0.1", "0.0.0.0"})), url) is not None  # noqa: S104  # refused


@given(st.ip_addresses())
def test_what_is_refused_before_is_what_the_guard_refuses(address: IPv4Address | IPv6Address) -> None:
    host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    target = read(f"https://{host}/")
    try:
        Allowed().refuse(target, (address,))
    except InvalidInput:
        assert _refused(Allowed(), f"https://{host}/") is not None
    else:
        assert _refused(Allowed(), f"https://{host}/") is None
