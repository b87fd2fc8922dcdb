"""Counts what a process sends to AWS: requests by kind, and the bytes of files in and out.

There are two ways to AWS: botocore's clients send through urllib3's connection pool, and the
worker's shorter path through a Wire of its own. The counter stands at the last call of each. So all
contenders are counted in the same way, with their retries.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from urllib3 import HTTPConnectionPool

from chalicelib.s3.framing import Answer
from chalicelib.s3.wire import Request, Wire

_SERVICE: Final = re.compile(r"Credential=[^/]+/\d+/[^/]+/(?P<service>[^/]+)/aws4_request")

# S3's operations: method, a name in the query, a name in the headers. The first that fits counts.
_S3: Final = (
    ("PUT", "partNumber", "x-amz-copy-source", "UploadPartCopy"),
    ("PUT", "partNumber", None, "UploadPart"),
    ("PUT", None, "x-amz-copy-source", "CopyObject"),
    ("PUT", None, None, "PutObject"),
    ("POST", "uploads", None, "CreateMultipartUpload"),
    ("POST", "uploadId", None, "CompleteMultipartUpload"),
    ("POST", "delete", None, "DeleteObjects"),
    ("DELETE", "uploadId", None, "AbortMultipartUpload"),
    ("DELETE", None, None, "DeleteObject"),
    ("GET", "list-type", None, "ListObjectsV2"),
    ("GET", "uploadId", None, "ListParts"),
    ("GET", "attributes", None, "GetObjectAttributes"),
    ("GET", None, None, "GetObject"),
    ("HEAD", None, None, "HeadObject"),
)


@dataclass(slots=True)
class Traffic:
    """What was counted since the last `take`.

    `bytes_in` are the bodies of S3's answers to GetObject. `bytes_out` are the bodies of UploadPart
    and PutObject.
    """

    requests: Counter[str] = field(default_factory=Counter)
    bytes_in: int = 0
    bytes_out: int = 0
    _lock: Lock = field(default_factory=Lock)

    def listen(self) -> None:
        """From now on, counts what this process sends."""
        send, exchange = HTTPConnectionPool.urlopen, Wire.exchange

        def urlopen(
            pool: HTTPConnectionPool, method: str, url: str, body: Any = None, *args: Any, **kw: Any
        ) -> Any:
            headers = kw.get("headers") or (args[0] if args else {})
            answer = send(pool, method, url, body, *args, **kw)
            self._count(operation(method, url, headers), body, answer.headers)
            return answer

        def exchanged(
            wire: Wire, request: Request, into: memoryview | None = None
        ) -> Answer | None:
            answer = exchange(wire, request, into)
            kind = operation(request.method, request.target, request.headers)
            self._count(kind, request.body, answer.headers if answer else {})
            return answer

        # Neither class has a hook, so a method is replaced.
        for owner, method, counted in (
            (HTTPConnectionPool, "urlopen", urlopen),
            (Wire, "exchange", exchanged),
        ):
            setattr(owner, method, counted)

    def take(self) -> "Traffic":
        """Returns what was counted, and starts again from zero."""
        with self._lock:
            taken = Traffic(self.requests, self.bytes_in, self.bytes_out)
            self.requests, self.bytes_in, self.bytes_out = Counter(), 0, 0
        return taken

    def _count(self, kind: str, body: Any, answered: Mapping[str, str]) -> None:
        with self._lock:
            self.requests[kind] += 1
            if kind == "s3:GetObject":
                self.bytes_in += int(answered.get("content-length", 0))
            elif kind in {"s3:UploadPart", "s3:PutObject"}:
                self.bytes_out += _length(body)


def operation(method: str, url: str, headers: Mapping[str, Any]) -> str:
    """Returns the kind of a request, as IAM writes it: "s3:GetObject", "dynamodb:UpdateItem"."""
    named = {name.lower(): _text(value) for name, value in headers.items()}
    signed = _SERVICE.search(named.get("authorization", ""))
    service = signed["service"] if signed else "unsigned"
    if service != "s3":
        return f"{service}:{named.get('x-amz-target', method).rpartition('.')[2]}"
    query = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    for verb, in_query, in_headers, name in _S3:
        asked = in_query is None or in_query in query
        if verb == method and asked and (in_headers is None or in_headers in named):
            return f"s3:{name}"
    return f"s3:{method}"


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _length(body: Any) -> int:
    """Returns the bytes of a request's body: a buffer, or a file that was read to its end."""
    if body is None:
        return 0
    return len(body) if hasattr(body, "__len__") else int(body.tell())
