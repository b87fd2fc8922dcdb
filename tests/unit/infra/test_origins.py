"""DOWNLOAD_ORIGINS: an origin that no browser sends is refused by name."""

import pytest

from infra import origins
from infra.errors import DeployError


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        ("https://app.example.com", "https://app.example.com"),
        (" https://a.example , http://localhost:3000 ", "https://a.example,http://localhost:3000"),
        ("https://a.example,https://a.example", "https://a.example"),
        ("https://*.example.com", "https://*.example.com"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("*", "*"),
    ],
)
def test_what_a_browser_sends_is_taken(asked: str, taken: str) -> None:
    assert origins.checked(asked) == taken


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("app.example.com", "does not begin with https:// or http://"),
        ("ftp://a.example", "does not begin with https:// or http://"),
        ("null", "does not begin with https:// or http://"),
        ("https://a.example/", "has a path"),
        ("https://a.example/app", "has a path"),
        ("https://A.example", "no host in small letters"),
        ("https://bücher.example", "no host in small letters"),
        ("https://", "no host in small letters"),
        ("https://*", "no host in small letters"),
        ("https://a.*.example", "no host in small letters"),
        ("https://u:p@a.example", "no host in small letters"),
        ("https://a.example?x", "no host in small letters"),
        ("https://a.example:443", "has the port 443, which browsers leave out with https"),
        ("http://a.example:80", "has the port 80, which browsers leave out with http"),
        ("https://a.example:0", "has a port that there is not"),
        ("https://a.example:65536", "has a port that there is not"),
        ("https://a.example,", "does not begin with"),
        ("https://a.example,*", "does not begin with"),
    ],
)
def test_what_no_browser_sends_is_refused_by_name(asked: str, said: str) -> None:
    with pytest.raises(DeployError, match=f"DOWNLOAD_ORIGINS must be origins .*{said}"):
        origins.checked(asked)
