"""Every request that the code makes to AWS, on its way to moto: heard, answered or cut.

Both ways lead here: botocore's clients, which moto stubs, and the fast path's wire, in whose place
`MotoWire` stands.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber
from moto.s3.models import s3_backends

from chalicelib.s3.wire import Answer, Request

Wired = tuple[int, Any, Any]
"""A status, headers and a body."""

Hook = Callable[[str, dict[str, Any]], Wired | None]
"""Gets an operation's name and parameters. What it raises, the caller gets; what it returns, if
anything, is the answer."""

_ACCOUNT = "123456789012"
_HEARD = (
    "range",
    "x-amz-copy-source",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-range",
)
_process = BotocoreStubber.process_request
# AWS does a conditional write in one go, and keeps what is read and overwritten at the same time
# apart; moto does so only if nobody else is in.
_one_at_a_time = Lock()
_before: list[Hook] = []
_after: list[Hook] = []


class Crash(BaseException):
    """The end of a worker's process, as its code sees it."""


@contextmanager
def listening(hook: Hook, *, after: bool = False) -> Iterator[None]:
    """Calls `hook` before each request; with `after`, when AWS has done it and has not answered."""
    hooks = _after if after else _before
    hooks.append(hook)
    try:
        yield
    finally:
        hooks.remove(hook)


@contextmanager
def crashing(operation: str, *, nth: int = 1, after: bool = False) -> Iterator[None]:
    """The process ends at its nth request of this kind."""
    seen: Counter[str] = Counter()

    def crash(name: str, _: dict[str, Any]) -> None:
        seen[name] += 1
        if name == operation and seen[name] == nth:
            raise Crash(f"{operation} {nth}")

    with listening(crash, after=after):
        yield


@dataclass(slots=True)
class Requests:
    """The requests that were made, in order: the operation and its parameters."""

    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, operation: str, parameters: dict[str, Any]) -> None:
        self.made.append((operation, parameters))

    def count(self) -> Counter[str]:
        return Counter(operation for operation, _ in self.made)

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.made if name == operation]

    def clear(self) -> None:
        self.made.clear()


class MotoWire:
    """A wire that ends at moto, whatever it is connected to."""

    def exchange(self, request: Request, into: memoryview | None = None) -> Answer:
        sent = HTTPHeaders()
        for name, value in request.headers.items():
            sent[name] = value
        url = request.origin + request.target
        prepared = AWSPreparedRequest(
            request.method, url, sent, bytes(request.body), stream_output=True
        )
        wired = botocore_stubber.process_request(prepared)
        assert wired is not None, f"{request.method} {url} would leave this machine"
        status, answered, content = wired
        body = content.encode() if isinstance(content, str) else content
        headers = {str(name).lower(): str(value) for name, value in dict(answered).items()}
        if into is not None and status == HTTPStatus.PARTIAL_CONTENT and len(body) == len(into):
            into[:] = body
            return Answer(status, headers, None)
        return Answer(status, headers, b"" if request.method == "HEAD" else body)


def process(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Wired | None:
    """moto's answer to a request, or what stands in for it."""
    if isinstance(request.body, bytearray):  # a buffer, which moto does not take
        request.body = bytes(request.body)
    operation, parameters = described(request)
    for hook in tuple(_before):
        answer = hook(operation, parameters)
        if answer is not None:
            return answer
    with _one_at_a_time:
        answer = _what_moto_lacks(operation, parameters) or _process(stubber, request)
    for hook in tuple(_after):
        answer = hook(operation, parameters) or answer
    return answer


def described(request: AWSPreparedRequest) -> tuple[str, dict[str, Any]]:
    """A request's operation and parameters, by the names of AWS's API."""
    target = _header(request, "X-Amz-Target")
    if target:
        return target.rsplit(".", 1)[-1], json.loads(_text(request.body))
    url = urlsplit(request.url)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    parameters: dict[str, Any] = {"Bucket": url.netloc.split(".")[0], "Key": unquote(url.path[1:])}
    parameters |= {name: query[name] for name in ("uploadId", "partNumber") if name in query}
    heard = {name: _header(request, name) for name in _HEARD}
    parameters |= {name: value for name, value in heard.items() if value is not None}
    return _s3_operation(request.method, query, parameters), parameters


def _header(request: AWSPreparedRequest, name: str) -> str | None:
    value: object = request.headers.get(name)
    return None if value is None else _text(value)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


_S3_OPERATIONS = {
    # method, has an upload's id, names a key
    ("GET", True, True): "ListParts",
    ("PUT", True, True): "UploadPart",
    ("POST", True, True): "CompleteMultipartUpload",
    ("DELETE", True, True): "AbortMultipartUpload",
    ("GET", False, True): "GetObject",
    ("HEAD", False, True): "HeadObject",
    ("PUT", False, True): "PutObject",
    ("POST", False, True): "CreateMultipartUpload",
    ("DELETE", False, True): "DeleteObject",
    ("GET", False, False): "ListObjectsV2",
    ("HEAD", False, False): "HeadBucket",
}


def _s3_operation(method: str, query: dict[str, str], parameters: dict[str, Any]) -> str:
    if "x-amz-copy-source" in parameters:
        return "UploadPartCopy"
    if "attributes" in query:
        return "GetObjectAttributes"
    if "delete" in query:
        return "DeleteObjects"
    kind = method, "uploadId" in query, bool(parameters["Key"])
    return _S3_OPERATIONS.get(kind, f"{method} bucket")


def _what_moto_lacks(operation: str, parameters: dict[str, Any]) -> Wired | None:
    """NoSuchUpload where an upload is gone, and CopySourceIfMatch."""
    if operation not in ("UploadPart", "UploadPartCopy", "CompleteMultipartUpload"):
        return None
    backend = s3_backends[_ACCOUNT]["aws"]
    if parameters["uploadId"] not in backend.get_bucket(parameters["Bucket"]).multiparts:
        return s3_error(404, "NoSuchUpload")
    if operation == "UploadPartCopy":
        bucket, _, key = unquote(parameters["x-amz-copy-source"]).lstrip("/").partition("/")
        source = backend.get_object(bucket, key)
        if source is None:
            return s3_error(404, "NoSuchKey")
        if source.etag.strip('"') != parameters["x-amz-copy-source-if-match"].strip('"'):
            return s3_error(412, "PreconditionFailed")
    return None


def s3_error(status: int, code: str) -> Wired:
    """How S3 says that something went wrong."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return status, {"Content-Type": "application/xml"}, body
