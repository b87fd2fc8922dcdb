"""Every request that the code makes to AWS, on its way to moto: a test sees it, or answers it.

They come from botocore's clients, which moto stubs, and from the fast path (chalicelib/s3), whose
wire `MotoWire` stands for.
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

from chalicelib.s3.framing import Answer
from chalicelib.s3.wire import Request
from tests.integration.cloud import ACCOUNT, SOURCES

Wired = tuple[int, Any, Any]
"""A status, headers and a body."""

Hook = Callable[[str, dict[str, Any]], Wired | None]
"""Takes an operation's name and parameters. If it returns something, that is the answer. If it
raises, the caller of AWS gets the error."""

_DESCRIBED = (
    "range",
    "x-amz-copy-source",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-range",
)
_process = BotocoreStubber.process_request
# In AWS a conditional write is one step, and an overwrite does not disturb a read. In moto both are
# true only while there is one request at a time.
_one_at_a_time = Lock()
_before: list[Hook] = []
_after: list[Hook] = []


def s3_error(status: int, code: str) -> Wired:
    """Returns the answer by which S3 reports an error."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return status, {"Content-Type": "application/xml"}, body


DENIED = s3_error(403, "AccessDenied")
SLOW_DOWN = s3_error(503, "SlowDown")
TABLE_IS_DOWN: Wired = 500, {}, json.dumps({"__type": "InternalServerError"})


@contextmanager
def listening(hook: Hook, *, after: bool = False) -> Iterator[None]:
    """Calls `hook` before each request. With `after`, it calls it when AWS has done the request,
    but has not answered yet."""
    hooks = _after if after else _before
    hooks.append(hook)
    try:
        yield
    finally:
        hooks.remove(hook)


@contextmanager
def answering(answer: Wired, *operations: str, bucket: str | None = None) -> Iterator[None]:
    """AWS does none of these requests, and answers each with this. `bucket`: only the requests in
    that bucket."""

    def hook(operation: str, parameters: dict[str, Any]) -> Wired | None:
        is_one = operation in operations and bucket in (None, parameters.get("Bucket"))
        return answer if is_one else None

    with listening(hook):
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

    def source_reads(self) -> list[int]:
        """Returns how many bytes each read of a source file asked for."""
        asked = [read["range"] for read in self.of("GetObject") if read["Bucket"] == SOURCES]
        ranges = [one.removeprefix("bytes=").split("-") for one in asked]
        return [int(last) - int(first) + 1 for first, last in ranges]

    def clear(self) -> None:
        self.made.clear()


class MotoWire:
    """Stands for chalicelib.s3.wire.Wire: moto answers each request."""

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
    """Returns moto's answer to a request, or the one that a hook has for it."""
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
    """Returns a request's operation and parameters, by the names of AWS's API."""
    target = _header(request, "X-Amz-Target")
    if target:
        return target.rsplit(".", 1)[-1], json.loads(_text(request.body))
    url = urlsplit(request.url)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    parameters: dict[str, Any] = {"Bucket": url.netloc.split(".")[0], "Key": unquote(url.path[1:])}
    parameters |= {
        name: query[name] for name in ("uploadId", "partNumber", "versionId") if name in query
    }
    headers = {name: _header(request, name) for name in _DESCRIBED}
    parameters |= {name: value for name, value in headers.items() if value is not None}
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
        return "UploadPartCopy" if "uploadId" in query else "CopyObject"
    if "attributes" in query:
        return "GetObjectAttributes"
    if "delete" in query:
        return "DeleteObjects"
    if "versions" in query:
        return "ListObjectVersions"
    if "versioning" in query:
        return f"{method} versioning"
    kind = method, "uploadId" in query, bool(parameters["Key"])
    return _S3_OPERATIONS.get(kind, f"{method} bucket")


def _what_moto_lacks(operation: str, parameters: dict[str, Any]) -> Wired | None:
    """Answers as S3 does where an upload is gone (NoSuchUpload), and where the source of a copy has
    another ETag (CopySourceIfMatch)."""
    if operation not in (
        "UploadPart",
        "UploadPartCopy",
        "CopyObject",
        "CompleteMultipartUpload",
    ):
        return None
    backend = s3_backends[ACCOUNT]["aws"]
    uploads = backend.get_bucket(parameters["Bucket"]).multiparts
    if operation != "CopyObject" and parameters["uploadId"] not in uploads:
        return s3_error(404, "NoSuchUpload")
    if operation in ("UploadPartCopy", "CopyObject"):
        path, _, version = parameters["x-amz-copy-source"].partition("?versionId=")
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        source = backend.get_object(bucket, key, version or None)
        if source is None:
            return s3_error(404, "NoSuchKey")
        if source.etag.strip('"') != parameters["x-amz-copy-source-if-match"].strip('"'):
            return s3_error(412, "PreconditionFailed")
    return None
