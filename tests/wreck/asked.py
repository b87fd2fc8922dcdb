"""One request of a function to AWS, as something between the two sees it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

Service = Literal["s3", "dynamodb", "sqs"]
SERVICES: tuple[Service, ...] = ("s3", "dynamodb", "sqs")

Address = tuple[str, int]


@dataclass(frozen=True)
class Asked:
    """`target` is the path with its query as sent, header names are lower case, `peer` is the end
    of the connection that the function's process holds."""

    service: Service
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    peer: Address

    @property
    def operation(self) -> str:
        """What AWS calls it: UploadPart, UpdateItem, SendMessageBatch, …"""
        if self.service == "s3":
            return self._of_s3()
        return self.headers.get("x-amz-target", "").rpartition(".")[2]

    def mentions(self, text: str) -> bool:
        """Whether the text is in the key or in the body."""
        return text in unquote(self.target) or text.encode() in self.body

    def is_for(self, key: str) -> bool:
        """Whether it is the object with this key that is asked for."""
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
