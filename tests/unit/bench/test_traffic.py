"""How the kind of a request is found from its method, address and headers."""

import pytest

from bench.traffic import operation

S3 = {"Authorization": "AWS4-HMAC-SHA256 Credential=AK/20260102/eu-west-1/s3/aws4_request, x"}
TABLE = "Credential=AK/20260102/eu-west-1/dynamodb/aws4_request, SignedHeaders=host"


@pytest.mark.parametrize(
    ("method", "url", "headers", "kind"),
    [
        ("GET", "/b/k", {}, "s3:GetObject"),
        ("GET", "/b/?list-type=2&prefix=a%2F", {}, "s3:ListObjectsV2"),
        ("GET", "/b/k?uploadId=u&max-parts=9", {}, "s3:ListParts"),
        ("GET", "/b/k?attributes", {}, "s3:GetObjectAttributes"),
        ("HEAD", "/b/k", {}, "s3:HeadObject"),
        ("PUT", "/b/k", {}, "s3:PutObject"),
        ("PUT", "/b/k", {"x-amz-copy-source": "b/o"}, "s3:CopyObject"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", {}, "s3:UploadPart"),
        (
            "PUT",
            "/b/k?partNumber=1&uploadId=u",
            {"X-Amz-Copy-Source": b"b/o"},
            "s3:UploadPartCopy",
        ),
        ("POST", "/b/k?uploads", {}, "s3:CreateMultipartUpload"),
        ("POST", "/b/k?uploadId=u", {}, "s3:CompleteMultipartUpload"),
        ("POST", "/b?delete", {}, "s3:DeleteObjects"),
        ("DELETE", "/b/k?uploadId=u", {}, "s3:AbortMultipartUpload"),
        ("DELETE", "/b/k", {}, "s3:DeleteObject"),
        ("PATCH", "/b/k", {}, "s3:PATCH"),
    ],
)
def test_a_request_to_s3_has_the_name_of_its_operation(
    method: str, url: str, headers: dict[str, str | bytes], kind: str
) -> None:
    assert operation(method, url, {**S3, **headers}) == kind


def test_a_request_to_another_service_has_the_name_of_its_target() -> None:
    headers = {"Authorization": TABLE.encode(), "X-Amz-Target": "DynamoDB_20120810.GetItem"}

    assert operation("POST", "/", headers) == "dynamodb:GetItem"


def test_a_request_without_a_signature_is_counted_too() -> None:
    assert operation("GET", "/latest", {}) == "unsigned:GET"
