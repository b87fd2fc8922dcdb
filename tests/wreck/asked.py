"""One request of a function to AWS, as a proxy between them sees it. Does no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

Service = Literal["s3", "dynamodb", "sqs"]
SERVICES: tuple[Service, ...] = ("s3", "dynamodb", "sqs")

Address = tuple[str, int]


@dataclass(frozen=True)
class Asked:
    """A request. `target` is the path with its query, as sent. Header names are in lower case.

    `peer` is the function's end of the connection.
    """

    service: Service
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    peer: Address

    @property
    def operation(self) -> str:
        """The name of the AWS operation, for example UploadPart, UpdateItem or SendMessageBatch."""
        if self.service == "s3":
            return self._of_s3()
        return self.headers.get("x-amz-target", "").rpartition(".")[2]

    def mentions(self, text: str) -> bool:
        """Whether the text is in the target or in the body."""
        return text in unquote(self.target) or text.encode() in self.body

    def is_for(self, key: str) -> bool:
        """Whether the request is for the object with this key."""
        return unquote(urlsplit(self.target).path).endswith(f"/{key}")

    def _of_s3(self) -> str:
        url = urlsplit(self.target)
        query = parse_qs(url.query, keep_blank_values=True)
        if "uploadId" in query:
            copies = self.method == "PUT" and "x-amz-copy-source" in self.headers
            return "UploadPartCopy" if copies else _OF_AN_UPLOAD[self.method]
        if self.method == "POST":
            return "CreateMultipartUpload" if "uploads" in query else "DeleteObjects"
        if "/" not in url.path.strip("/"):
            return {"GET": "ListObjectsV2", "HEAD": "HeadBucket"}[self.method]
        return f"{self.method.capitalize()}Object"


_OF_AN_UPLOAD: Final = {
    "PUT": "UploadPart",
    "POST": "CompleteMultipartUpload",
    "DELETE": "AbortMultipartUpload",
    "GET": "ListParts",
}
