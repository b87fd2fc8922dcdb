"""The session: a cookie that says who has signed in, until when, with a signature."""

import hmac
import secrets
import time
from http.cookies import CookieError, SimpleCookie

LIFE_SECONDS = 12 * 3600
_NAME = "shop"
_ATTRIBUTES = "HttpOnly; SameSite=Lax; Path=/"


def signed_in(user: str, secret: str, *, is_https: bool) -> str:
    """Returns a value for Set-Cookie that signs the user in."""
    value = f"{user}.{int(time.time()) + LIFE_SECONDS}"
    secure = "; Secure" if is_https else ""
    return f"{_NAME}={value}.{_mac(value, secret)}; Max-Age={LIFE_SECONDS}; {_ATTRIBUTES}{secure}"


def signed_out() -> str:
    """Returns a value for Set-Cookie that signs out."""
    return f"{_NAME}=; Max-Age=0; {_ATTRIBUTES}"


def user_of(header: str | None, secret: str) -> str | None:
    """Returns who has signed in, by the request's header Cookie. None: nobody."""
    try:
        found = SimpleCookie(header or "").get(_NAME)
    except CookieError:
        return None
    value, _, mac = found.value.rpartition(".") if found else ("", "", "")
    if not secrets.compare_digest(mac.encode(), _mac(value, secret).encode()):
        return None
    user, _, until = value.partition(".")
    return user if time.time() < int(until) else None


def _mac(value: str, secret: str) -> str:
    return hmac.new(secret.encode(), value.encode(), "sha256").hexdigest()
