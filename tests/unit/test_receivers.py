"""Who may be told: what hosts and addresses the settings allow, and how hostile text is read."""

import re
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from chalicelib.networks import is_public
from chalicelib.receivers import (
    ADDRESS_MAX,
    URL_MAX,
    NotAllowed,
    Place,
    addresses,
    hosts,
    is_address,
    may_mail,
    place_of,
)

ANY = ("*",)
ALLOWED = ("hooks.example.com", "*.example.org", "host:8443", "127.0.0.1:9999", "[::1]:9999")


def refused(url: str, allowed: tuple[str, ...] = ALLOWED, *, is_local: bool = False) -> str:
    """Returns why this URL is not taken."""
    with pytest.raises(NotAllowed) as caught:
        place_of(url, allowed, is_local=is_local)
    return str(caught.value)


def host_of(url: str, allowed: tuple[str, ...] = ALLOWED) -> tuple[str, int]:
    place = place_of(url, allowed, is_local=False)
    return place.host, place.port


# -- hosts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "entries"),
    [
        ("", ()),
        ("  ", ()),
        ("*", ("*",)),
        ("Hooks.Example.COM, *.example.org ,host:8443", ALLOWED[:3]),
        ("127.0.0.1:9999,[0:0::1]:9999", ALLOWED[3:]),
        ("*:8443,a_b.c-d", ("*:8443", "a_b.c-d")),
        ("xn--bcher-kva.example", ("xn--bcher-kva.example",)),
    ],
)
def test_hosts_are_a_list_in_lower_case(written: str, entries: tuple[str, ...]) -> None:
    assert hosts(written) == entries


@pytest.mark.parametrize(
    "written",
    [
        *("a,,b", ",", "https://a.b", "a.b/", "a b", "a.b:0", "a.b:65536", "a.b:", "a..b", ".a.b"),
        *("a.b.", "*a.b", "a.*.b", "*.", "**", "*.*", "-a.b", "a-.b", "bücher.example", "a@b"),
        *("127.1", "2130706433", "0x7f.1", "017700000001", "1.2.3.256", "a.0x", "*.0.0.1", "*.1"),
        *("*.127.0.0.1", "[::1", "::1", "[1.2.3.4]", "[:::]", "[::1%1]", "*.[::1]", "a" * 64),
        "a." * 126 + "ab",
    ],
)
def test_an_entry_that_is_no_host_is_refused(written: str) -> None:
    assert hosts(written) is None
    assert hosts(f"a.example,{written}") is None


@given(st.text("ab.*-:[]019x,% ", max_size=20) | st.text(max_size=20))
def test_an_entry_is_read_as_itself(written: str) -> None:
    entries = hosts(written)

    if entries:
        assert hosts(",".join(entries)) == entries


# -- URLs -------------------------------------------------------------------------------------


def test_a_place_has_all_that_a_request_needs() -> None:
    url = "HTTPS://Hooks.Example.com/a//b;c?token=%20d&e"

    assert place_of(url, ALLOWED, is_local=False) == Place(
        scheme="https",
        host="hooks.example.com",
        port=443,
        target="/a//b;c?token=%20d&e",
        is_named=False,
    )


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443),
        ("https://hooks.example.com:443/", "hooks.example.com", 443),
        ("https://hooks.example.com:/", "hooks.example.com", 443),
        ("https://hooks.example.com:0443/", "hooks.example.com", 443),
        ("https://hooks.example.com./", "hooks.example.com", 443),
        ("https://HOOKS.EXAMPLE.COM?a", "hooks.example.com", 443),
        ("https://a.example.org", "a.example.org", 443),
        ("https://a.b.example.org", "a.b.example.org", 443),
        ("https://host:8443", "host", 8443),
    ],
)
def test_an_allowed_host_is_taken_however_it_is_written(url: str, host: str, port: int) -> None:
    assert host_of(url) == (host, port)


@pytest.mark.parametrize(
    "host",
    [
        *("example.com", "example.org", "evilexample.org", "hooks.example.com.evil.com"),
        *("evil.com",),
        *("hooks.example.como", "ahooks.example.com", "example.org.evil.com", "localhost"),
        *("xn--hooks.example.com", "hooks-example.com", "1.1.1.1", "[2606:4700::1111]"),
    ],
)
def test_another_host_is_refused(host: str) -> None:
    assert "is not a host that WEBHOOK_HOSTS allows" in refused(f"https://{host}/")


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("https://hooks.example.com:8443", 8443),
        ("https://a.example.org:80", 80),
        ("https://host", 443),
        ("https://127.0.0.1", 443),
    ],
)
def test_another_port_is_refused(url: str, port: int) -> None:
    assert f"WEBHOOK_HOSTS does not allow port {port} of " in refused(url)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("user@hooks.example.com", "no user"),
        ("user:secret@hooks.example.com", "no user"),
        ("@hooks.example.com", "no user"),
        ("evil.com@hooks.example.com", "no user"),
        ("hooks.example.com@evil.com", "no user"),
        ("hooks.example.com:443@evil.com", "no user"),
        ("hooks.example.com\\@evil.com", "printable"),
        ("evil.com\\hooks.example.com", "printable"),
        ("hooks.example.com\t", "printable"),
        ("hooks.exam\nple.com", "printable"),
        ("hooks.example.com\r\nHost: evil.com", "printable"),
        ("hooks.example.com\x00.evil.com", "printable"),
        ("hooks.example.com ", "printable"),
        ("hooks。example.com", "printable"),
        ("hoo\u212as.example.com", "printable"),
        ("bücher.example", "printable"),
        ("hooks%2eexample.com", "its host must be"),
        ("%68ooks.example.com", "its host must be"),
        ("hooks.example.com%00", "its host must be"),
        ("hooks.example.com..", "its host must be"),
        ("hooks..example.com", "its host must be"),
        (".hooks.example.com", "its host must be"),
        (".", "its host must be"),
        ("*.example.org", "its host must be"),
        ("*", "its host must be"),
        ("hooks.example.com,evil.com", "its host must be"),
        ("hooks.example.com;evil.com", "its host must be"),
        ("hooks.example.com&evil.com", "its host must be"),
        ("-a.example.org", "its host must be"),
        ("a" * 64 + ".example.org", "its host must be"),
        ("a." * 122 + "example.org", "its host must be"),
        ("[::1].example.org", "it"),
        ("[hooks.example.com]", "it"),
        ("[v1.a]", "it"),
        ("[fe80::1%25eth0]", "it"),
        ("[::1].", "it"),
        ("[::1", "it"),
        ("hooks.example.com:65536", "no URL"),
        ("hooks.example.com:-1", "no URL"),
        ("hooks.example.com:+443", "no URL"),
        ("hooks.example.com:4_43", "no URL"),
        ("hooks.example.com:443:443", "no URL"),
        ("hooks.example.com:0", "port 0"),
        ("hooks.example.com#@evil.com", "no fragment"),
        ("", "it must be a URL with https and a host"),
        ("/hooks.example.com", "it must be a URL with https and a host"),
    ],
)
def test_a_host_that_somebody_may_read_in_another_way_is_refused(host: str, why: str) -> None:
    assert why in refused(f"https://{host}")
    assert refused(f"https://{host}", ANY)


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "017700000001", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1"),
        *("127.0.0.01", "0", "0x", "1.2.3.256", "1.2.3.4.5", "hooks.1", "hooks.0x1", "127.1."),
    ],
)
def test_an_ipv4_address_is_written_with_four_decimal_numbers(host: str) -> None:
    assert "four decimal numbers" in refused(f"https://{host}/", ANY)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1.", "10.0.0.1", "169.254.169.254", "[::1]", "[::]"),
        *("[::ffff:127.0.0.1]", "[::FFFF:7F00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
        *("[fd00:ec2::254]", "[fe80::1]", "[2002:7f00:1::]", "[2001:0:1::]", "224.0.0.1"),
    ],
)
def test_an_address_that_is_not_public_is_refused_at_once(host: str) -> None:
    assert "is not a public address" in refused(f"https://{host}/", ANY)
    assert "is not a public address" in refused(f"https://{host}/", ANY, is_local=True)


def test_a_public_address_is_a_host_as_any_other() -> None:
    assert host_of("https://1.1.1.1/", ANY) == ("1.1.1.1", 443)
    assert host_of("https://[2606:4700:0::1111]/", ANY) == ("2606:4700::1111", 443)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9999/a", "http://[0::1]:9999", "https://[::1]:9999"]
)
def test_a_named_host_may_be_near_on_an_emulator(url: str) -> None:
    assert place_of(url, ALLOWED, is_local=True).is_named
    assert refused(url)


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com", "http://hooks.example.com:443", "http://a.example.org:443"]
)
def test_plain_http_is_for_named_hosts_of_an_emulator(url: str) -> None:
    assert refused(url)
    assert refused(url, is_local=True)


def test_plain_http_to_a_named_host_is_refused_on_aws() -> None:
    assert "it must begin with https" in refused("http://host:8443/")
    assert place_of("http://host:8443/", ALLOWED, is_local=True).scheme == "http"


def test_the_address_of_a_machines_credentials_is_refused_though_it_is_named() -> None:
    allowed = ("169.254.169.254:80",)

    assert "not a public" in refused("http://169.254.169.254/latest", allowed, is_local=True)


@pytest.mark.parametrize(
    "url", ["", "hooks.example.com", "//hooks.example.com", "ftp://host", "data:,"]
)
def test_what_is_no_url_of_a_host_is_refused(url: str) -> None:
    assert "it must be a URL with https" in refused(url, ANY)


def test_a_long_url_is_refused() -> None:
    url = "https://hooks.example.com/"

    assert host_of(url.ljust(URL_MAX, "a")) == ("hooks.example.com", 443)
    assert str(URL_MAX) in refused(url.ljust(URL_MAX + 1, "a"))


def test_nothing_is_allowed_without_hosts() -> None:
    assert "WEBHOOK_HOSTS is not set" in refused("https://hooks.example.com", ())


# Pieces that parsers disagree on, and whole hosts to put them into.
HOSTS = st.sampled_from(
    (
        *("hooks.example.com", "a.example.org", "example.org", "evil.com", "host:8443", "0x7f.1"),
        *("[::1]", "[::ffff:1.1.1.1]", "1.1.1.1:443", "127.0.0.1:9999", "127.0.0.1"),
    )
)
PIECES = st.sampled_from(
    [*"@\\/?#:%[].*\t\n\r\x00 ,;&=_-1a", "%40", "%2f", "://", "\u3002", "\u017f", "\ud800"]
)
URLS = st.tuples(
    st.just("https://") | st.sampled_from(["http://", "HTTPS://", "https:", "https:/", "//", ""]),
    HOSTS | st.lists(HOSTS | PIECES, max_size=4).map("".join),
    st.sampled_from(["", "/", "/in?a=b", "?a@b", "/a@evil.com", "//evil.com", "\\evil.com"]),
).map("".join)


@given(URLS, st.sampled_from([ALLOWED, ANY, ("*.example.org",)]))
def test_every_text_is_refused_or_all_find_the_same_allowed_host_in_it(
    url: str, allowed: tuple[str, ...]
) -> None:
    for is_local in (False, True):
        try:
            place = place_of(url, allowed, is_local=is_local)
        except NotAllowed:
            continue
        may_be_near = is_local and place.is_named
        assert any(_is_meant(place, entry) for entry in allowed)
        assert place.scheme == "https" or may_be_near
        assert _is_name(place.host) or is_public(place.host) or may_be_near
        assert re.fullmatch(r"/[!-~]*", place.target)
        assert _read_by_urllib3(url) == (place.scheme, place.host, place.port)


def _is_meant(place: Place, entry: str) -> bool:
    """Whether this entry of ALLOWED or another test's allows the place, said in another way."""
    found = re.fullmatch(r"(.*?)(?::([0-9]{4}))?", entry)
    assert found
    host, port = found[1].strip("[]"), int(found[2] or 443)
    parts, wanted = place.host.split("."), host.split(".")[1:]
    return port == place.port and (
        host in ("*", place.host)
        or (host[0] == "*" and len(parts) > len(wanted) and parts[-len(wanted) :] == wanted)
    )


def _is_name(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return True
    return False


def _read_by_urllib3(url: str) -> tuple[str | None, str, int]:
    try:
        read = parse_url(url)
    except LocationParseError:
        pytest.fail(f"urllib3 does not read {url!r}")
    host = (read.host or "").removesuffix(".").strip("[]")
    host = host if _is_name(host) else str(ip_address(host))
    return read.scheme, host, read.port or (443 if read.scheme == "https" else 80)


# -- mail -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["ann@example.com", "a.b+c@sub.example.org", "o'neil@a-b.de", "1@2.3"]
)
def test_an_address_as_people_have_one_is_one(text: str) -> None:
    assert is_address(text)
    assert addresses(f"ann@example.com, @example.org,{text}") is not None
    assert addresses(f"ann@example.com,,{text}") is None
    assert addresses(f"ann@example.com,@@example.org,{text}") is None


@pytest.mark.parametrize("text", ["*@example.com", "*@*", "ann@example.com,*@example.org"])
def test_a_star_is_no_address_to_allow_it_would_allow_nobody(text: str) -> None:
    assert addresses(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "@example.com", "ann@", "a@b@c", "a b@c.d", "Ann <ann@example.com>"),
        *("a@b,c@d",),
        *("a@b\n", "a@b\r\nBcc: c@d", "a@b\x00", "ä@example.com", "a@exämple.com", ".a@b.c"),
        *("a.@b.c",),
        *("a..b@c.d", "a@b..c", "a@.b", "a@b.", "a@-b", '"a b"@c.d', "a@[127.0.0.1]"),
        *("a@" + "b" * 64,),
        "a" * 65 + "@b.c",
        "a@" + "b." * 127,
    ],
)
def test_what_could_be_more_than_one_address_is_none(text: str) -> None:
    assert not is_address(text)


@given(st.text(max_size=60))
def test_an_address_is_one_word_of_ascii(text: str) -> None:
    if is_address(text):
        assert text.isascii()
        assert text.isprintable()
        assert not set(text) & set(' ,;:<>()[]"\\')
        assert text.count("@") == 1
        assert len(text) <= ADDRESS_MAX


def test_mail_goes_to_allowed_addresses_and_domains_only() -> None:
    allowed = addresses("Ann@Example.com, @example.org")

    assert allowed is not None
    assert may_mail("ann@EXAMPLE.com", allowed)
    assert may_mail("bob@Example.ORG", allowed)
    assert not may_mail("bob@example.com", allowed)
    assert not may_mail("bob@sub.example.org", allowed)
    assert not may_mail("bob@evilexample.org", allowed)
    assert not may_mail("ann@example.com.evil.com", allowed)
    assert not may_mail("ann@example.com", ())
