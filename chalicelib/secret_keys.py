"""The keys of selections, or of webhooks: a secret in Secrets Manager, kept in this process for
some minutes.

The secret is a JSON object that has a key for each key id: `{"2026-11": "…"}`. Two keys at a time
make a rotation (docs/selections.md, docs/webhooks.md). No message and no log line holds a part of
the secret, not even a key id: somebody may have written the two the wrong way round.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from chalicelib.aws import error_code, translated
from chalicelib.errors import LonghaulError, Unavailable
from chalicelib.log import Log

if TYPE_CHECKING:
    from chalicelib.aws import SecretsManager

KEY_MIN: Final = 32
"""Characters. RFC 7518, section 3.2, asks for 256 bits for HS256: 32 bytes at least."""

KID_MAX: Final = 64

FRESH_MS: Final = 5 * 60_000
"""How long the keys are used before they are read again. So long a removed key is still taken."""

USABLE_MS: Final = 60 * 60_000
"""How long the keys are used while Secrets Manager cannot be read."""

AGAIN_MS: Final = 30_000
"""The shortest time from one read to the next: requests with unknown key ids must not make reads
without end."""

AGAIN_WITHOUT_MS: Final = 5_000
"""The same, while there are no keys at all."""


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: Mapping[str, bytes] = field(repr=False)
    read_at: int


class _Unusable(Exception):
    """The secret has no keys as they must be. The text says why, without a part of the secret."""


@dataclass(slots=True)
class SecretKeys:
    """The keys of one secret, whose name or ARN is `secret`. `of` says what they sign. Times are
    Unix time in ms."""

    secret: str
    client: "Callable[[], SecretsManager]"
    of: str = "selections"
    _kept: _Kept | None = None
    _tried_at: int | None = None

    def find(self, kid: str, now: int, log: Log) -> bytes | None:
        """Returns the key with this id; None if the secret has none. Raises Unavailable."""
        return self._fresh(now, log, kid).get(kid)

    def all(self, now: int, log: Log) -> Mapping[str, bytes]:
        """Returns the keys by their ids, in the order of the secret. Raises Unavailable."""
        return self._fresh(now, log)

    def _fresh(self, now: int, log: Log, kid: str | None = None) -> Mapping[str, bytes]:
        """Returns the keys. Reads them if they are old, or if `kid` is not among them."""
        kept = self._kept
        is_due = kept is None or not 0 <= now - kept.read_at < FRESH_MS
        is_due = is_due or (kid is not None and kept is not None and kid not in kept.keys)
        if is_due and not self._was_tried(now):
            found = self._read(now, log)
            # Only now: a request at the same time, if there is one, reads for itself.
            self._tried_at = now
            self._kept = kept = found or self._kept
        if kept is None or not 0 <= now - kept.read_at < USABLE_MS:
            raise Unavailable(f"could not read the keys of {self.of}")
        return kept.keys

    def _was_tried(self, now: int) -> bool:
        pause = AGAIN_MS if self._kept else AGAIN_WITHOUT_MS
        return self._tried_at is not None and 0 <= now - self._tried_at < pause

    def _read(self, now: int, log: Log) -> _Kept | None:
        """Returns the keys as they are now; None, with a line in the log, if they cannot be
        read."""
        from botocore.exceptions import ClientError, ParamValidationError

        try:
            with translated(f"read the keys of {self.of}"):
                answer = self.client().get_secret_value(SecretId=self.secret)
            return _Kept(_keys(answer.get("SecretString")), now)
        except LonghaulError as error:
            reason = error.detail
        except ClientError as error:
            reason = f"could not read the secret: {error_code(error)}"
        except ParamValidationError:
            reason = "no secret can have this name"
        except _Unusable as error:
            reason = str(error)
        log.error("keys not read", of=self.of, secret=self.secret, reason=reason)
        return None


def _keys(text: str | None) -> dict[str, bytes]:
    """Returns the keys that the secret holds. Raises _Unusable."""
    if text is None:
        raise _Unusable("the secret is binary, and must be a text: a JSON object")
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # The decoder's error holds the whole text.
        raise _Unusable("the secret must be a JSON object in which no name comes twice") from None
    if not isinstance(found, dict) or not found:
        raise _Unusable("the secret must be a JSON object with a key for each key id")
    return {
        _checked_id(kid, place): _checked_key(key, place)
        for place, (kid, key) in enumerate(found.items(), 1)
    }


def _checked_id(kid: str, place: int) -> str:
    if not kid.isascii() or not kid.isprintable() or not 1 <= len(kid) <= KID_MAX:
        raise _Unusable(f"key id {place} must have 1 to {KID_MAX} printable ASCII characters")
    return kid


def _checked_key(key: object, place: int) -> bytes:
    if not isinstance(key, str) or len(key) < KEY_MIN:
        raise _Unusable(f"key {place} must be a text of {KEY_MIN} characters or more")
    try:
        return key.encode()
    except UnicodeEncodeError:
        raise _Unusable(f"key {place} holds half of a surrogate pair") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")
