"""Which token goes to which API."""

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from longhaul.credentials import Token

VARIABLE: Final = "LONGHAUL_TOKEN"


def given_token() -> str | None:
    """Returns the token in the environment; None: there is none."""
    return os.environ.get(VARIABLE, "").strip() or None


def token_for(url: str, configured: str | None) -> "Token":
    """Returns the token for the API at `url`. `configured` is --url or LONGHAUL_URL.

    `url` may come from a stranger, in the URL of a job. The token in the environment is for the
    configured API alone. A sign-in is for the API where somebody has signed in.
    """
    given = given_token()
    if given and configured and configured.rstrip("/") == url.rstrip("/"):
        return given
    from longhaul.errors import CannotKeep
    from longhaul.keeping import Keeper
    from longhaul.signin import StoredSignIn

    try:
        return StoredSignIn(url.rstrip("/"), Keeper())
    except CannotKeep:  # There is no home folder, so nobody can have signed in.
        return None
