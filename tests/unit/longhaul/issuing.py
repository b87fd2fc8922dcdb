"""A small OAuth issuer, on the stub: what an API says of it, its discovery, devices and tokens."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from tests.unit.longhaul.stub import Asked, Reply, Stub

RESOURCE = "GET /.well-known/oauth-protected-resource"
DISCOVERY = "GET /idp/.well-known/openid-configuration"
DEVICE = "POST /idp/device"
TOKEN = "POST /idp/token"
REVOKE = "POST /idp/revoke"

PENDING = Reply(400, {"error": "authorization_pending"})
SLOW_DOWN = Reply(400, {"error": "slow_down"})


def offers_login(stub: Stub, **changes: object) -> None:
    """Lets the stub be an API that offers a sign-in, and its issuer. `changes` are of discovery."""
    issuer = f"{stub.url}/idp"
    resource = {
        "resource": stub.url,
        "authorization_servers": [issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["openid"],
        "longhaul_client_id": "longhaul-cli",
        "longhaul_audience": "https://api",
    }
    stub.on(RESOURCE, Reply(200, resource))
    stub.on(DISCOVERY, Reply(200, discovery(stub) | changes))
    stub.on(DEVICE, device(stub))


def discovery(stub: Stub) -> dict[str, Any]:
    issuer = f"{stub.url}/idp"
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/token",
        "device_authorization_endpoint": f"{issuer}/device",
        "revocation_endpoint": f"{issuer}/revoke",
    }


def device(stub: Stub, **changes: object) -> Reply:
    content = {
        "device_code": "device-secret",
        "user_code": "WDJB-MJHT",
        "verification_uri": f"{stub.url}/idp/activate",
        "verification_uri_complete": f"{stub.url}/idp/activate?user_code=WDJB-MJHT",
        "expires_in": 600,
        "interval": 5,
    }
    return Reply(200, content | changes)


def jwt(**claims: object) -> str:
    """A token whose signature nobody can check: the client does not."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, {"sub": "u-1", **claims})]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "s"])


def tokens(access: str, refresh: str | None = None, expires_in: object = 3600) -> Reply:
    content = {"access_token": access, "token_type": "Bearer", "expires_in": expires_in}
    return Reply(200, content | ({"refresh_token": refresh} if refresh else {}))


@dataclass
class Rotation:
    """Refresh tokens that are good for one use each. One that comes again ends the sign-in, as a
    thief may have it (RFC 9700, section 4.14.2)."""

    good: str = "refresh-0"
    uses: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        self.uses.append(asked.form["refresh_token"])
        if asked.form["refresh_token"] != self.good:
            self.good = ""
            return Reply(400, {"error": "invalid_grant"})
        number = len(self.uses)
        self.good = f"refresh-{number}"
        return tokens(f"access-{number}", self.good)
