"""Sends a webhook, signed as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import json
import re
from base64 import b64decode
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from chalicelib.announcing import events
from chalicelib.announcing.outcomes import NotDelivered
from chalicelib.instants import iso
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import Notice, State
from chalicelib.outbound import NotReached
from chalicelib.receivers import NotAllowed, place_of
from chalicelib.services import Services
from chalicelib.version import VERSION

_PREFIX: Final = "whsec_"
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_KEY_MIN: Final = 24
"""Bytes. So many at least Standard Webhooks asks for, and 64 at most, which nothing depends on."""

_TAKEN: Final = range(200, 300)
_REDIRECTS: Final = range(300, 400)


def send(notice: Notice, job: Job, base: str, services: Services) -> None:
    """Posts the webhook. `base` is the API's URL. Raises NotDelivered."""
    settings = services.settings
    url = notice.to or settings.webhook_url
    if not url:
        raise NotDelivered("WEBHOOK_URL is not set any more", state=State.GIVEN_UP)
    try:
        place = place_of(url, settings.webhook_hosts, is_local=settings.is_local)
    except NotAllowed as error:
        raise NotDelivered(str(error), state=State.GIVEN_UP) from None
    body = _body(job, base, services)
    try:
        answer = services.outbound.post(place, _headers(notice, body, services), body)
    except NotReached as error:
        state = State.GIVEN_UP if error.is_final else State.RETRYING
        raise NotDelivered(error.reason, state=state) from None
    if answer.status in _TAKEN:
        return
    said = f"it answered {_named(answer.status)}"
    if answer.status == HTTPStatus.GONE:
        raise NotDelivered(f"{said}: it wants no more", state=State.GIVEN_UP)
    if answer.status in _REDIRECTS:
        said = f"{said}, and redirects are not followed"
    raise NotDelivered(said, retry_after=answer.retry_after)


def _body(job: Job, base: str, services: Services) -> bytes:
    # A job that has ended moves no more, unless it is deleted, and then it has no notices.
    ended_at = job.updated_at
    includes = services.settings.event_includes
    told = {
        "type": f"export.{job.status}",
        "timestamp": iso(ended_at),
        "data": events.detail(job, "ended", ended_at, includes=includes, base=base),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _headers(notice: Notice, body: bytes, services: Services) -> dict[str, str]:
    """Returns the headers, with a signature by each key of the secret: while a key is replaced, the
    receiver knows one of the two."""
    from standardwebhooks import Webhook

    now = services.now()
    at = datetime.fromtimestamp(now // 1000, UTC)
    keys = services.webhook_keys.all(now, services.log).values()
    signatures = [
        Webhook(_decoded(key, place)).sign(notice.id, at, body.decode())
        for place, key in enumerate(keys, 1)
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Longhaul/{VERSION}",
        "webhook-id": notice.id,
        "webhook-timestamp": str(now // 1000),
        "webhook-signature": " ".join(signatures),
    }


def _decoded(key: bytes, place: int) -> bytes:
    """Returns the bytes that a key of the secret stands for. Raises NotDelivered, and the notice is
    tried again: somebody may mend the secret. No message has a part of the key."""
    text = key.decode().removeprefix(_PREFIX)
    # Python's decoder leaves out what is not base64. A receiver may refuse it, or read it in
    # another way.
    if not _BASE64.fullmatch(text) or len(text.rstrip("=")) % 4 == 1:
        raise NotDelivered(f"key {place} of the secret for webhooks is not base64")
    decoded = b64decode(f"{text.rstrip('=')}==")
    if len(decoded) < _KEY_MIN:
        raise NotDelivered(
            f"key {place} of the secret for webhooks has {len(decoded)} bytes, and must have "
            f"{_KEY_MIN} or more"
        )
    return decoded


def _named(status: int) -> str:
    """Returns the status with the words of the standard, not with the receiver's."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
