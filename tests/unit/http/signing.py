"""A provider of tokens for tests: its keys, its documents, and the tokens that it signs.

It signs with PyJWT, which has nothing of ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from chalicelib.errors import Unavailable

ISSUER = "https://id.example.com/tenant"
AUDIENCE = "longhaul"


@cache
def private_key(algorithm: str, name: str = "") -> Any:
    """Returns a key for the algorithm, always the same for the same name."""
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if algorithm in curves:
        return ec.generate_private_key(curves[algorithm])
    return rsa.generate_private_key(65537, 1024 if name == "short" else 2048)


def public_jwk(algorithm: str, name: str = "", **more: object) -> dict[str, Any]:
    """Returns the public key as a key set has it."""
    key = private_key(algorithm, name).public_key()
    content = json.loads(get_default_algorithms()[algorithm].to_jwk(key))
    return {**content, "kid": f"{algorithm}{name}", **more}


def token(
    claims: Mapping[str, Any],
    algorithm: str = "RS256",
    name: str = "",
    headers: Mapping[str, Any] | None = None,
) -> str:
    """Returns these claims as a signed token."""
    return jwt.encode(
        dict(claims),
        private_key(algorithm, name),
        algorithm,
        {"kid": f"{algorithm}{name}", **(headers or {})},
    )


@dataclass
class Provider:
    """What the provider answers, and how often it was asked. `is_down`: it answers nothing."""

    keys: list[Any] = field(default_factory=lambda: [public_jwk("RS256")])
    issuer: str = ISSUER
    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str) -> bytes:
        self.asked.append(url.rpartition("/")[2])
        if self.is_down:
            raise Unavailable("the token issuer did not answer")
        if url.endswith("openid-configuration"):
            document = {
                "issuer": self.issuer,
                "jwks_uri": f"{ISSUER}/keys",
                "token_endpoint": "http://plain.example.com/token",
                "authorization_endpoint": "https://id.example.com;x/authorize",
            }
            return json.dumps(document).encode()
        return json.dumps({"keys": self.keys}).encode()
