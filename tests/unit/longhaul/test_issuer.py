"""What an issuer may say, and what is refused."""

import pytest

from longhaul import errors, issuer
from longhaul.http import Network
from tests.unit.longhaul import issuing
from tests.unit.longhaul.issuing import DEVICE, DISCOVERY, RESOURCE, TOKEN, offers_login
from tests.unit.longhaul.stub import Reply, Stub, problem


@pytest.fixture
def network() -> Network:
    return Network()


def test_an_api_of_another_url_is_refused(stub: Stub, network: Network) -> None:
    stub.on(RESOURCE, Reply(200, {"resource": "https://another.example.com"}))

    with pytest.raises(errors.SignInFailed, match=r"says that its URL is https://another\."):
        issuer.resource_of(network, stub.url)


def test_an_api_without_a_sign_in_says_so(stub: Stub, network: Network) -> None:
    stub.on(RESOURCE, problem(404, "not-found", "there is no such route"))

    with pytest.raises(errors.SignInFailed, match="offers no sign-in"):
        issuer.resource_of(network, stub.url)


def test_an_api_without_https_is_not_signed_in_at(network: Network) -> None:
    with pytest.raises(errors.SignInFailed, match="must be HTTPS"):
        issuer.resource_of(network, "http://api.example.com")


def test_an_issuer_must_say_that_it_is_itself(stub: Stub, network: Network) -> None:
    offers_login(stub, issuer="https://accounts.example.com")

    with pytest.raises(errors.SignInFailed, match=r"says that it is https://accounts\."):
        issuer.discover(network, f"{stub.url}/idp")


@pytest.mark.parametrize(
    "name", ["token_endpoint", "device_authorization_endpoint", "revocation_endpoint"]
)
@pytest.mark.parametrize(
    "url",
    [
        "http://accounts.example.com/x",
        "ftp://127.0.0.1/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://[::1",
        "https://",
        "https://user@accounts.example.com/x",
        "",
    ],
)
def test_an_endpoint_that_is_not_safe_is_refused(
    stub: Stub, network: Network, name: str, url: str
) -> None:
    offers_login(stub, **{name: url})

    with pytest.raises(errors.SignInFailed, match="URL"):
        issuer.discover(network, f"{stub.url}/idp")

    assert [asked.line for asked in stub.asked] == [DISCOVERY]


@pytest.mark.parametrize(
    ("url", "other", "is_safe"),
    [
        ("https://a.example.com/token", "https://b.example.com", True),
        ("http://localhost:8080/token", "http://127.0.0.1:8080", True),
        ("http://127.0.0.1/token", "https://a.example.com", False),
        ("http://127.0.0.1.example.com/token", "http://127.0.0.1", False),
    ],
)
def test_plain_http_is_only_for_this_machine(url: str, other: str, *, is_safe: bool) -> None:
    try:
        issuer._check_safe(url, other)
        passed = True
    except errors.SignInFailed:
        passed = False

    assert passed is is_safe


@pytest.mark.parametrize("name", ["verification_uri", "verification_uri_complete"])
def test_a_page_that_is_not_safe_is_not_shown(stub: Stub, network: Network, name: str) -> None:
    offers_login(stub)
    stub.on(DEVICE, issuing.device(stub, **{name: "javascript:alert(1)"}))
    provider = issuer.discover(network, f"{stub.url}/idp")

    with pytest.raises(errors.SignInFailed, match="not a safe URL"):
        issuer.begin(network, provider, "c", "openid", None)


def test_an_issuer_without_the_device_flow_is_refused(stub: Stub, network: Network) -> None:
    offers_login(stub, device_authorization_endpoint=None)
    provider = issuer.discover(network, f"{stub.url}/idp")

    with pytest.raises(errors.SignInFailed, match="has no device flow"):
        issuer.begin(network, provider, "c", "openid", None)


def test_something_that_is_not_an_issuer_is_refused(stub: Stub, network: Network) -> None:
    with pytest.raises(errors.SignInFailed, match="is not an OpenID issuer"):
        issuer.discover(network, f"{stub.url}/idp")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(200, b'{"access_token": 7, "x": "secret"}'), errors.UnexpectedAnswer),
        (Reply(200, b"secret"), errors.UnexpectedAnswer),
        (Reply(200, {"access_token": "se\ncret", "token_type": "Bearer"}), errors.SignInFailed),
        (Reply(200, {"access_token": "secret", "token_type": "mac"}), errors.SignInFailed),
        (Reply(400, b"secret"), errors.UnexpectedAnswer),
        (Reply(400, {"error": "invalid_client"}), errors.SignInFailed),
        (Reply(302, b"", {"Location": "https://x/?secret"}), errors.UnexpectedAnswer),
        (Reply(503, b"secret", {"Retry-After": "7"}), errors.Unavailable),
    ],
)
def test_no_error_of_an_issuer_quotes_a_token(
    stub: Stub, network: Network, reply: Reply, kind: type[errors.LonghaulError]
) -> None:
    offers_login(stub)
    stub.on(TOKEN, reply)
    provider = issuer.discover(network, f"{stub.url}/idp")

    with pytest.raises(errors.LonghaulError) as raised:
        issuer.by_refresh(network, provider, "c", "refresh-secret")

    assert type(raised.value) is kind
    assert "secret" not in str(raised.value)
    assert raised.value.retryable is (reply.status == 503)


def test_an_issuer_may_write_numbers_as_texts(stub: Stub, network: Network) -> None:
    offers_login(stub)
    stub.on(TOKEN, issuing.tokens("a", expires_in="3600"))
    provider = issuer.discover(network, f"{stub.url}/idp")

    assert issuer.by_refresh(network, provider, "c", "r").expires_in == 3600
