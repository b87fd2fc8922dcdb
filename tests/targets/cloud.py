"""The clients of a target, and the objects, queues and tables that its tests make."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from infra.targets import Target

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef
    from mypy_boto3_sqs import SQSClient

    Part = CompletedPartTypeDef

PART_LEAST = 5 * 1024**2


def refusal(call: Callable[..., object], **arguments: Any) -> str | None:
    """The code of the error that the call is answered with; None if it succeeds."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


@dataclass(frozen=True)
class Cloud:
    """One emulator that runs."""

    target: Target

    @property
    def endpoint(self) -> str:
        assert self.target.endpoint_url is not None
        return self.target.endpoint_url

    @cached_property
    def session(self) -> "boto3.Session":
        return self.target.session()

    @cached_property
    def s3(self) -> "S3Client":
        # Checksums only where a test asks for one, as Longhaul does it.
        config = Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            # A refusal is what some tests want; S3 clients try most of them again.
            retries={"total_max_attempts": 1},
        )
        return self.session.client("s3", config=config)

    @cached_property
    def sqs(self) -> "SQSClient":
        return self.session.client("sqs")

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self.session.client("dynamodb")

    @cached_property
    def bucket(self) -> str:
        """A bucket for any test."""
        name = new_name()
        self.s3.create_bucket(Bucket=name)
        return name

    @cached_property
    def table(self) -> str:
        """A table for any test; its key is `id`."""
        name = new_name()
        self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        self.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        return name

    def put(self, content: bytes, **more: Any) -> str:
        """The key of a new object."""
        key = new_name()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, **more)
        return key

    def queue(self, **attributes: str) -> str:
        """The URL of a new queue."""
        return self.sqs.create_queue(QueueName=new_name(), Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]

    def upload(self, key: str | None = None, **more: Any) -> "Upload":
        """A multipart upload, of a new key if none is given."""
        key = key or new_name()
        begun = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, **more)
        return Upload(self, key, begun["UploadId"])


@dataclass(frozen=True)
class Upload:
    """One multipart upload."""

    cloud: Cloud
    key: str
    upload_id: str

    @property
    def address(self) -> dict[str, str]:
        return {"Bucket": self.cloud.bucket, "Key": self.key, "UploadId": self.upload_id}

    def put(self, number: int, content: bytes, **more: Any) -> "Part":
        """Uploads a part; gives it as its completion wants it."""
        answer = self.cloud.s3.upload_part(
            **self.address,  # type: ignore[arg-type]
            PartNumber=number,
            Body=content,
            **more,
        )
        part: Part = {"PartNumber": number, "ETag": answer["ETag"]}
        if "ChecksumCRC32" in answer:
            part["ChecksumCRC32"] = answer["ChecksumCRC32"]
        return part

    def copy(self, number: int, source: str, **more: Any) -> "Part":
        """Copies a part from another object."""
        answer = self.cloud.s3.upload_part_copy(
            **self.address,  # type: ignore[arg-type]
            PartNumber=number,
            CopySource={"Bucket": self.cloud.bucket, "Key": source},
            **more,
        )
        return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

    def complete(self, *, parts: Sequence["Part"], **more: Any) -> str:
        """Ends the upload; gives the object's ETag."""
        answer = self.cloud.s3.complete_multipart_upload(
            **self.address,  # type: ignore[arg-type]
            MultipartUpload={"Parts": list(parts)},
            **more,
        )
        return answer["ETag"]


def new_name() -> str:
    """A name that no other test uses."""
    return f"t-{secrets.token_hex(6)}"
