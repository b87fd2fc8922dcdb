"""A browser whose network has an OpenID provider, and a stack that takes only its tokens.

The provider is made of answers that Playwright gives, so a test decides what it says. The stack is
a real one without sign-in; what the page and the API say of it is changed on the way.
tests/browser/test_signed_in.py has a real provider and a real stack with AUTH=jwt.
"""

import base64
import hashlib
import html
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from playwright.sync_api import Request, Route

from tests.browser.stage import Stage

ORIGIN = "https://issuer.example"
CLIENT = "page"
CLAIMS: dict[str, Any] = {"sub": "user-17", "name": "Mira Øst", "email": "mira@example.com"}

UNAUTHORIZED = {
    "type": "urn:problem-type:longhaul:unauthorized",
    "title": "Not signed in",
    "status": 401,
    "detail": "the token has expired",
}


@dataclass
class Issuer:
    """What the provider says next, and what it was asked.

    `has_session`: the person need not sign in again. `refusal`: the error that it answers with.
    `gives_refresh`, `lifetime` (seconds): of its tokens. `claims`: changes in the ID token.
    """

    stage: Stage
    way: dict[str, Any] = field(default_factory=dict)
    has_session: bool = False
    refusal: dict[str, str] | None = None
    gives_refresh: bool = True
    lifetime: int | None = 3600
    claims: dict[str, Any] = field(default_factory=dict)
    takes_refresh: bool = True
    valid: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    authorizations: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        context = self.stage.page.context
        context.route(f"{self.stage.url}/", self._page)
        context.route(f"{self.stage.url}/?*", self._page)
        context.route("**/v1/**", self._api)
        context.route(f"{ORIGIN}/**", self._answer)

    @property
    def auth(self) -> dict[str, Any]:
        """What the page is told."""
        return {
            "way": "jwt",
            "issuer": ORIGIN,
            "clientId": CLIENT,
            "scope": "openid profile",
            "audience": "longhaul",
            "authorizationEndpoint": f"{ORIGIN}/authorize",
            "tokenEndpoint": f"{ORIGIN}/token",
            "endSessionEndpoint": f"{ORIGIN}/logout",
            "shareMaxDays": 7,
            **self.way,
        }

    def expire(self) -> None:
        """Lets the API refuse all tokens of before."""
        self.valid.clear()

    # -- the stack --------------------------------------------------------------------------------

    def _page(self, route: Route) -> None:
        fetched = route.fetch()
        policy = fetched.headers["content-security-policy"]
        auth = html.escape(json.dumps(self.auth))
        route.fulfill(
            status=200,
            headers={
                **fetched.headers,
                "content-security-policy": policy.replace(
                    "connect-src 'self'", f"connect-src 'self' {ORIGIN}"
                ),
            },
            body=fetched.text().replace(
                '"longhaul-auth" content=""', f'"longhaul-auth" content="{auth}"'
            ),
        )

    def _api(self, route: Route) -> None:
        token = _bearer(route.request)
        # The stack itself judges tickets of share links.
        if not token.startswith("lht_") and token not in self.valid:
            self.asked["refused"] += 1
            route.fulfill(status=401, content_type="application/problem+json", json=UNAUTHORIZED)
            return
        # This stack has no sign-in of its own: it is told whose jobs to list.
        url = urlsplit(route.request.url)
        is_list = route.request.method == "GET" and url.path.endswith("/v1/export")
        if is_list:
            query = [*parse_qsl(url.query), ("user_id", self.stage.user)]
            url = url._replace(query=urlencode(query))
        route.continue_(url=url.geturl())

    # -- the provider -----------------------------------------------------------------------------

    def _answer(self, route: Route) -> None:
        name = urlsplit(route.request.url).path.strip("/")
        self.asked[name] += 1
        {"authorize": self._authorize, "token": self._token, "logout": self._logout}[name](route)

    def _authorize(self, route: Route) -> None:
        asked = dict(parse_qsl(urlsplit(route.request.url).query))
        self.authorizations.append(asked)
        answer = {"state": asked["state"], "iss": ORIGIN}
        answer |= self.refusal or {"code": self._secret("code")}
        back = f"{asked['redirect_uri']}?{urlencode(answer)}"
        if self.has_session or self.refusal:
            _send(route, f"<script>location.replace({json.dumps(back)})</script>")
        else:
            _send(route, f'<h1>Provider</h1><a href="{html.escape(back)}">Sign in as Mira</a>')

    def _token(self, route: Route) -> None:
        asked = {name: values[0] for name, values in parse_qs(route.request.post_data).items()}
        if asked["grant_type"] == "refresh_token":
            is_good = self.takes_refresh and asked["refresh_token"] in self.secrets
        else:
            digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
            last = self.authorizations[-1]
            self.secrets.add(asked["code_verifier"])
            self.has_session = True
            is_good = (
                last["code_challenge"] == _base64url(digest)
                and last["code_challenge_method"] == "S256"
                and last["redirect_uri"] == asked["redirect_uri"]
                and asked["client_id"] == CLIENT
            )
        if not is_good:
            _reply(route, 400, {"error": "invalid_grant"})
            return
        token = self._secret("access", jwt={"sub": CLAIMS["sub"], "scope": "openid"})
        self.valid.add(token)
        nonce = self.authorizations[-1]["nonce"]
        claims = {**CLAIMS, "iss": ORIGIN, "aud": CLIENT, "nonce": nonce, **self.claims}
        content: dict[str, Any] = {"token_type": "Bearer", "access_token": token}
        content["id_token"] = self._secret("id", jwt=claims)
        if self.lifetime is not None:
            content["expires_in"] = self.lifetime
        if self.gives_refresh:
            content["refresh_token"] = self._secret("refresh")
        _reply(route, 200, content)

    def _logout(self, route: Route) -> None:
        self.has_session = False
        asked = dict(parse_qsl(urlsplit(route.request.url).query))
        _send(
            route,
            f"<script>location.replace({json.dumps(asked['post_logout_redirect_uri'])})</script>",
        )

    def _secret(self, kind: str, *, jwt: dict[str, Any] | None = None) -> str:
        secret = f"{kind}-secret-{len(self.secrets)}"
        if jwt is not None:
            parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, jwt)]
            secret = ".".join([*map(_base64url, parts), secret])
        self.secrets.add(secret)
        return secret


def _bearer(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _send(route: Route, body: str) -> None:
    route.fulfill(
        status=200, content_type="text/html", body=f"<!doctype html><title>Provider</title>{body}"
    )


def _reply(route: Route, status: int, content: dict[str, Any]) -> None:
    route.fulfill(status=status, json=content, headers={"Access-Control-Allow-Origin": "*"})
