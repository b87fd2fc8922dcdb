"""The requests that a worker makes by the thousand, on a shorter way than a botocore client's.

A botocore call costs 1.1 to 3.5 ms of CPU, most of it to resolve an endpoint, to check parameters
and to parse an answer against a model; for a small file that is more than moving its bytes. Here
botocore signs (its SigV4 signer, its credentials) and urllib3 sends (its pool): a third of the CPU.

Nothing is interpreted here but success. Whoever asks gets None for anything else (an error status,
a lost connection, a redirect to another region) and asks again through botocore, which retries,
backs off, follows, and raises what it means. So this way can be lost without any loss.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, urlencode, urlsplit

from urllib3.exceptions import HTTPError

from chalicelib.objects import ObjectFacts, ObjectPage, crc32_of_base64, filled, listed_page

if TYPE_CHECKING:
    from botocore.auth import S3SigV4Auth
    from botocore.credentials import Credentials
    from mypy_boto3_s3.client import S3Client
    from urllib3 import BaseHTTPResponse, PoolManager

_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
"""Bodies are not hashed a second time: TLS protects them on their way.
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""

_DOT_SEGMENTS: Final = frozenset({".", ".."})
_METADATA: Final = "x-amz-meta-"


@dataclass(frozen=True, slots=True)
class FastPath:
    """Signed requests to one S3 endpoint. `endpoint` has no slash at its end."""

    pool: "PoolManager"
    signer: "S3SigV4Auth"
    endpoint: str
    by_path: bool

    def head(self, bucket: str, key: str) -> tuple[bool, ObjectFacts | None]:
        """(whether the answer was understood, the object's facts or None if there is no object)"""
        answer = self._send("HEAD", bucket, key, headers={"x-amz-checksum-mode": "ENABLED"})
        if answer is None:
            return False, None
        answer.release_conn()
        if answer.status == HTTPStatus.NOT_FOUND:
            return True, None
        if answer.status != HTTPStatus.OK:
            return False, None
        said = answer.headers
        checksum = said.get("x-amz-checksum-crc32")
        composite = said.get("x-amz-checksum-type") == "COMPOSITE"
        facts = ObjectFacts(
            key=key,
            size=int(said["content-length"]),
            etag=said["etag"],
            modified=int(parsedate_to_datetime(said["last-modified"]).timestamp()),
            crc32=None if composite else crc32_of_base64(checksum),
            composite=composite and checksum is not None,
            metadata={
                name.lower().removeprefix(_METADATA): value
                for name, value in said.items()
                if name.lower().startswith(_METADATA)
            },
        )
        return True, facts

    def list_page(self, bucket: str, prefix: str, after: str) -> ObjectPage | None:
        """A page of a listing, with the keys that follow `after`."""
        # Keys may have characters that XML has not, so they are asked for in the URL's encoding.
        asked = {"encoding-type": "url", "list-type": "2", "prefix": prefix}
        if after:
            asked["start-after"] = after
        answer = self._send("GET", bucket, "", query=urlencode(asked, quote_via=quote))
        if answer is None:
            return None
        said = _body(answer)
        return listed_page(said) if said and answer.status == HTTPStatus.OK else None

    def read_into(
        self, buffer: memoryview, bucket: str, key: str, start: int, etag: str | None
    ) -> bool:
        """Whether the buffer was filled with the object's bytes from `start`."""
        headers = {"range": f"bytes={start}-{start + len(buffer) - 1}"}
        if etag:
            headers["if-match"] = etag
        answer = self._send("GET", bucket, key, headers=headers)
        if answer is None:
            return False
        whole = False
        try:
            whole = answer.status == HTTPStatus.PARTIAL_CONTENT and filled(buffer, answer)
        except (HTTPError, OSError):
            pass
        finally:
            # Half a body that is left unread would be taken for the next answer.
            answer.release_conn() if whole else answer.close()
        return whole

    def upload_part(
        self, bucket: str, key: str, upload: str, number: int, body: bytes | bytearray
    ) -> bool:
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
        body: bytes | bytearray,
    ) -> bytes | None:
        """The body of S3's answer; None if there was none or it was no success."""
        query = f"partNumber={number}&uploadId={quote(upload, safe='')}"
        answer = self._send("PUT", bucket, key, query=query, headers=headers, body=body)
        if answer is None:
            return None
        said = _body(answer)
        return said if answer.status == HTTPStatus.OK else None

    def _send(  # noqa: PLR0913 - an HTTP request
        self,
        method: str,
        bucket: str,
        key: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | bytearray = b"",
    ) -> "BaseHTTPResponse | None":
        """The answer with its body unread, whatever its status; None if there was none.

        Read the body to its end, or close the answer: only then is the connection free again.
        """
        from botocore.awsrequest import AWSRequest

        url = f"{self._bucket_url(bucket)}/{quote(key, safe='/~')}"
        if query:
            url = f"{url}?{query}"
        if _DOT_SEGMENTS.intersection(key.split("/")):
            return None  # urllib3 would take "a/../b" for "b"; to S3 they are two keys
        request = AWSRequest(method, url, headers=dict(headers or {}))
        self.signer.add_auth(request)
        try:
            return self.pool.request(
                method,
                url,
                headers=dict(request.headers.items()),
                body=cast("bytes", body),  # http.client takes any buffer
                preload_content=False,
                redirect=False,
                retries=False,
            )
        except (HTTPError, OSError):
            return None

    def _bucket_url(self, bucket: str) -> str:
        # A name with dots does not match the certificate of *.s3.amazonaws.com.
        if self.by_path or "." in bucket:
            return f"{self.endpoint}/{bucket}"
        scheme, host = self.endpoint.split("://", 1)
        return f"{scheme}://{bucket}.{host}"


def _body(answer: "BaseHTTPResponse") -> bytes | None:
    """The whole body; None if it broke off."""
    try:
        return answer.read()
    except (HTTPError, OSError):
        return None
    finally:
        answer.release_conn()


def fast_path(client: "S3Client", credentials: "Credentials", connections: int) -> FastPath:
    """A fast path to the client's endpoint and region."""
    from botocore.auth import S3SigV4Auth
    from botocore.httpsession import get_cert_path
    from urllib3 import PoolManager, Timeout

    class Signer(S3SigV4Auth):
        """Signs with the credentials of the moment, which may be renewed, and no body's hash."""

        def payload(self, _: Any) -> str:
            return _UNSIGNED

    endpoint = client.meta.endpoint_url.rstrip("/")
    options: dict[str, Any] = getattr(client.meta.config, "s3", None) or {}
    return FastPath(
        pool=PoolManager(
            maxsize=connections,
            block=False,
            timeout=Timeout(connect=3, read=60),
            ca_certs=get_cert_path(verify=True) if urlsplit(endpoint).scheme == "https" else None,
        ),
        signer=Signer(credentials, "s3", client.meta.region_name),
        endpoint=endpoint,
        by_path=options.get("addressing_style") == "path",
    )
