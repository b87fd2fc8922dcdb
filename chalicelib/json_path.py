"""A shorter way to DynamoDB and SQS than a botocore client, for a function that has just started.

To import botocore and to make one client takes longer than all else that a first request does
(docs/decisions/0043-small-exports.md), and each call takes several times the CPU of this way. The
few operations that an export needs are one POST of JSON each, in which botocore changes nothing.

As the fast path to S3, this way understands success and nothing else. Anything else, be it a
condition that does not hold, is asked again through botocore, as botocore itself asks again when an
answer is lost. Only a function of Lambda takes it: its credentials stand in its environment. It is
not for TransactWriteItems: only botocore makes the token by which that is done once.
"""

import json
import os
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

from chalicelib import slow_calls
from chalicelib.s3.sigv4 import signed
from chalicelib.s3.wire import Patience, Request, Wire

T = TypeVar("T")

_TARGETS: Final = {"dynamodb": "DynamoDB_20120810", "sqs": "AmazonSQS"}
_NAMES: Final = {"dynamodb": "DynamoDB", "sqs": "SQS"}
_OPERATIONS: Final = {
    "get_item": "GetItem",
    "put_item": "PutItem",
    "update_item": "UpdateItem",
    "query": "Query",
    "send_message_batch": "SendMessageBatch",
    "change_message_visibility": "ChangeMessageVisibility",
}
"""The operations by the names of botocore's methods. Both services call them so, and their
parameters."""

_REGION: Final = r"(?!cn-)[a-z]{2}-[a-z]+-\d"
"""A region whose hosts end with amazonaws.com."""

_ONLY_BOTOCORE: Final = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")

WAITING: Final = Patience(connect=1, answer=1, exchange=1)
"""Where somebody waits for an answer: two seconds of the time that botocore's tries leave
(aws.config)."""
WORKING: Final = Patience(connect=3, answer=5, exchange=10)


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials that are good as long as the process lives."""

    access_key: str
    secret_key: str
    token: str | None


@dataclass(frozen=True, slots=True)
class JsonPath:
    """Sends signed requests to one service. `origin` is as that of wire.Request. `now` returns the
    time in UTC."""

    wire: Wire
    keys: Keys
    region: str
    service: str
    origin: str
    now: Callable[[], datetime]

    def ask(self, operation: str, asked: Mapping[str, Any]) -> Any:
        """Returns the answer as botocore would; None if there was none, or no success."""
        try:
            body = json.dumps(asked).encode()
        except TypeError:
            return None  # bytes, of which only botocore makes text
        headers = {
            "host": self.origin.partition("://")[2],
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"{_TARGETS[self.service]}.{operation}",
        }
        sent = signed(
            "POST",
            "/",
            headers,
            keys=self.keys,
            region=self.region,
            now=self.now(),
            service=self.service,
            payload=sha256(body).hexdigest(),
        )
        begun = slow_calls.clock()
        answer = self.wire.exchange(Request("POST", self.origin, "/", sent, body))
        took = slow_calls.clock() - begun
        if took >= slow_calls.SLOW_SECONDS:
            slow_calls.keep(f"{_NAMES[self.service]}.{operation}", took)
        if answer is None or answer.status != HTTPStatus.OK or answer.body is None:
            return None
        checksum = answer.headers.get("x-amz-crc32")
        if checksum is not None and checksum != str(zlib.crc32(answer.body)):
            return None
        try:
            return json.loads(answer.body or b"{}")
        except ValueError:
            return None


class _Client:
    """Stands for a botocore client: takes the shorter way where it can."""

    def __init__(self, path: JsonPath, client: object) -> None:
        self._path = path
        self._client = client

    def __getattr__(self, name: str) -> Any:
        operation = _OPERATIONS.get(name)
        if operation is None:
            return getattr(self._client, name)

        def call(**asked: Any) -> Any:
            answer = self._path.ask(operation, asked)
            return getattr(self._client, name)(**asked) if answer is None else answer

        return call


def shortened(client: T, service: str, *, within: int) -> T:
    """Returns what stands for this client of a service (lazily made: aws.lazily), and takes the
    shorter way. Returns the client itself where only botocore knows the way, or the credentials.
    See aws.config for `within`."""
    path = _path(service, WAITING if within else WORKING)
    return cast("T", _Client(path, client)) if path else client


def _path(service: str, patience: Patience) -> JsonPath | None:
    get = os.environ.get
    key, secret, region = (
        get("AWS_ACCESS_KEY_ID"),
        get("AWS_SECRET_ACCESS_KEY"),
        get("AWS_REGION") or get("AWS_DEFAULT_REGION") or "",
    )
    if not (get("AWS_LAMBDA_FUNCTION_NAME") and key and secret):
        return None
    if any(map(get, _ONLY_BOTOCORE)) or not re.fullmatch(_REGION, region):
        return None
    own = get(f"AWS_ENDPOINT_URL_{service.upper()}") or get("AWS_ENDPOINT_URL")
    origin = (own or f"https://{service}.{region}.amazonaws.com").rstrip("/")
    # urllib.request knows the proxies, too. To import it takes longer than the request.
    proxy = f"{urlsplit(origin).scheme}_proxy"
    if urlsplit(origin).path or any(name.lower() == proxy for name in os.environ):
        return None
    tls = None
    if origin.startswith("https://"):
        from ssl import create_default_context

        tls = create_default_context(cafile=get("AWS_CA_BUNDLE"))
    keys = Keys(key, secret, get("AWS_SESSION_TOKEN"))
    wire = Wire(time.monotonic, tls, patience)
    return JsonPath(wire, keys, region, service, origin, lambda: datetime.now(UTC))
