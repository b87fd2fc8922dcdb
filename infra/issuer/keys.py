"""The provider's key, and what is signed with it."""

import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import RSAKey

from infra import daemon

ALGORITHM = "RS256"

_KEY_BITS = 2048


def key(directory: Path) -> RSAKey:
    """Returns the private key of the provider whose files are in `directory`.

    The first call makes it. Only the user may read its file. Its `kid` is the thumbprint of
    RFC 7638.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "key.json"
    with daemon.exclusively(directory / "key.lock"):
        if not file.exists():
            made = RSAKey.generate_key(_KEY_BITS, auto_kid=True)
            unfinished = file.with_suffix(".part")
            unfinished.unlink(missing_ok=True)
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as output:
                json.dump(made.as_dict(private=True), output)
            unfinished.replace(file)
        return RSAKey.import_key(json.loads(file.read_text()))


def public(of: RSAKey) -> dict[str, object]:
    """Returns the JWK Set (RFC 7517) that has the key's public part, for signatures."""
    return {"keys": [{**of.as_dict(private=False), "alg": ALGORITHM, "use": "sig"}]}


def access_token(signed_with: RSAKey, claims: Mapping[str, object], *, seconds: int) -> str:
    """Returns a signed access token (RFC 9068) that is good for `seconds`, from now on.

    `claims` go into it, and replace `iat`, `exp` and `jti`. A claim that is None is left out.
    """
    now = int(time.time())
    every = {"iat": now, "exp": now + seconds, "jti": secrets.token_urlsafe(12), **claims}
    return jwt.encode(
        {"alg": ALGORITHM, "typ": "at+jwt", "kid": signed_with.kid},
        {name: value for name, value in every.items() if value is not None},
        signed_with,
    )
