"""Signs selections: what a user may export, and for how long. A selection is a JWT."""

import time
from collections.abc import Mapping
from uuid import uuid4

import jwt
from django.conf import settings

LIFE_SECONDS = 10 * 60


def signed(user: str, request: Mapping[str, object]) -> str:
    """Returns a signed selection, for one export within ten minutes.

    `request` says what may be exported, as in POST /v1/export.
    """
    claims = {
        **request,
        "sub": user,
        "aud": "longhaul",
        "exp": int(time.time()) + LIFE_SECONDS,
        "jti": str(uuid4()),  # its uses are counted by this name, so each selection has its own
        "uses": 1,
    }
    headers = {"kid": settings.SELECTION_KID}
    return jwt.encode(claims, settings.SELECTION_KEY, algorithm="HS256", headers=headers)
