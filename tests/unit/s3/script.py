"""S3 by a script: its answers are given, and what it was asked is kept. It answers botocore's own
parser and the fast path alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from urllib3.response import HTTPResponse

from chalicelib.s3.access import Access
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.fastpath import FastPath
from chalicelib.s3.framing import Answer
from chalicelib.s3.wire import Request, Wire

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


@dataclass(frozen=True)
class Said:
    """One answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Asked:
    """One request. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def signed(self) -> list[str]:
        """The headers that the signature is about."""
        return self.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")


@dataclass
class Script:
    """Gives its answers in order, and fails when there is no more."""

    answers: list[Said]
    asked: list[Asked] = field(default_factory=list)

    def bucket(self, access: Access, *, fast: bool = False, name: str = "b") -> Bucket:
        _running[:] = [self]
        return Bucket(_client(), name, self._fast() if fast else None, access)

    def archive(self) -> ArchiveBucket:
        _running[:] = [self]
        return ArchiveBucket(_client(), "b")

    @property
    def methods(self) -> list[str]:
        return [asked.method for asked in self.asked]

    def exchange(self, request: Request, into: memoryview | None = None) -> Answer:
        """As chalicelib.s3.wire.Wire does."""
        said = self._answer(request.method, request.origin + request.target, request.headers)
        headers = {"content-length": str(len(said.body)), **said.headers}
        if into is not None and said.status == 206 and len(into) == len(said.body):
            into[:] = said.body
            return Answer(said.status, headers, None)
        return Answer(said.status, headers, said.body)

    def _answer(self, method: str, url: str, headers: Mapping[str, Any]) -> Said:
        found = urlsplit(url)
        texts = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in headers.items()
        }
        query = dict(parse_qsl(found.query, keep_blank_values=True))
        self.asked.append(Asked(method, found.path, query, texts))
        assert self.answers, f"nobody expected {method} {url}"
        return self.answers.pop(0)

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """As botocore's HTTP session does."""
        said = self._answer(request.method, request.url, dict(request.headers.items()))
        headers = {"content-length": str(len(said.body)), **said.headers}
        body = BytesIO(b"" if request.method == "HEAD" else said.body)
        raw = HTTPResponse(
            body, headers, said.status, preload_content=False, request_method=request.method
        )
        return AWSResponse(request.url, said.status, cast("Any", raw.headers), raw)

    def _fast(self) -> FastPath:
        return FastPath(
            wire=cast("Wire", self),
            credentials=Credentials("none", "none"),
            region="eu-central-1",
            endpoint="https://s3.example",
            by_path=True,
            now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
        )


BAD_HEAD = (Said(400), Said(200, {"x-amz-bucket-region": "eu-central-1"}), Said(400))
"""What S3 answers to a HEAD with status 400. botocore asks for the bucket's region, as it could be
another one, and then sends the HEAD again."""

_running: list[Script] = []
"""The script of the test that runs. A client takes long to make, so all tests share one."""


@cache
def _client() -> "S3Client":
    session = botocore.session.Session()
    session.set_credentials("none", "none")
    client = session.create_client(
        "s3",
        region_name="eu-central-1",
        endpoint_url="https://s3.example",
        config=Config(
            signature_version="s3v4",
            retries={"mode": "standard", "total_max_attempts": 1},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        return _running[0].send(request)

    client.meta.events.register("before-send.s3", cast("Any", send))
    return cast("S3Client", client)


def refusal(status: int, code: str, message: str = "", **more: str) -> Said:
    """Returns the answer by which S3 refuses a request other than a HEAD."""
    fields = {"Code": code, "Message": message or code, **more}
    xml = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    body = f'<?xml version="1.0"?><Error>{xml}</Error>'.encode()
    return Said(status, {"content-type": "application/xml"}, body)
