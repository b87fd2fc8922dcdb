"""Reads and checks signed tokens: JWS (RFC 7515) with the claims of a JWT (RFC 7519).

The signature is checked by `cryptography`, and only what is needed of it is imported: its JWT
libraries cost a cold start 55 ms, this 7 ms (docs/decisions/0013-who-calls.md). Tests hold this
module to PyJWT. An error says what is wrong with a token, and never holds a part of it.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.errors import Unauthorized
from chalicelib.http.schemas import USER_MAX

TOKEN_MAX: Final = 9 * 1024
"""Characters. API Gateway takes 10,240 bytes of headers.
https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""

_SEGMENTS: Final = 3  # header, payload, signature (RFC 7515, section 7.1)
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+")
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})  # RFC 9068, section 2.1

Claims = Mapping[str, Any]


class BadToken(Unauthorized):
    """The token is not one that this stack takes. `error` is that of RFC 6750, section 3.1."""

    error = "invalid_token"


@dataclass(frozen=True, slots=True)
class Jws:
    """A token whose signature nobody has checked yet. `signed` is what the signature is of."""

    header: Mapping[str, Any]
    payload: Claims
    signed: bytes
    signature: bytes

    @property
    def algorithm(self) -> str:
        return str(self.header["alg"])

    @property
    def key_id(self) -> str | None:
        """The header's `kid`."""
        return self.header.get("kid")


def jws_of(token: str, most: int = TOKEN_MAX) -> Jws:
    """Returns the parts of a token in JWS compact serialization, which has at most so many
    characters. Raises BadToken."""
    if len(token) > most:
        raise BadToken(f"the token is longer than {most} characters")
    segments = token.split(".")
    if len(segments) != _SEGMENTS:
        raise BadToken("the token is not a signed JWT, which has three parts between dots")
    header = _object("header", segments[0])
    if not isinstance(header.get("alg"), str):
        raise BadToken("the token's header names no algorithm")
    if not isinstance(header.get("kid", ""), str):
        raise BadToken("the token's kid is not a text")
    # Extensions that must be understood (RFC 7515, section 4.1.11): we know none.
    if "crit" in header:
        raise BadToken("the token demands extensions (crit), and none is known here")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise BadToken("the token's type (typ) is not JWT")
    return Jws(
        header=header,
        payload=_object("payload", segments[1]),
        signed=f"{segments[0]}.{segments[1]}".encode(),
        signature=_bytes("signature", segments[2]),
    )


def check_signature(jws: Jws, jwk: Mapping[str, Any]) -> None:
    """Checks the signature with a public key of a key set (RFC 7517). Raises BadToken, also if the
    algorithm is not one for this key."""
    from chalicelib.http import signatures

    if not signatures.is_valid(jws.algorithm, jwk, jws.signed, jws.signature):
        raise BadToken("the token's signature is not right")


def check_times(claims: Claims, now: int, leeway: int) -> None:
    """Checks `exp`, which must be there, and `nbf` and `iat`, if they are. `now` is Unix time in
    ms; `leeway` are seconds that clocks may differ. Raises BadToken."""
    seconds = now / 1000
    if seconds - leeway >= _time(claims, "exp", must=True):
        raise BadToken("the token has expired")
    if seconds + leeway < _time(claims, "nbf"):
        raise BadToken("the token is not valid yet (nbf)")
    if seconds + leeway < _time(claims, "iat"):
        raise BadToken("the token was issued in the future (iat)")


def check_audience(claims: Claims, audience: str) -> None:
    """Raises BadToken if the token is for somebody else. Access tokens of Cognito have no `aud`:
    there, `client_id` says for which client it is.
    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html"""
    given = claims["aud"] if "aud" in claims else claims.get("client_id")
    audiences = given if isinstance(given, list) else [given]
    if audience not in audiences or not all(isinstance(one, str) for one in audiences):
        raise BadToken(f"the token is not for {audience!r} (aud)")


def subject(claims: Claims, claim: str) -> str:
    """Returns the user that a claim names. Raises BadToken."""
    user = claims.get(claim)
    if not isinstance(user, str) or not 1 <= len(user) <= USER_MAX or not user.isprintable():
        raise BadToken(
            f"the token's claim {claim!r} must be a text of 1 to {USER_MAX} printable characters"
        )
    return user


def json_object(what: str, text: bytes) -> dict[str, Any]:
    """Returns a JSON object in which no name comes twice (RFC 7515, section 4). Raises BadToken.
    `what` is its name in an error."""
    try:
        found = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadToken(f"the token's {what} is not a JSON object")
    return found


def _object(what: str, segment: str) -> dict[str, Any]:
    return json_object(what, _bytes(what, segment))


def _bytes(what: str, segment: str) -> bytes:
    """Returns the bytes of base64url without padding (RFC 7515, section 2). There is one way to
    write them: a segment whose last character has unused bits set is refused."""
    try:
        if not _SEGMENT.fullmatch(segment):
            raise ValueError(segment)
        decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (ValueError, binascii.Error):
        decoded = b""
    if not decoded or base64.urlsafe_b64encode(decoded).rstrip(b"=") != segment.encode():
        raise BadToken(f"the token's {what} is not base64url")
    return decoded


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refused(constant: str) -> None:
    raise ValueError(constant)


def _time(claims: Claims, claim: str, *, must: bool = False) -> float:
    value = claims.get(claim, None if must else 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadToken(f"the token's {claim} is not a time in seconds")
    return value
