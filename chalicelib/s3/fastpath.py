"""A shorter way to S3 than a botocore client, for the requests that a worker makes by the thousand.

A botocore call costs 1.1 to 3.5 ms of CPU, most of it to resolve an endpoint, to check parameters,
and to parse an answer against a model. For a small file that is more than it costs to move the
bytes. Here botocore only supplies the credentials. The signature (sigv4.py) and the connections
(wire.py) are ours, and cost a tenth of the CPU.

This way understands success and nothing else. For anything else (an error status, a lost
connection, a redirect to another region) it returns None or False, and the caller asks again
through botocore. botocore then retries, waits, follows the redirect, and raises the right error. So
nothing is lost if this way fails.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import getproxies

from chalicelib import slow_calls
from chalicelib.s3.framing import Answer
from chalicelib.s3.objects import (
    BY_KMS,
    Body,
    ObjectFacts,
    ObjectPage,
    content_encoding,
    copied_etag,
    crc32_of_base64,
    is_cold,
    storage_class,
)
from chalicelib.s3.sigv4 import signed
from chalicelib.s3.wire import Request, Wire

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_s3.client import S3Client

_METADATA: Final = "x-amz-meta-"
_NO_HEADERS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class FastPath:
    """Sends signed requests to one S3 endpoint, which is "https://host" or "http://host:port".
    `by_path`: the bucket's name is in the path and not in the host name. `now` returns the time in
    UTC."""

    wire: Wire
    credentials: "Credentials"
    region: str
    endpoint: str
    by_path: bool
    now: Callable[[], datetime]

    def head(
        self,
        bucket: str,
        key: str,
        version: str | None = None,
        access: Mapping[str, str] = _NO_HEADERS,
    ) -> tuple[bool, ObjectFacts | None]:
        """Returns (whether the answer was understood, the object's facts). The facts are None if
        there is no such object. `access` has the headers that the bucket asks for."""
        headers = {"x-amz-checksum-mode": "ENABLED", **access}
        answer = self._send("HEAD", bucket, key, query=_version(version), headers=headers)
        if answer is None:
            return False, None
        if answer.status == HTTPStatus.NOT_FOUND:
            return True, None
        if answer.status != HTTPStatus.OK:
            return False, None
        try:
            return True, _facts(key, answer.headers, version)
        except (KeyError, ValueError, OverflowError):
            return False, None

    def list_page(
        self, bucket: str, prefix: str, after: str, access: Mapping[str, str] = _NO_HEADERS
    ) -> ObjectPage | None:
        """Returns a page of a listing, with the keys that come after `after`. None if the answer is
        not understood."""
        from chalicelib.s3.listing_xml import listed_page  # most workers list nothing

        query = {"list-type": "2", "prefix": prefix} | ({"start-after": after} if after else {})
        body = _body(self._list(bucket, query, access))
        return listed_page(body) if body else None

    def list_versions_page(
        self, bucket: str, prefix: str, after: str, access: Mapping[str, str] = _NO_HEADERS
    ) -> ObjectPage | None:
        """Returns the newest versions in a page of versions, with the keys that come after `after`.
        None if the answer is not understood."""
        from chalicelib.s3.listing_xml import newest_page

        query = ({"key-marker": after} if after else {}) | {"prefix": prefix, "versions": ""}
        body = _body(self._list(bucket, query, access))
        return newest_page(body) if body else None

    def _list(
        self, bucket: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Answer | None:
        # Keys may have characters that XML does not allow. So S3 is asked to encode them as in a
        # URL. That name comes before all others in the alphabet.
        asked = urlencode({"encoding-type": "url", **query}, quote_via=quote, safe="~")
        return self._send("GET", bucket, "", query=asked, headers=headers)

    def read_into(  # noqa: PLR0913 - what one GET takes
        self,
        buffer: memoryview,
        bucket: str,
        key: str,
        start: int,
        *,
        etag: str | None,
        version: str | None = None,
        access: Mapping[str, str] = _NO_HEADERS,
    ) -> bool:
        """Fills the buffer with the object's bytes from `start`. Returns whether it did."""
        asked = f"{start}-{start + len(buffer) - 1}"
        headers = {"range": f"bytes={asked}", **access}
        if etag:
            headers["if-match"] = etag
        answer = self._send(
            "GET", bucket, key, query=_version(version), headers=headers, into=buffer
        )
        if answer is None or answer.body is not None:
            return False
        # As many bytes may still be others than those that were asked for.
        # https://www.rfc-editor.org/rfc/rfc9110#name-206-partial-content
        return answer.headers.get("content-range", "").startswith(f"bytes {asked}/")

    def read(self, bucket: str, key: str, access: Mapping[str, str] = _NO_HEADERS) -> bytes | None:
        """Returns the whole object. None if the answer is not understood."""
        return _body(self._send("GET", bucket, key, headers=access))

    def upload_part(
        self, bucket: str, key: str, upload: str, number: int, body: Body
    ) -> str | None:
        """Uploads one part. Returns its ETag; None if S3 has not taken it."""
        answer = self._put(bucket, key, upload, number, body=body)
        return answer.headers.get("etag") if answer else None

    def copy_part(  # noqa: PLR0913 - what one UploadPartCopy takes
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        *,
        source: str,
        etag: str,
        source_range: str | None,
        version: str | None = None,
        access: Mapping[str, str] = _NO_HEADERS,
    ) -> str | None:
        """Has S3 copy a part. Returns the part's ETag; None if S3 has not copied it. `source` is
        "bucket/key", `version` that of the source. `source_range` is "bytes=first-last"; None: the
        whole object."""
        which = f"?{_version(version)}" if version else ""
        headers = {
            "x-amz-copy-source": f"{quote(source, safe='/~')}{which}",
            "x-amz-copy-source-if-match": etag,
            **access,
        }
        if source_range:
            headers["x-amz-copy-source-range"] = source_range
        answer = self._put(bucket, key, upload, number, headers=headers)
        # S3 may fail after it has begun to answer. Then the status is 200, and the body is an
        # error.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
        return copied_etag(answer.body) if answer and answer.body else None

    def _put(  # noqa: PLR0913 - what one part takes
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        body: Body = b"",
    ) -> Answer | None:
        """Returns S3's answer. None if there was none, or no success."""
        query = f"partNumber={number}&uploadId={quote(upload, safe='')}"
        answer = self._send("PUT", bucket, key, query=query, headers=headers, body=body)
        return answer if answer and answer.status == HTTPStatus.OK else None

    def _send(  # noqa: PLR0913 - an HTTP request
        self,
        method: str,
        bucket: str,
        key: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: Body = b"",
        into: memoryview | None = None,
    ) -> Answer | None:
        """Returns the answer, whatever its status. None if there was none. The names in `query`
        must be in alphabetical order."""
        origin, path = self._place(bucket)
        target = f"{path}/{quote(key, safe='/~')}{'?' if query else ''}{query}"
        sent = signed(
            method,
            target,
            {"host": origin.partition("://")[2], **(headers or {})},
            keys=self.credentials.get_frozen_credentials(),
            region=self.region,
            now=self.now(),
        )
        begun = slow_calls.clock()
        answer = self.wire.exchange(Request(method, origin, target, sent, body), into)
        took = slow_calls.clock() - begun
        if took >= slow_calls.SLOW_SECONDS:
            slow_calls.keep(f"S3.{_operation(method, query, sent)}", took)
        return answer

    def _place(self, bucket: str) -> tuple[str, str]:
        """Returns (origin, path) of the bucket."""
        # The certificate of *.s3.amazonaws.com does not match a bucket's name with dots.
        if self.by_path or "." in bucket:
            return self.endpoint, f"/{bucket}"
        scheme, host = self.endpoint.split("://", 1)
        return f"{scheme}://{bucket}.{host}", ""


def _operation(method: str, query: str, headers: Mapping[str, str]) -> str:
    """Returns what AWS calls such a request."""
    if method == "HEAD":
        return "HeadObject"
    if method == "PUT":
        return "UploadPartCopy" if "x-amz-copy-source" in headers else "UploadPart"
    if "list-type=" in query:
        return "ListObjectsV2"
    return "ListObjectVersions" if query.endswith("versions=") else "GetObject"


def _version(version: str | None) -> str:
    return f"versionId={quote(version, safe='~')}" if version else ""


def _facts(key: str, headers: Mapping[str, str], version: str | None) -> ObjectFacts:
    named, kept = headers.get("x-amz-version-id"), headers.get("x-amz-storage-class")
    checksum = headers.get("x-amz-checksum-crc32")
    composite = headers.get("x-amz-checksum-type") == "COMPOSITE"
    return ObjectFacts(
        key=key,
        size=int(headers["content-length"]),
        etag=headers["etag"],
        modified=int(parsedate_to_datetime(headers["last-modified"]).timestamp()),
        crc32=None if composite else crc32_of_base64(checksum),
        composite=composite and checksum is not None,
        metadata={
            name.removeprefix(_METADATA): value
            for name, value in headers.items()
            if name.startswith(_METADATA)
        },
        version=version or named,
        storage_class=storage_class(kept),
        is_archived=is_cold(
            kept, headers.get("x-amz-archive-status"), headers.get("x-amz-restore")
        ),
        encoding=content_encoding(headers.get("content-encoding")),
        disposition=headers.get("content-disposition"),
        kms=headers.get("x-amz-server-side-encryption") in BY_KMS,
    )


def _body(answer: Answer | None) -> bytes | None:
    """Returns the body of a successful answer; None for any other."""
    return answer.body if answer and answer.status == HTTPStatus.OK else None


def made(
    client: "S3Client",
    credentials: "Credentials",
    now: Callable[[], datetime],
    clock: Callable[[], float],
) -> FastPath | None:
    """Returns a fast path to the client's endpoint and region. None if the endpoint has a path of
    its own, or may be behind a proxy. `now` returns the time in UTC, `clock` that of `Wire`."""
    from botocore.httpsession import get_cert_path

    endpoint = client.meta.endpoint_url.rstrip("/")
    if urlsplit(endpoint).path:
        return None
    tls = None
    if endpoint.startswith("https://"):
        if "https" in getproxies():
            return None  # botocore knows how to use the proxy
        from ssl import create_default_context

        tls = create_default_context(
            cafile=os.environ.get("AWS_CA_BUNDLE") or get_cert_path(verify=True)
        )
    options: dict[str, Any] = getattr(client.meta.config, "s3", None) or {}
    return FastPath(
        wire=Wire(clock, tls),
        credentials=credentials,
        region=client.meta.region_name,
        endpoint=endpoint,
        by_path=options.get("addressing_style") == "path",
        now=now,
    )
