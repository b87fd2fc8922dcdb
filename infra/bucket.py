"""The bucket that packages and templates go through on their way to CloudFormation."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from infra.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

# S3's first region. A request that creates a bucket there must not name the region.
_UNNAMED_REGION = "us-east-1"


class DeploymentBucket:
    """A private, encrypted bucket, one for each account and region, shared by all stacks there."""

    def __init__(self, target: Target) -> None:
        session = target.session()
        account = session.client("sts").get_caller_identity()["Account"]
        self._s3: S3Client = session.client("s3")
        self._region = target.region
        self.name = f"longhaul-deploy-{account}-{target.region}"

    def ensure(self) -> None:
        """Makes the bucket if it is missing."""
        if _is_missing(self._s3.head_bucket, Bucket=self.name):
            self._create()

    def put_once(self, key: str, body: bytes) -> None:
        """Uploads `body` unless the key exists. Here, each key is a digest of its content."""
        if _is_missing(self._s3.head_object, Bucket=self.name, Key=key):
            self._s3.put_object(Bucket=self.name, Key=key, Body=body)

    def url(self, key: str) -> str:
        """Returns the object's URL. CloudFormation reads it with its own credentials."""
        return f"{self._s3.meta.endpoint_url}/{self.name}/{key}"

    def _create(self) -> None:
        if self._region == _UNNAMED_REGION:
            self._s3.create_bucket(Bucket=self.name)
        else:
            region = cast("BucketLocationConstraintType", self._region)
            self._s3.create_bucket(
                Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": region}
            )
        self._s3.put_public_access_block(
            Bucket=self.name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        self._s3.put_bucket_encryption(
            Bucket=self.name,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        )


def empty(s3: "S3Client", bucket: str, prefix: str = "") -> None:
    """Deletes all objects of an unversioned bucket, or those below a prefix.

    CloudFormation deletes a bucket only if it has no objects.
    """
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        objects: list[ObjectIdentifierTypeDef] = [
            {"Key": found["Key"]} for found in page.get("Contents", [])
        ]
        if objects:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def _is_missing(head: Callable[..., object], **place: str) -> bool:
    try:
        head(**place)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
            return True
        raise
    return False
