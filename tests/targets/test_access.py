"""Access: links, signatures, policies."""

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from tests.targets.cloud import Cloud, new_name, refusal
from tests.targets.rows import row
from tests.waiting import wait_for

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def status(link: str) -> int:
    try:
        with urllib.request.urlopen(link, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def link(cloud: Cloud, *, seconds: int) -> str:
    place = {"Bucket": cloud.bucket, "Key": cloud.put(b"private")}
    return cloud.s3.generate_presigned_url("get_object", Params=place, ExpiresIn=seconds)


@row("links", "a link opens its object until it has expired")
def test_a_link_expires(cloud: Cloud) -> None:
    short = link(cloud, seconds=2)

    assert status(short) == 200
    wait_for(lambda: status(short) == 403, 10, "the link to expire")


@row("links", "a link that was changed opens nothing")
@pytest.mark.parametrize("change", [("Expires=60", "Expires=6000"), ("Signature=", "Signature=0")])
def test_a_changed_link_is_refused(cloud: Cloud, change: tuple[str, str]) -> None:
    assert status(link(cloud, seconds=60).replace(*change)) == 403


@row(
    "links",
    "an object without public access needs a signature",
    ministack="needs none, except with `ENFORCE_IAM=1`",
    localstack="needs none",
)
def test_a_request_without_a_signature_is_refused(cloud: Cloud) -> None:
    assert status(link(cloud, seconds=60).partition("?")[0]) == 403


@row(
    "IAM",
    "a request with a wrong secret is refused",
    ministack="answered, except with `ENFORCE_IAM=1`",
    localstack="answered",
)
def test_a_wrong_secret_is_refused(cloud: Cloud) -> None:
    stranger = s3(cloud, "test", "not the secret")

    assert refusal(stranger.list_objects_v2, Bucket=cloud.bucket) == "SignatureDoesNotMatch"


@row(
    "IAM",
    "a caller without a policy may do nothing",
    ministack="everything, except with `ENFORCE_IAM=1`",
    localstack="everything",
)
def test_a_user_without_rights_is_refused(cloud: Cloud) -> None:
    iam, name = cloud.session.client("iam"), new_name()
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    user = s3(cloud, key["AccessKeyId"], key["SecretAccessKey"])

    assert refusal(user.list_buckets) == "AccessDenied"


def s3(cloud: Cloud, key: str, secret: str) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=cloud.endpoint,
        region_name=cloud.target.region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(signature_version="s3v4"),
    )
