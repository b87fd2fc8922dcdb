"""The function `telemetry`: lines that CloudWatch Logs hands over → traces and logs at a backend.

It has two sources. CloudWatch Logs calls it asynchronously. If the backend is down, it raises; then
Lambda calls it twice more, and puts the event into a queue. That queue is the other source: there,
an event stays until it is sent, or too old. Nothing else of the stack waits for any of it.

Its own log group is not subscribed, so what it writes ships nowhere.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

from chalicelib import aws
from chalicelib.log import JsonLines
from chalicelib.telemetry import send
from chalicelib.telemetry.endpoints import HEADERS, BadEndpoint, Endpoint, endpoints
from chalicelib.telemetry.otlp import Partial, Signal
from chalicelib.telemetry.secret_headers import HeadersNotRead, SecretHeaders
from chalicelib.telemetry.shipping import Shipper, Undelivered
from chalicelib.telemetry.subscription import BadBatch, batch, group_of

KEPT_MS: Final = 4 * 24 * 3600 * 1000
"""How long the queue keeps an event (infra/resources.yaml)."""

LAST_TRY_MS: Final = KEPT_MS - 2 * 3600 * 1000
"""The age after which an event that cannot be sent is dropped, and the log says so. The queue would
drop it without a word."""

_NAME: Final = "AWS_LAMBDA_FUNCTION_NAME"

PartialFailure = dict[str, list[dict[str, str]]]


class Context(Protocol):
    """What Lambda says of an invocation, as far as it is used here."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What the function has for all its invocations. `now` is Unix ms. `own_group` is the log group
    of the function itself."""

    shipper: Shipper
    endpoints: Callable[[], Mapping[Signal, Endpoint]]
    now: Callable[[], int]
    own_group: str

    def handle(self, event: Mapping[str, Any], context: Context) -> PartialFailure | None:
        """Sends what an event has. Returns which messages of the queue come again. Raises
        Undelivered for an event of CloudWatch Logs, which then comes again."""
        if "Records" not in event:
            self._ship(event, context)
            return None
        failed = [record for record in event["Records"] if not self._is_done(record, context)]
        return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in failed]}

    def _is_done(self, record: Mapping[str, Any], context: Context) -> bool:
        """Sends what a message of the queue has. Returns whether it can be deleted."""
        event = _asked(record["body"])
        try:
            self._ship(event, context)
        except Exception as error:
            if not isinstance(error, Undelivered):
                self.shipper.log.exception("telemetry broke")
            if self.now() - int(record["attributes"]["SentTimestamp"]) < LAST_TRY_MS:
                return False
            hours = LAST_TRY_MS // 3_600_000
            self._dropped(f"could not be sent in {hours} hours", len(batch(event).lines))
        return True

    def _ship(self, event: object, context: Context) -> None:
        try:
            found = batch(event)
        except BadBatch as error:
            self._dropped(str(error))
            return
        # Somebody may have subscribed it by hand: its lines would go round in a circle.
        if found.group == self.own_group:
            return
        if found.unreadable:
            self._dropped("they are no lines of a log", found.unreadable)
        try:
            to = self.endpoints()
        except (BadEndpoint, HeadersNotRead) as error:
            self.shipper.log.error("telemetry not sent", reason=str(error))
            raise Undelivered from None
        self.shipper.ship(found.lines, to, context.get_remaining_time_in_millis)

    def _dropped(self, reason: str, lines: int | None = None) -> None:
        """Says what is lost. `lines` is None if nobody knows how many there were."""
        self.shipper.log.error("telemetry dropped", lines=lines, reason=reason)


def handle(event: Mapping[str, Any], context: Context) -> PartialFailure | None:
    """Sends what an event of CloudWatch Logs or of the queue has (Telemetry.handle)."""
    return _telemetry().handle(event, context)


@cache
def _telemetry() -> Telemetry:
    headers = SecretHeaders(os.environ.get(HEADERS, ""), lambda: aws.secrets_manager(20))
    return Telemetry(
        shipper=Shipper(post=_post, refused=headers.forget, log=JsonLines()),
        endpoints=lambda: endpoints({**os.environ, HEADERS: headers.text(_now())}),
        now=_now,
        own_group=group_of(os.environ.get(_NAME, "")),
    )


def _post(endpoint: Endpoint, body: bytes) -> Partial:
    return send.post(endpoint, body, lambda: aws.session().get_credentials())


def _now() -> int:
    return time.time_ns() // 1_000_000


def _asked(body: str) -> object:
    """Returns the event that Lambda has put into the queue.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said.get("requestPayload") if isinstance(said, dict) else None
