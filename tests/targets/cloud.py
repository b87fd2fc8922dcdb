"""The AWS clients of a target, and the objects, queues and tables for its tests."""

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
    """Returns the error code of the call; None if it succeeds."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


@dataclass(frozen=True)
class Cloud:
    """One running emulator."""

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
        # Checksums only on request, as in Longhaul.
        config = Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            # Some tests expect an error, and S3 clients would retry most errors.
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
        """The name of a bucket that all tests share."""
        name = new_name()
        self.s3.create_bucket(Bucket=name)
        return name

    @cached_property
    def table(self) -> str:
        """The name of a table that all tests share. Its key is `id`."""
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
        """Puts a new object. Returns its key."""
        key = new_name()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, **more)
        return key

    def queue(self, **attributes: str) -> str:
        """Makes a new queue. Returns its URL."""
        return self.sqs.create_queue(QueueName=new_name(), Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]  # a dict of text

    def upload(self, key: str | None = None, **more: Any) -> "Upload":
        """Opens a multipart upload, for a new key if none is given."""
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
        """Uploads a part. Returns it in the form that `complete` needs."""
        answer = self.cloud.s3.upload_part(
            **self.address,  # type: ignore[arg-type]  # a dict of text
            PartNumber=number,
            Body=content,
            **more,
        )
        part: Part = {"PartNumber": number, "ETag": answer["ETag"]}
        if "ChecksumCRC32" in answer:
            part["ChecksumCRC32"] = answer["ChecksumCRC32"]
        return part

    def copy(self, number: int, source: str, **more: Any) -> "Part":
        """Copies a part from another object. Returns it in the form that `complete` needs."""
        answer = self.cloud.s3.upload_part_copy(
            **self.address,  # type: ignore[arg-type]  # a dict of text
            PartNumber=number,
            CopySource={"Bucket": self.cloud.bucket, "Key": source},
            **more,
        )
        return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

    def complete(self, *, parts: Sequence["Part"], **more: Any) -> str:
        """Completes the upload. Returns the object's ETag."""
        answer = self.cloud.s3.complete_multipart_upload(
            **self.address,  # type: ignore[arg-type]  # a dict of text
            MultipartUpload={"Parts": list(parts)},
            **more,
        )
        return answer["ETag"]


def new_name() -> str:
    """Returns a name that no other test uses."""
    return f"t-{secrets.token_hex(6)}"
