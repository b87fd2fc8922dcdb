"""Signs selections: what a user may export, and for how long. A selection is a JWT."""

import time
from collections.abc import Mapping
from uuid import uuid4

import jwt

LIFE_SECONDS = 10 * 60


def signed(user: str, request: Mapping[str, object], key: str, kid: str) -> str:
    """Returns a signed selection, for one export within ten minutes.

    `request` says what may be exported, as in POST /v1/export. The stack knows `key` by its id,
    `kid`.
    """
    claims = {
        **request,
        "sub": user,
        "aud": "longhaul",
        "exp": int(time.time()) + LIFE_SECONDS,
        "jti": str(uuid4()),  # its uses are counted by this name, so each selection has its own
        "uses": 1,
    }
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid})
