"""Certificates: whom a POST trusts, and for which name."""

import ssl
from pathlib import Path

import pytest

from chalicelib.outbound import Answer, Https, trusting
from tests.unit.outbound.certificates import Certificate, authority, certificate
from tests.unit.outbound.hosts import Script, answers, drips, hangs, headers_of, serving
from tests.unit.outbound.posting import NAME, Internet, a_place, post, refused, timed

OURS = authority()
GOOD = certificate(NAME, OURS)


def over(internet: Internet, trusted: Certificate = OURS, within: float = 5.0) -> Https:
    """Returns what posts to `internet`, and trusts one authority."""
    return Https(
        within=within, resolve=internet.resolve, connect=internet.connect, tls=trusted.trusted
    )


def test_a_good_certificate_of_a_known_authority_is_taken(tmp_path: Path) -> None:
    with serving(answers(200), GOOD.server(tmp_path)) as host:
        assert post(over(Internet(host.port)), a_place()) == Answer(200)

    assert headers_of(host.requests[0])["host"] == NAME


def test_the_host_is_told_the_name_and_not_the_address(tmp_path: Path) -> None:
    server, named = GOOD.server(tmp_path), []
    server.sni_callback = lambda _way, name, _context: named.append(name)
    with serving(answers(200), server) as host:
        post(over(Internet(host.port)), a_place())

    assert named == [NAME]


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (certificate(NAME), "self-signed certificate"),
        (certificate("other.example.com", OURS), f"certificate is not valid for '{NAME}'"),
        (certificate("example.com", OURS), f"certificate is not valid for '{NAME}'"),
        (certificate(NAME, OURS, days=(-9, -1)), "certificate has expired"),
        (certificate(NAME, OURS, days=(1, 9)), "certificate is not yet valid"),
        (certificate(NAME, authority("Another")), "unable to get local issuer certificate"),
    ],
    ids=["self-signed", "another name", "the parent's name", "expired", "not yet", "unknown"],
)
def test_a_bad_certificate_is_refused_and_nothing_is_sent(
    tmp_path: Path, shown: Certificate, words: str
) -> None:
    with serving(answers(200), shown.server(tmp_path)) as host:
        error = refused(over(Internet(host.port)), a_place())

    assert error.reason.startswith("the certificate is not valid: ")
    assert words in error.reason
    assert not error.is_final  # it may be renewed
    assert host.requests == []


def test_without_more_only_the_authorities_of_this_machine_are_trusted(tmp_path: Path) -> None:
    with serving(answers(200), GOOD.server(tmp_path)) as host:
        internet = Internet(host.port)
        https = Https(resolve=internet.resolve, connect=internet.connect)

        assert "the certificate is not valid" in refused(https, a_place()).reason

    assert trusting().verify_mode is ssl.CERT_REQUIRED
    assert trusting().check_hostname
    assert trusting().minimum_version >= ssl.TLSVersion.TLSv1_2


def test_an_old_tls_is_refused(tmp_path: Path) -> None:
    server = GOOD.server(tmp_path)
    server.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        server.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(answers(200), server) as host:
        error = refused(over(Internet(host.port)), a_place())

    assert error.reason.startswith("no TLS connection: ")


def test_a_host_without_tls_is_told_apart() -> None:
    with serving(drips(b"HTTP/1.1 400 Bad Request\r\n\r\n", b"")) as host:
        error = refused(over(Internet(host.port)), a_place())

    assert error.reason == "no TLS connection: wrong version number"


@pytest.mark.parametrize(
    "script",
    # The second one drips a ServerHello (RFC 8446, section 4).
    [hangs, drips(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xf0", b"\x00")],
    ids=["nothing comes", "a byte at a time"],
)
def test_a_slow_handshake_ends_when_the_time_is_over(script: Script) -> None:
    with serving(script) as host:
        https = over(Internet(host.port), within=0.3)
        reason, seconds = timed(lambda: refused(https, a_place()))

    assert reason == "no answer within 0.3 s"
    assert seconds < 1


def test_a_slow_answer_over_tls_ends_when_the_time_is_over(tmp_path: Path) -> None:
    script = drips(b"HTTP/1.1 200 OK\r\n", b"A")
    with serving(script, GOOD.server(tmp_path)) as host:
        https = over(Internet(host.port), within=0.3)
        reason, seconds = timed(lambda: refused(https, a_place()))

    assert reason == "no answer within 0.3 s"
    assert seconds < 1


def test_a_connection_that_breaks_in_the_handshake_is_no_answer() -> None:
    with serving(lambda way, _: way.close()) as host:
        error = refused(over(Internet(host.port)), a_place())

    assert error.reason == "the connection was closed before an answer"


def test_a_connection_is_closed_though_tls_cannot_begin() -> None:
    def broken() -> ssl.SSLContext:
        raise ssl.SSLError

    with serving(hangs) as host:
        internet = Internet(host.port)
        https = Https(resolve=internet.resolve, connect=internet.connect, tls=broken)

        assert refused(https, a_place()).reason == "no TLS connection: sslerror"

        assert [way.fileno() for way in internet.ways] == [-1]
