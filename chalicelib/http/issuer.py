"""The OpenID provider that issues the tokens: its addresses and its keys, fetched and kept.

Its discovery document (OpenID Connect Discovery 1.0) says where its key set is. A key set is kept
for an hour. A token with a key that is not in it makes us ask again, because providers change their
keys; but not more often than every 30 seconds, because anybody can name a key that does not exist.
If the provider does not answer, the keys of the last day still count.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.errors import Unavailable
from chalicelib.http.signatures import is_usable
from chalicelib.http.tokens import BadToken

KEYS_KEPT_MS: Final = 3600 * 1000
KEYS_KEPT_IN_NEED_MS: Final = 24 * 3600 * 1000
ASKED_AGAIN_MS: Final = 30 * 1000

_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")

_CONNECT_SECONDS: Final = 2.0
_READ_SECONDS: Final = 3.0
_WHOLE_SECONDS: Final = 5.0
"""How long an answer may come: a few bytes now and then must not keep a function busy."""
_PIECE: Final = 64 * 1024  # bytes
_DOCUMENT_MAX: Final = 512 * 1024  # bytes

Fetch = Callable[[str], bytes]
"""Returns what is at a URL. Raises Unavailable."""

Document = Mapping[str, Any]


@dataclass(slots=True)
class Issuer:
    """One provider, as one process knows it. Times are Unix time in ms."""

    url: str
    fetch: Fetch
    _document: Document | None = None
    _keys: Mapping[str | None, Document] = field(default_factory=dict)
    _fetched_at: int | None = None
    _tried_at: int | None = None

    def key(self, key_id: str | None, now: int) -> Document:
        """Returns the public key with this id (RFC 7517). Without an id, the only key that there
        is. Raises BadToken if there is none, and Unavailable if the provider does not answer."""
        if not self._is_known(key_id, now) and self._may_ask(now):
            self._refresh(now)
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if key_id not in self._keys or key_id is None:
            raise BadToken("the token was signed with a key that its issuer does not publish")
        return self._keys[key_id]

    def document(self) -> Document:
        """Returns the discovery document. Raises Unavailable if it cannot be had, or is another
        issuer's."""
        if self._document is None:
            where = f"{self.url.rstrip('/')}/.well-known/openid-configuration"
            document = _json(self.fetch(where))
            # OpenID Connect Discovery 1.0, section 4.3: another issuer's document is worth nothing.
            if document.get("issuer") != self.url:
                raise Unavailable("the token issuer's discovery document names another issuer")
            self._document = document
        return self._document

    def endpoint(self, name: str) -> str | None:
        """Returns an address in the discovery document; None if there is none that is as safe as
        the issuer's own. Raises Unavailable."""
        url = self.document().get(name)
        if not isinstance(url, str):
            return None
        parts = urlsplit(url)
        is_safe = parts.scheme in ("https", urlsplit(self.url).scheme)
        return url if is_safe and _HOST.fullmatch(parts.netloc) else None

    def _is_known(self, key_id: str | None, now: int) -> bool:
        is_fresh = self._fetched_at is not None and now - self._fetched_at < KEYS_KEPT_MS
        return is_fresh and (key_id in self._keys or key_id is None)

    def _may_ask(self, now: int) -> bool:
        return self._tried_at is None or now - self._tried_at >= ASKED_AGAIN_MS

    def _refresh(self, now: int) -> None:
        self._tried_at = now
        try:
            where = self.endpoint("jwks_uri")
            if where is None:
                raise Unavailable("the token issuer does not say where its keys are")
            listed = _json(self.fetch(where)).get("keys")
        except Unavailable:
            is_old = self._fetched_at is None or (now - self._fetched_at >= KEYS_KEPT_IN_NEED_MS)
            if is_old:
                self._tried_at = None  # nothing to fall back on: the next request asks again
                raise
            return
        usable = [key for key in listed if is_usable(key)] if isinstance(listed, list) else []
        self._keys = {key.get("kid"): key for key in usable}
        self._fetched_at = now


@cache
def issuer(url: str) -> Issuer:
    """Returns the provider, as this process knows it."""
    return Issuer(url, fetched)


def fetched(url: str) -> bytes:
    """Returns what is at the URL. Follows no redirect. Raises Unavailable."""
    # botocore needs it, so it costs nothing more.
    from urllib3 import PoolManager, Timeout
    from urllib3.exceptions import HTTPError

    pool = PoolManager(timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS))
    try:
        answer = pool.request("GET", url, redirect=False, retries=False, preload_content=False)
        try:
            until = monotonic() + _WHOLE_SECONDS
            body = b""
            while len(body) <= _DOCUMENT_MAX and (piece := answer.read1(_PIECE)):
                body += piece
                if monotonic() > until:
                    raise Unavailable("the token issuer answers too slowly")
        finally:
            answer.close()
    except (HTTPError, OSError) as error:
        raise Unavailable(f"the token issuer did not answer ({type(error).__name__})") from error
    finally:
        pool.clear()
    if answer.status != HTTPStatus.OK:
        raise Unavailable(f"the token issuer answered {answer.status}")
    if len(body) > _DOCUMENT_MAX:
        raise Unavailable("the token issuer's answer is too long")
    return body


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Unavailable("the token issuer's answer is not a JSON object")
    return content
