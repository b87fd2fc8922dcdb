"""How the bucket of a source is asked: who must own it, and who pays. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_NO_HEADERS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Access:
    """How a bucket is asked. `owner` is the account that must own it; empty: any. `requester_pays`:
    we pay for the requests."""

    owner: str = ""
    requester_pays: bool = False

    def of_bucket(self) -> Any:
        """Returns the parameters of a botocore call that asks for the bucket itself."""
        return {"ExpectedBucketOwner": self.owner} if self.owner else {}

    def of_objects(self) -> Any:
        """Returns the parameters of a botocore call that asks for objects, or for a list of
        them."""
        return self.of_bucket() | ({"RequestPayer": "requester"} if self.requester_pays else {})

    def of_copy(self) -> Any:
        """Returns the parameters of a botocore call that copies an object from the bucket."""
        owner = {"ExpectedSourceBucketOwner": self.owner} if self.owner else {}
        return owner | ({"RequestPayer": "requester"} if self.requester_pays else {})

    def headers(self, owner: str = "x-amz-expected-bucket-owner") -> Mapping[str, str]:
        """Returns the headers of a request for objects. `owner` names the header with the owner."""
        if not self.owner and not self.requester_pays:
            return _NO_HEADERS
        named = {owner: self.owner} if self.owner else {}
        return named | ({"x-amz-request-payer": "requester"} if self.requester_pays else {})

    def copy_headers(self) -> Mapping[str, str]:
        """Returns the headers of a request that copies an object from the bucket."""
        return self.headers("x-amz-source-expected-bucket-owner")

    @property
    def condition(self) -> str:
        """What S3 may mean too when it denies a request: empty, or the end of a sentence. S3 says
        AccessDenied also if the owner is another."""
        return f", or its bucket does not belong to the account {self.owner}" if self.owner else ""
