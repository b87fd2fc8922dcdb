"""The local issuer does what a page and a command line need of a real OpenID provider."""

import base64
import hashlib
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from infra.issuer import app, keys

ISSUER = "http://127.0.0.1:4999"
PAGE = "http://127.0.0.1:4566/_aws/execute-api/a1/api/"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a key, which takes a moment to make."""
    made = tmp_path_factory.mktemp("issuer")
    keys.key(made)
    return made


@pytest.fixture
def provider(directory: Path) -> Flask:
    return app.make(ISSUER, keys.key(directory), access_seconds=120)


@pytest.fixture
def browser(provider: Flask) -> FlaskClient:
    provider.config["SERVER_NAME"] = urlsplit(ISSUER).netloc
    return provider.test_client()


def _asked(**other: str | None) -> str:
    """The URL that a page sends its user to."""
    usual = {
        "response_type": "code",
        "client_id": "longhaul-web",
        "redirect_uri": PAGE,
        "scope": "openid",
        "state": "s1",
        "nonce": "n1",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
    }
    return "/authorize?" + urlencode({k: v for k, v in (usual | other).items() if v is not None})


def _returned(answer: TestResponse) -> dict[str, str]:
    """What the provider says in the query of the redirect."""
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith(PAGE)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def _code(browser: FlaskClient, **form: str) -> str:
    return _returned(browser.post(_asked(), data=form or {"pick": "alice"}))["code"]


def _exchange(browser: FlaskClient, **fields: str) -> TestResponse:
    usual = {
        "grant_type": "authorization_code",
        "client_id": "longhaul-web",
        "redirect_uri": PAGE,
        "code_verifier": VERIFIER,
    }
    return browser.post("/token", data=usual | fields)


def _verified(browser: FlaskClient, token: str, audience: str) -> dict[str, Any]:
    """The claims, if the signature is good for the key that the provider publishes."""
    (published,) = browser.get("/jwks.json").get_json()["keys"]
    assert jwt.get_unverified_header(token)["kid"] == published["kid"]
    key = jwt.PyJWK(published)
    return jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=ISSUER)


def test_signing_in_gives_a_code_and_the_code_gives_tokens(browser: FlaskClient) -> None:
    returned = _returned(browser.post(_asked(), data={"pick": "admin"}))
    answer = _exchange(browser, code=returned["code"])

    tokens = answer.get_json()
    access = _verified(browser, tokens["access_token"], "longhaul")
    identity = _verified(browser, tokens["id_token"], "longhaul-web")
    assert returned["state"] == "s1"
    assert (access["sub"], access["groups"], access["scope"]) == ("admin", ["admin"], "openid")
    assert (identity["sub"], identity["nonce"]) == ("admin", "n1")
    assert tokens["expires_in"] == 120
    assert access["exp"] - access["iat"] == 120
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_typed_user_may_have_claims_of_their_own(browser: FlaskClient) -> None:
    code = _code(browser, user=" carol ", claims='{"team": "red"}')

    token = _exchange(browser, code=code).get_json()["access_token"]

    claims = _verified(browser, token, "longhaul")
    assert (claims["sub"], claims["team"]) == ("carol", "red")


@pytest.mark.parametrize(
    "form",
    [
        {"user": " "},
        {"user": "x" * 257},
        {"user": "x", "claims": "{"},
        {"user": "x", "claims": "1"},
    ],
    ids=["nobody", "too long", "no JSON", "no object"],
)
def test_a_form_that_names_nobody_is_shown_again(
    browser: FlaskClient, form: dict[str, str]
) -> None:
    answer = browser.post(_asked(), data=form)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_what_was_typed_is_shown_as_text(browser: FlaskClient) -> None:
    answer = browser.post(_asked(), data={"user": "<b>x</b>", "claims": "</textarea><script>"})

    assert "<b>x" not in answer.text
    assert "<script>" not in answer.text


def test_who_cancels_is_sent_back_without_a_code(browser: FlaskClient) -> None:
    returned = _returned(browser.post(_asked(), data={"cancel": "yes"}))

    assert returned["error"] == "access_denied"
    assert returned["state"] == "s1"
    assert "code" not in returned


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://user@127.0.0.1/",
        "javascript:alert(1)",
        "http://[::",
    ],
)
def test_nobody_is_sent_to_another_machine(browser: FlaskClient, redirect_uri: str) -> None:
    answer = browser.post(_asked(redirect_uri=redirect_uri), data={"pick": "alice"})

    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "redirect_uri", ["http://localhost:8080/", "http://[::1]:1/x?y=z", "https://127.8.0.1/"]
)
def test_any_page_of_this_machine_may_ask(browser: FlaskClient, redirect_uri: str) -> None:
    answer = browser.post(_asked(redirect_uri=redirect_uri), data={"pick": "alice"})

    assert answer.headers["Location"].startswith(redirect_uri)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code_challenge", None),
        ("code_challenge_method", None),
        ("code_challenge_method", "plain"),
    ],
)
def test_a_sign_in_without_pkce_is_refused(
    browser: FlaskClient, name: str, value: str | None
) -> None:
    returned = _returned(browser.get(_asked(**{name: value})))

    assert returned["error"] == "invalid_request"
    assert returned["state"] == "s1"


def test_a_client_that_is_not_known_is_refused(browser: FlaskClient) -> None:
    answer = browser.get(_asked(client_id="other"))

    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "wrong",
    [{"code_verifier": "w" * 43}, {"redirect_uri": "http://127.0.0.1:1/"}, {"code": "x"}],
    ids=["verifier", "redirect URI", "code"],
)
def test_a_code_is_good_for_its_page_and_for_one_try(
    browser: FlaskClient, wrong: dict[str, str]
) -> None:
    code = _code(browser)

    refused = _exchange(browser, **({"code": code} | wrong))
    again = _exchange(browser, code=code)

    assert refused.get_json()["error"] == "invalid_grant"
    assert again.status_code == (200 if "code" in wrong else 400)


def test_a_code_is_good_for_a_minute(browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    code, now = _code(browser), time.time()

    monkeypatch.setattr(time, "time", lambda: now + 61)

    assert _exchange(browser, code=code).get_json()["error"] == "invalid_grant"


def test_a_refresh_token_gives_new_tokens_once(browser: FlaskClient) -> None:
    first = _exchange(browser, code=_code(browser)).get_json()

    def refreshed(token: str) -> TestResponse:
        return browser.post(
            "/token",
            data={
                "grant_type": "refresh_token",
                "client_id": "longhaul-web",
                "refresh_token": token,
            },
        )

    second = refreshed(first["refresh_token"]).get_json()
    assert _verified(browser, second["access_token"], "longhaul")["sub"] == "alice"
    assert second["refresh_token"] != first["refresh_token"]
    assert refreshed(first["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert refreshed(second["refresh_token"]).status_code == 200


def _device(browser: FlaskClient) -> dict[str, Any]:
    asked = {"client_id": "longhaul-web", "scope": "openid"}
    answer: dict[str, Any] = browser.post("/device_authorization", data=asked).get_json()
    return answer


def _poll(browser: FlaskClient, device_code: str) -> dict[str, Any]:
    asked = {"grant_type": DEVICE_GRANT, "client_id": "longhaul-web", "device_code": device_code}
    answer: dict[str, Any] = browser.post("/token", data=asked).get_json()
    return answer


def test_a_device_gets_tokens_once_its_user_has_signed_in(browser: FlaskClient) -> None:
    device = _device(browser)
    typed = device["user_code"].lower().replace("-", " ")

    before = _poll(browser, device["device_code"])
    shown = browser.get(device["verification_uri_complete"])
    browser.post("/device", data={"user_code": typed, "pick": "bob"})
    after = _poll(browser, device["device_code"])

    assert before["error"] == "authorization_pending"
    assert device["user_code"] in shown.text
    assert _verified(browser, after["access_token"], "longhaul")["sub"] == "bob"
    assert "error" in _poll(browser, device["device_code"])


def test_a_device_that_asks_too_often_is_told_so(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, now = _device(browser)["device_code"], time.monotonic()

    def at(seconds: float) -> str:
        monkeypatch.setattr(time, "monotonic", lambda: now + seconds)
        return str(_poll(browser, code)["error"])

    said = [at(0), at(0.5), at(5.5), at(17.5)]

    # Once it was told, it has to wait for five seconds more.
    assert said == ["authorization_pending", "slow_down", "slow_down", "authorization_pending"]


def test_a_device_whose_user_cancels_gets_no_token(browser: FlaskClient) -> None:
    device = _device(browser)

    browser.post("/device", data={"user_code": device["user_code"], "cancel": "yes"})

    assert _poll(browser, device["device_code"])["error"] == "access_denied"


def test_a_code_of_a_device_expires(browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    device, now = _device(browser), time.time()

    monkeypatch.setattr(time, "time", lambda: now + device["expires_in"] + 1)

    assert _poll(browser, device["device_code"])["error"] == "expired_token"
    assert browser.get(f"/device?user_code={device['user_code']}").status_code == 404


def test_a_page_of_this_machine_may_read_the_tokens(browser: FlaskClient) -> None:
    origin = "http://127.0.0.1:4566"

    preflight = browser.options("/token", headers={"Origin": origin})
    answer = browser.post("/token", headers={"Origin": origin})

    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize("path", ["/token", "/device", "/device_authorization", "/authorize"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_page_from_elsewhere_is_refused(browser: FlaskClient, path: str, origin: str) -> None:
    answer = browser.post(path, headers={"Origin": origin})

    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_name_from_elsewhere_that_leads_here_is_refused(browser: FlaskClient) -> None:
    assert browser.get("/", headers={"Host": "evil.example:4999"}).status_code == 403


def test_what_the_metadata_names_is_there(browser: FlaskClient) -> None:
    metadata = browser.get("/.well-known/openid-configuration").get_json()

    named = {name: uri for name, uri in metadata.items() if name.endswith(("_endpoint", "_uri"))}

    assert metadata["issuer"] == ISSUER
    assert len(named) == 5
    for uri in named.values():
        assert browser.get(uri.removeprefix(ISSUER)).status_code != 404


def test_signing_out_leads_back_to_a_page_of_this_machine(browser: FlaskClient) -> None:
    def signed_out(uri: str) -> str | None:
        asked = urlencode({"post_logout_redirect_uri": uri, "state": "s2"})
        return browser.get(f"/end_session?{asked}").headers.get("Location")

    assert signed_out(PAGE) == f"{PAGE}?state=s2"
    assert signed_out("https://evil.example/") is None


@pytest.mark.parametrize("path", ["/", "/device", _asked()])
def test_each_page_says_that_it_is_for_development(browser: FlaskClient, path: str) -> None:
    assert app.WARNING in browser.get(path).text
