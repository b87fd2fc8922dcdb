"""The requests that a worker makes by the thousand, on a shorter way than a botocore client's.

A botocore call costs 1.1 to 3.5 ms of CPU, most of it to resolve an endpoint, to check parameters
and to parse an answer against a model; for a small file that is more than moving its bytes. Here
botocore gives its credentials, and the rest is ours: a signature (sigv4.py) and a wire (wire.py),
a tenth of the CPU.

Nothing is interpreted here but success. Whoever asks gets None for anything else (an error status,
a lost connection, a redirect to another region) and asks again through botocore, which retries,
backs off, follows, and raises what it means. So this way can be lost without any loss.
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

from chalicelib.s3.listing_xml import listed_page
from chalicelib.s3.objects import Body, ObjectFacts, ObjectPage, crc32_of_base64
from chalicelib.s3.sigv4 import signed
from chalicelib.s3.wire import Answer, Request, Wire

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_s3.client import S3Client

_METADATA: Final = "x-amz-meta-"


@dataclass(frozen=True, slots=True)
class FastPath:
    """Signed requests to one S3 endpoint, which is "https://host", or "http://host:port". `now`
    returns the time in UTC."""

    wire: Wire
    credentials: "Credentials"
    region: str
    endpoint: str
    by_path: bool
    now: Callable[[], datetime]

    def head(self, bucket: str, key: str) -> tuple[bool, ObjectFacts | None]:
        """(whether the answer was understood, the object's facts or None if there is no object)"""
        answer = self._send("HEAD", bucket, key, headers={"x-amz-checksum-mode": "ENABLED"})
        if answer is None:
            return False, None
        if answer.status == HTTPStatus.NOT_FOUND:
            return True, None
        if answer.status != HTTPStatus.OK:
            return False, None
        try:
            return True, _facts(key, answer.headers)
        except (KeyError, ValueError):
            return False, None

    def list_page(self, bucket: str, prefix: str, after: str) -> ObjectPage | None:
        """A page of a listing, with the keys that follow `after`."""
        # Keys may have characters that XML has not, so they are asked for in the URL's encoding.
        asked = {"encoding-type": "url", "list-type": "2", "prefix": prefix}
        if after:
            asked["start-after"] = after
        answer = self._send("GET", bucket, "", query=urlencode(asked, quote_via=quote, safe="~"))
        said = _body(answer)
        return listed_page(said) if said else None

    def read_into(
        self, buffer: memoryview, bucket: str, key: str, start: int, etag: str | None
    ) -> bool:
        """Whether the buffer was filled with the object's bytes from `start`."""
        headers = {"range": f"bytes={start}-{start + len(buffer) - 1}"}
        if etag:
            headers["if-match"] = etag
        answer = self._send("GET", bucket, key, headers=headers, into=buffer)
        return answer is not None and answer.body is None

    def upload_part(self, bucket: str, key: str, upload: str, number: int, body: Body) -> bool:
        """Whether S3 has taken the part."""
        return self._put(bucket, key, upload, number, {}, body) is not None

    def copy_part(  # noqa: PLR0913, PLR0917 - what one UploadPartCopy takes
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        source: str,
        etag: str,
        source_range: str | None,
    ) -> bool:
        """Whether S3 has copied the part. `source` is "bucket/key", the range "bytes=first-last" or
        all of it."""
        headers = {
            "x-amz-copy-source": quote(source, safe="/~"),
            "x-amz-copy-source-if-match": etag,
        }
        if source_range:
            headers["x-amz-copy-source-range"] = source_range
        said = self._put(bucket, key, upload, number, headers, b"")
        # A failure may come as 200 with an error for a body, once S3 has begun to answer.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
        return said is not None and b"<CopyPartResult" in said

    def _put(  # noqa: PLR0913, PLR0917 - what one part takes
        self,
        bucket: str,
        key: str,
        upload: str,
        number: int,
        headers: dict[str, str],
        body: Body,
    ) -> bytes | None:
        """The body of S3's answer; None if there was none or it was no success."""
        query = f"partNumber={number}&uploadId={quote(upload, safe='')}"
        return _body(self._send("PUT", bucket, key, query=query, headers=headers, body=body))

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
        """The answer, whatever its status; None if there was none. The names in `query` are in
        order."""
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
        return self.wire.exchange(Request(method, origin, target, sent, body), into)

    def _place(self, bucket: str) -> tuple[str, str]:
        """Where the bucket is: origin, and path."""
        # A name with dots does not match the certificate of *.s3.amazonaws.com.
        if self.by_path or "." in bucket:
            return self.endpoint, f"/{bucket}"
        scheme, host = self.endpoint.split("://", 1)
        return f"{scheme}://{bucket}.{host}", ""


def _facts(key: str, said: Mapping[str, str]) -> ObjectFacts:
    checksum = said.get("x-amz-checksum-crc32")
    composite = said.get("x-amz-checksum-type") == "COMPOSITE"
    return ObjectFacts(
        key=key,
        size=int(said["content-length"]),
        etag=said["etag"],
        modified=int(parsedate_to_datetime(said["last-modified"]).timestamp()),
        crc32=None if composite else crc32_of_base64(checksum),
        composite=composite and checksum is not None,
        metadata={
            name.removeprefix(_METADATA): value
            for name, value in said.items()
            if name.startswith(_METADATA)
        },
    )


def _body(answer: Answer | None) -> bytes | None:
    """The body of an answer that tells of success."""
    return answer.body if answer and answer.status == HTTPStatus.OK else None


def made(
    client: "S3Client", credentials: "Credentials", now: Callable[[], datetime]
) -> FastPath | None:
    """A fast path to the client's endpoint and region; None where the endpoint has a path of its
    own, or may lie behind a proxy."""
    from botocore.httpsession import get_cert_path

    endpoint = client.meta.endpoint_url.rstrip("/")
    if urlsplit(endpoint).path:
        return None
    tls = None
    if endpoint.startswith("https://"):
        if "https" in getproxies():
            return None  # botocore knows how to get there
        from ssl import create_default_context

        tls = create_default_context(
            cafile=os.environ.get("AWS_CA_BUNDLE") or get_cert_path(verify=True)
        )
    options: dict[str, Any] = getattr(client.meta.config, "s3", None) or {}
    return FastPath(
        wire=Wire(tls),
        credentials=credentials,
        region=client.meta.region_name,
        endpoint=endpoint,
        by_path=options.get("addressing_style") == "path",
        now=now,
    )
