"""The provider's keys: kept, changed, and asked for no more often than needed."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from chalicelib.errors import Unavailable
from chalicelib.http.issuer import (
    ASKED_AGAIN_MS,
    KEYS_KEPT_IN_NEED_MS,
    KEYS_KEPT_MS,
    Issuer,
    fetched,
)
from chalicelib.http.tokens import BadToken
from tests.clock import Clock
from tests.unit.http.signing import ISSUER, Provider, public_jwk
from tests.unit.samples import NOW

KNOWN = public_jwk("RS256")


def issuer_of(provider: Provider) -> Issuer:
    return Issuer(ISSUER, provider.fetch)


def test_keys_are_fetched_once_and_kept() -> None:
    provider = Provider()
    issuer = issuer_of(provider)

    assert issuer.key("RS256", NOW) == issuer.key("RS256", NOW) == KNOWN
    assert provider.asked == ["openid-configuration", "keys"]


def test_a_new_key_is_found_as_soon_as_a_token_names_it() -> None:
    provider, clock = Provider(), Clock(NOW)
    issuer = issuer_of(provider)
    issuer.key("RS256", clock())
    provider.keys = [public_jwk("ES256")]
    clock.advance(seconds=ASKED_AGAIN_MS / 1000)

    assert issuer.key("ES256", clock())["kid"] == "ES256"
    with pytest.raises(BadToken, match="does not publish"):
        issuer.key("RS256", clock())


def test_unknown_keys_do_not_make_us_ask_all_the_time() -> None:
    provider = Provider()
    issuer = issuer_of(provider)

    for number in range(100):
        with pytest.raises(BadToken):
            issuer.key(f"unknown-{number}", NOW)

    assert provider.asked == ["openid-configuration", "keys"]


def test_old_keys_count_for_a_day_while_the_provider_is_down() -> None:
    provider, clock = Provider(), Clock(NOW)
    issuer = issuer_of(provider)
    issuer.key("RS256", clock())
    provider.is_down = True

    clock.advance(seconds=KEYS_KEPT_MS / 1000)
    assert issuer.key("RS256", clock()) == KNOWN
    clock.advance(seconds=(KEYS_KEPT_IN_NEED_MS - KEYS_KEPT_MS) / 1000)
    with pytest.raises(Unavailable):
        issuer.key("RS256", clock())


def test_a_key_that_was_withdrawn_no_longer_counts_after_an_hour() -> None:
    provider, clock = Provider(), Clock(NOW)
    issuer = issuer_of(provider)
    issuer.key("RS256", clock())
    provider.keys = [public_jwk("ES256")]
    clock.advance(seconds=KEYS_KEPT_MS / 1000)

    with pytest.raises(BadToken):
        issuer.key("RS256", clock())


def test_a_provider_that_was_down_at_the_start_is_asked_again() -> None:
    provider = Provider(is_down=True)
    issuer = issuer_of(provider)
    with pytest.raises(Unavailable):
        issuer.key("RS256", NOW)
    provider.is_down = False

    assert issuer.key("RS256", NOW) == KNOWN


def test_without_a_key_id_the_only_key_is_meant() -> None:
    assert issuer_of(Provider()).key(None, NOW) == KNOWN
    with pytest.raises(BadToken):
        issuer_of(Provider(keys=[KNOWN, public_jwk("ES256")])).key(None, NOW)


def test_keys_that_are_not_for_signatures_are_left_out() -> None:
    useless = [
        public_jwk("RS256", use="enc"),
        public_jwk("RS256", key_ops=["sign"]),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "RS256"},
        {"kty": "RSA", "kid": 5},
        "text",
        None,
    ]

    with pytest.raises(BadToken):
        issuer_of(Provider(keys=useless)).key("RS256", NOW)


def test_the_document_of_another_issuer_is_not_believed() -> None:
    with pytest.raises(Unavailable, match="another issuer"):
        issuer_of(Provider(issuer=f"{ISSUER}/")).key("RS256", NOW)


@pytest.mark.parametrize("name", ["token_endpoint", "authorization_endpoint", "other"])
def test_an_address_that_is_not_safe_is_none(name: str) -> None:
    assert issuer_of(Provider()).endpoint(name) is None


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """Serves one answer to every request. Yields its URL."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/keys"
        finally:
            server.shutdown()
            thread.join()


def test_a_document_is_fetched() -> None:
    with answering(200, b"{}") as url:
        assert fetched(url) == b"{}"


@pytest.mark.parametrize(
    ("status", "size", "why"),
    [(302, 0, "answered 302"), (500, 2, "answered 500"), (200, 600_000, "too long")],
)
def test_any_other_answer_is_not_taken(status: int, size: int, why: str) -> None:
    with (
        answering(status, b"x" * size, Location="http://127.0.0.1:1/") as url,
        pytest.raises(Unavailable, match=why),
    ):
        fetched(url)


def test_a_provider_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="did not answer"):
        fetched("http://127.0.0.1:1/")


def test_a_provider_that_answers_bit_by_bit_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = count(0.0, 2.0)
    monkeypatch.setattr("chalicelib.http.issuer.monotonic", lambda: next(moments))

    with answering(200, b"x" * 500_000) as url, pytest.raises(Unavailable, match="too slowly"):
        fetched(url)
