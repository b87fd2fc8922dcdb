"""Webhooks that a stack sends: their content, and their signature. Does no I/O.

The signature is that of Standard Webhooks:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from longhaul import answers
from longhaul.answers import Answer

PREFIX: Final = "whsec_"
"""Begins a key, where a key must be told from other texts. It is no part of the key."""

KEY_MIN: Final = 24
"""Bytes of a key, at least. Standard Webhooks, "Signature scheme"."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class BadSignature(Exception):
    """The webhook is not from somebody who has the key, or it is old. The text says which."""


class Ended(Answer, frozen=True):
    """How a job has ended, as a webhook says it. `reason` says why it failed."""

    job_id: str
    status: str
    reason: str | None = None
    files: _Count = 0
    files_skipped: _Count = 0
    bytes: _Count = 0
    format: str = "zip"
    archives: _Count = 1


class Webhook(Answer, frozen=True):
    """The body of a webhook. `type` is `export.completed`, `export.failed`, `export.cancelled`, or
    one of a newer stack."""

    type: str
    timestamp: datetime
    data: Ended


def read(body: bytes) -> tuple[Webhook, str]:
    """Returns (the webhook, its body as one line of JSON in ASCII). Raises ValueError."""
    try:
        line = json.dumps(json.loads(body.decode()))
    except RecursionError:
        raise ValueError("it is too deep") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except ValueError as error:
        raise ValueError(f"it is not JSON ({error})") from None
    return answers.read(line, Webhook), line


def keys(secret: str) -> tuple[str, ...]:
    """Returns the keys in a secret: one key in base64, with `whsec_` before it or not, or a JSON
    object that has several, as Secrets Manager holds it. Raises ValueError, without a key in its
    text."""
    secret = secret.strip()
    if not secret.startswith("{"):
        found: list[Any] = [secret]
    else:
        try:
            found = list(json.loads(secret).values())
        except (ValueError, RecursionError):
            raise ValueError("it is not JSON, though it begins with {") from None
    if not found or not all(isinstance(key, str) and _is_key(key) for key in found):
        raise ValueError(f"a key is {KEY_MIN} bytes or more in base64, with {PREFIX} before it")
    return tuple(found)


def _is_key(text: str) -> bool:
    try:
        # With an equals sign or not: libraries differ.
        content = text.removeprefix(PREFIX).rstrip("=")
        return len(b64decode(content + "=" * (-len(content) % 4), validate=True)) >= KEY_MIN
    except (binascii.Error, ValueError):
        return False


def verify(body: bytes, headers: Mapping[str, str], known: Sequence[str]) -> None:
    """Raises BadSignature unless one of the known keys has signed the webhook, in the last five
    minutes."""
    from standardwebhooks import Webhook as Verifier
    from standardwebhooks import WebhookVerificationError

    reason = "there is no key"
    for key in known:
        try:
            Verifier(key).verify(body, dict(headers), json_parse=False)
        except WebhookVerificationError as error:
            reason = str(error)
        except ValueError:  # a header that is not as it must be, or a body that is not text
            reason = "malformed"
        else:
            return
    raise BadSignature(reason.lower())
