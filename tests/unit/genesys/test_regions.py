from __future__ import annotations

import pytest

from jackfield.adapters.genesys.regions import DOMAINS, Hosts, domain_of, hosts
from jackfield.domain.model.errors import InvalidInput


@pytest.mark.parametrize(("region", "domain"), DOMAINS.items())
def test_every_region_of_the_table_has_an_api_and_a_login_host(region: str, domain: str) -> None:
    assert hosts(region) == Hosts(api=f"https://api.{domain}", login=f"https://login.{domain}")


@pytest.mark.parametrize("domain", [*DOMAINS.values(), "nwr1.pure.cloud"])
def test_a_bare_domain_is_accepted(domain: str) -> None:
    assert domain_of(domain) == domain


def test_blanks_and_capitals_do_not_matter() -> None:
    assert domain_of(" EU-Central-1 ") == "mypurecloud.de"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("usw2.mypurecloud.com", "usw2.pure.cloud"),
        ("acme.mypurecloud.com", "mypurecloud.com"),
        ("acme.mypurecloud.de", "mypurecloud.de"),
        ("https://api.mypurecloud.ie/api/v2", "mypurecloud.ie"),
        ("wss://usw2.pure.cloud", "usw2.pure.cloud"),
        ("login.mypurecloud.com.au:443", "mypurecloud.com.au"),
    ],
)
def test_a_host_of_the_tutorials_is_refused_with_the_right_domain(wrong: str, right: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        hosts(wrong)
    assert caught.value.remedy == f"write {right!r}"


@pytest.mark.parametrize(
    "region", ["", "moon-1", "example.com", "mypurecloud.com.evil.example", "pure.cloud"]
)
def test_anything_else_is_refused_with_the_list_of_regions(region: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        hosts(region)
    assert "us-east-1" in caught.value.remedy


def test_no_region_at_all_names_the_variable() -> None:
    with pytest.raises(InvalidInput, match="GENESYSCLOUD_REGION"):
        hosts()


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:18080/", "http://127.0.0.1:18080"),
        ("https://proxy.example/genesys/", "https://proxy.example/genesys"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_base_url_takes_the_place_of_both_hosts(url: str, base: str) -> None:
    assert hosts("eu-west-1", base_url=url) == Hosts(api=base, login=base)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://host",
        "host:80",
        "http://",
        "http://user:canary@host",
        "http://host?canary=1",
        "http://host#canary",
        "http://ho st",
        "http://[::1",
        "http://host:port",
    ],
)
def test_an_unusable_base_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        hosts(base_url=url)
    assert "canary" not in str(caught.value)
