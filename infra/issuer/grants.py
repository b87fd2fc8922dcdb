"""What the provider grants, and to which client. The protocol itself is Authlib's."""

import ipaddress
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, grants
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask
from joserfc.jwk import RSAKey

from infra.issuer import keys
from infra.issuer.memory import (
    AUDIENCE,
    CLIENT_ID,
    DEVICE_INTERVAL_SECONDS,
    DEVICE_SECONDS,
    Code,
    Device,
    Memory,
    Refresh,
    User,
)

SCOPES = ("openid", "profile", "email", "offline_access")
GRANTS = ("authorization_code", "refresh_token", DeviceCodeGrant.GRANT_TYPE)


class Client(ClientMixin):  # type: ignore[misc] # Authlib has no types
    """The only client: public, so it has no secret, and on this machine alone."""

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        """Returns None: each request says its own."""

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(name for name in (scope or "").split() if name in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return is_of_this_machine(redirect_uri)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in GRANTS


class Provider(AuthorizationServer):  # type: ignore[misc] # Authlib has no types
    """The authorization server, with its key and its memory."""

    def __init__(self, app: Flask, issuer: str, key: RSAKey, *, access_seconds: int) -> None:
        self.issuer = issuer
        self.key = key
        self.memory = Memory()
        client = Client()
        super().__init__(app, lambda client_id: client if client_id == CLIENT_ID else None)
        self.register_token_generator(
            "default",
            BearerTokenGenerator(
                lambda user, scope, **_: self._access_token(user, scope, access_seconds),
                lambda user, scope, **_: self._refresh_token(user, scope),
                lambda _client, _grant_type: access_seconds,
            ),
        )
        identity = _Identity(self)
        self.register_grant(_CodeGrant, [_S256(required=True), identity])
        self.register_grant(_RefreshGrant, [identity])
        self.register_grant(_DeviceGrant, [identity])
        self.register_endpoint(_DeviceEndpoint)

    def save_token(self, token: Mapping[str, object], request: Any) -> None:
        """Nothing is kept: access tokens are signed, and refresh tokens are remembered already."""

    def _access_token(self, user: User, scope: str, seconds: int) -> str:
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": user.name,
            "client_id": CLIENT_ID,
            "scope": scope,
            **user.claims,
        }
        return keys.access_token(self.key, claims, seconds=seconds)

    def _refresh_token(self, user: User, scope: str) -> str:
        return self.memory.keep_refresh(user, scope).token


class _S256(CodeChallenge):  # type: ignore[misc] # Authlib has no types
    """PKCE (RFC 7636), which nobody can leave out, and never with the method `plain`."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        for name in ("code_challenge", "code_challenge_method"):
            if not asked.get(name):
                raise InvalidRequestError(f"Missing '{name}': PKCE with S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


class _Identity(OpenIDCode):  # type: ignore[misc] # Authlib has no types
    """Adds the identity token (OpenID Connect Core, section 2)."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=False)
        self._provider = provider

    def exists_nonce(self, _nonce: str, _request: Any) -> bool:
        """Returns False. A nonce is the client's to check; nothing here is worth a replay."""
        return False

    def resolve_client_private_key(self, _client: Client) -> RSAKey:
        return self._provider.key

    def get_encode_header(self, _client: Client) -> dict[str, str]:
        return {"alg": keys.ALGORITHM, "kid": self._provider.key.kid or ""}

    def get_client_claims(self, _client: Client) -> dict[str, object]:
        return {"iss": self._provider.issuer, "aud": CLIENT_ID}

    def generate_user_info(self, user: User, _scope: str) -> dict[str, object]:
        return {"name": user.name, **user.claims, "sub": user.name}


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc] # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload.data
        self.server.memory.codes[code] = Code(
            request.user,
            asked.get("redirect_uri"),
            request.scope,
            asked.get("nonce"),
            asked["code_challenge"],
        )

    def query_authorization_code(self, code: str, _client: Client) -> Code | None:
        # A code is good for one try, also for one with a wrong verifier.
        found: Code | None = self.server.memory.codes.pop(code, None)
        return None if found is None or found.is_expired else found

    def delete_authorization_code(self, _code: Code) -> None:
        """It is gone since it was asked for."""

    def authenticate_user(self, code: Code) -> User:
        return code.user


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc] # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, token: str) -> Refresh | None:
        found: Refresh | None = self.server.memory.refreshes.pop(token, None)
        return found

    def authenticate_user(self, token: Refresh) -> User:
        return token.user

    def revoke_old_credential(self, _token: Refresh) -> None:
        """It is gone since it was asked for."""


class _DeviceGrant(DeviceCodeGrant):  # type: ignore[misc] # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def query_device_credential(self, device_code: str) -> Device | None:
        found: Device | None = self.server.memory.devices.get(device_code)
        return found

    def query_user_grant(self, user_code: str) -> tuple[User | None, bool] | None:
        memory: Memory = self.server.memory
        (device_code, device), *_ = (
            it for it in memory.devices.items() if it[1].user_code == user_code
        )
        if device.user is None and not device.denied:
            return None
        memory.devices.pop(device_code, None)
        return device.user, not device.denied

    def should_slow_down(self, device: Device) -> bool:
        return device.is_too_early()


class _DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc] # Authlib has no types
    CLIENT_AUTH_METHODS = ("none",)
    EXPIRES_IN = DEVICE_SECONDS
    INTERVAL = DEVICE_INTERVAL_SECONDS

    def get_verification_uri(self) -> str:
        return f"{self.server.issuer}/device"

    def save_device_credential(
        self, _client_id: str, scope: str | None, data: Mapping[str, Any]
    ) -> None:
        self.server.memory.devices[data["device_code"]] = Device(
            data["user_code"], scope, time.time() + DEVICE_SECONDS
        )


def is_of_this_machine(uri: str) -> bool:
    """Whether a page at this URI can only be one of this machine: an address of its loopback."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        if parts.scheme not in {"http", "https"} or parts.fragment or parts.username:
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
