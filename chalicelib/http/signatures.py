"""Checks signatures with the public keys of a key set (RFC 7517).

It knows the algorithms of RFC 7518 and RFC 8037 that have public keys. The algorithm `none` and
those with shared secrets are not among them: a public key must never be taken for a secret.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

RSA_BITS_MIN: Final = 2048  # RFC 7518, section 3.3

_CURVES: Final = {"ES256": ("P-256", 32), "ES384": ("P-384", 48), "ES512": ("P-521", 66)}
"""The curve, and the bytes of one of the signature's two numbers (RFC 7518, section 3.4)."""

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", *_CURVES, "EdDSA"}
)


def is_usable(jwk: object) -> bool:
    """Returns whether this is a key that signatures can be checked with."""
    if not isinstance(jwk, Mapping) or jwk.get("use", "sig") != "sig":
        return False
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("kty") in ("RSA", "EC", "OKP")
        and isinstance(jwk.get("kid", ""), str)
        and isinstance(operations, list)
        and "verify" in operations
    )


def is_valid(algorithm: str, jwk: Mapping[str, Any], signed: bytes, signature: bytes) -> bool:
    """Returns whether the signature is right. False also if the key is broken, too short, or not
    one for this algorithm."""
    from cryptography.exceptions import InvalidSignature

    if algorithm not in ALGORITHMS or jwk.get("alg", algorithm) != algorithm:
        return False
    try:
        if algorithm in _CURVES:
            return _elliptic(algorithm, jwk, signed, signature)
        if algorithm == "EdDSA":
            return _edwards(jwk, signed, signature)
        return _rsa(algorithm, jwk, signed, signature)
    except (InvalidSignature, ValueError, TypeError, KeyError, binascii.Error):
        return False


def _rsa(algorithm: str, jwk: Mapping[str, Any], signed: bytes, signature: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    if jwk["kty"] != "RSA":
        return False
    key = RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
    if key.key_size < RSA_BITS_MIN:
        return False
    digest = _digest(algorithm)
    scheme: padding.PSS | padding.PKCS1v15 = padding.PKCS1v15()
    if algorithm.startswith("PS"):
        # The salt is as long as the digest (RFC 7518, section 3.5).
        scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
    key.verify(signature, signed, scheme, digest)
    return True


def _elliptic(algorithm: str, jwk: Mapping[str, Any], signed: bytes, signature: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    name, size = _CURVES[algorithm]
    if jwk["kty"] != "EC" or jwk["crv"] != name or len(signature) != 2 * size:
        return False
    curves: dict[str, ec.EllipticCurve] = {
        "P-256": ec.SECP256R1(),
        "P-384": ec.SECP384R1(),
        "P-521": ec.SECP521R1(),
    }
    x, y = _number(jwk["x"]), _number(jwk["y"])
    key = ec.EllipticCurvePublicNumbers(x, y, curves[name]).public_key()
    r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_digest(algorithm)))
    return True


def _edwards(jwk: Mapping[str, Any], signed: bytes, signature: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if jwk["kty"] != "OKP" or jwk["crv"] != "Ed25519":
        return False
    Ed25519PublicKey.from_public_bytes(_bytes(jwk["x"])).verify(signature, signed)
    return True


def _digest(algorithm: str) -> "HashAlgorithm":
    from cryptography.hazmat.primitives import hashes

    digests: dict[str, HashAlgorithm] = {
        "256": hashes.SHA256(),
        "384": hashes.SHA384(),
        "512": hashes.SHA512(),
    }
    return digests[algorithm[2:]]


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text))


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
