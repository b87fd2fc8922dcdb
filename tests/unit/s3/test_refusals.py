"""What S3's refusals mean, as AWS words them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import (
    AccessDenied,
    Reason,
    SourceChanged,
    SourceUnreadable,
    StorageRefused,
    Unavailable,
)
from chalicelib.s3.access import Access
from chalicelib.s3.refusals import asking, asking_for

SOURCE = Access()
OURS = None
"""For the archive bucket."""
SSE_C = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be "
    "provided to retrieve the object."
)
ROLE = "User: arn:aws:sts::111122223333:assumed-role/worker/w is not authorized to perform: "
KEY = "arn:aws:kms:eu-central-1:111122223333:key/0a"
IN_A_STATE = "is in a state in which it cannot be used"
NOT_ALLOWED = "may not be used by this stack"


def _refusal(status: int, code: str, message: str = "", **more: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": message, **more},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "GetObject")


@pytest.mark.parametrize(
    ("error", "reason", "why"),
    [
        (
            _refusal(403, "InvalidObjectState", "not valid", StorageClass="DEEP_ARCHIVE"),
            Reason.ARCHIVED,
            "in DEEP_ARCHIVE; restore it first",
        ),
        (
            _refusal(403, "InvalidObjectState", "Operation is not valid for the source object"),
            Reason.ARCHIVED,
            "in cold storage; restore it first",
        ),
        (
            _refusal(403, "ObjectNotInActiveTierError", "The source object is not active"),
            Reason.ARCHIVED,
            "in cold storage; restore it first",
        ),
        (_refusal(403, "AccessDenied", "Access Denied"), Reason.DENIED, "S3 denies it"),
        (_refusal(403, "403", "Forbidden"), Reason.DENIED, "S3 denies it"),
        (_refusal(403, "AllAccessDisabled", "disabled"), Reason.DENIED, "S3 denies it"),
        (
            _refusal(403, "AccessDenied", f"{ROLE}s3:ListBucket on resource: arn:aws:s3:::b"),
            Reason.DENIED,
            "S3 denies it, or it does not exist: the bucket may not be listed",
        ),
        (
            _refusal(400, "InvalidRequest", SSE_C),
            Reason.ENCRYPTED,
            "encrypted with a key of the customer's (SSE-C), which only its owner has",
        ),
        (
            _refusal(400, "InvalidRequest", "Some\nother\x00 thing"),
            Reason.REFUSED,
            "S3 answers InvalidRequest: Someother thing",
        ),
        (_refusal(409, "SomethingNew", "x" * 999), Reason.REFUSED, "SomethingNew: " + "x" * 200),
        (_refusal(400, "400", ""), Reason.REFUSED, "S3 answers 400"),
        (_refusal(405, "MethodNotAllowed", ""), Reason.REFUSED, "S3 answers MethodNotAllowed"),
    ],
)
def test_why_a_source_file_cannot_be_read(error: ClientError, reason: Reason, why: str) -> None:
    _assert_why(error, reason, why)


@pytest.mark.parametrize(
    ("status", "code", "message", "why"),
    [
        (400, "KMS.DisabledException", f"{KEY} is disabled.", "is disabled"),
        (400, "KMS.NotFoundException", "Invalid arn", "does not exist"),
        (400, "KMS.KMSInvalidStateException", f"{KEY} is pending deletion.", "is to be deleted"),
        (400, "KMS.InvalidStateException", f"{KEY} is pending import.", IN_A_STATE),
        (
            400,
            "KMS.InvalidKeyUsageException",
            "no",
            "cannot be used (KMS.InvalidKeyUsageException)",
        ),
        (400, "KMS.AccessDeniedException", "no", NOT_ALLOWED),
        (403, "AccessDenied", f"{ROLE}kms:Decrypt on resource: {KEY}", NOT_ALLOWED),
        (403, "AccessDenied", "The ciphertext refers to a customer master key that …", NOT_ALLOWED),
    ],
)
def test_why_the_kms_key_of_a_source_file_cannot_be_used(
    status: int, code: str, message: str, why: str
) -> None:
    _assert_why(_refusal(status, code, message), Reason.KEY_UNUSABLE, f"its KMS key {why}")


def _assert_why(error: ClientError, reason: Reason, why: str) -> None:
    with pytest.raises(SourceUnreadable) as caught, asking_for("read in/a", "in/a", SOURCE):
        raise error

    assert (caught.value.key, caught.value.reason) == ("in/a", reason)
    assert caught.value.why.removeprefix("S3 answers ") == why.removeprefix("S3 answers ")
    assert str(caught.value) == f"in/a cannot be read: {caught.value.why}"
    assert caught.value.__cause__ is error


def test_no_role_and_no_account_of_ours_is_told() -> None:
    error = _refusal(403, "AccessDenied", f"{ROLE}s3:GetObject on resource: arn:aws:s3:::b/in/a")

    with pytest.raises(SourceUnreadable) as caught, asking_for("read in/a", "in/a", SOURCE):
        raise error

    assert "arn" not in str(caught.value)


def test_a_denial_may_mean_that_another_owns_the_bucket() -> None:
    access = Access(owner="444455556666")
    denied = _refusal(403, "AccessDenied", "Access Denied")

    with pytest.raises(SourceUnreadable) as caught, asking_for("read in/a", "in/a", access):
        raise denied
    with pytest.raises(AccessDenied) as listed, asking("list 'in/'", access):
        raise denied

    said = ", or its bucket does not belong to the account 444455556666"
    assert caught.value.why == f"S3 denies it{said}"
    assert listed.value.detail == f"not allowed to list 'in/'{said}"


@pytest.mark.parametrize(
    ("error", "version", "message"),
    [
        (_refusal(404, "NoSuchKey"), None, "was deleted"),
        (_refusal(404, "NoSuchVersion"), "v", "was deleted"),
        (_refusal(405, "MethodNotAllowed"), "v", "was deleted"),
        (_refusal(400, "InvalidArgument", "Invalid version id specified"), "v", "was deleted"),
        (_refusal(412, "PreconditionFailed"), None, "was overwritten"),
        (_refusal(416, "InvalidRange"), None, "was overwritten"),
    ],
)
@pytest.mark.parametrize("access", [SOURCE, OURS])
def test_an_object_that_is_gone_or_another_has_changed(
    error: ClientError, version: str | None, message: str, access: Access | None
) -> None:
    with (
        pytest.raises(SourceChanged, match=f"in/a {message}") as caught,
        asking_for("read in/a", "in/a", access, version),
    ):
        raise error

    assert caught.value.key == "in/a"
    assert caught.value.why == f"{message} after the export had begun"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "KMS.ThrottlingException"),
        (400, "KMSThrottlingException"),
        (503, "SlowDown"),
        (500, "KMS.KMSInternalException"),
        (400, "RequestTimeout"),
        (408, "408"),
        (425, "TooEarly"),
        (429, "TooManyRequests"),
        (502, "SomethingNew"),
        (400, "ExpiredToken"),
    ],
)
@pytest.mark.parametrize("access", [SOURCE, OURS])
def test_what_passes_by_itself_is_no_fault_of_a_file(
    status: int, code: str, access: Access | None
) -> None:
    with pytest.raises(Unavailable, match=code), asking_for("read in/a", "in/a", access):
        raise _refusal(status, code)


def test_a_bucket_that_is_gone_is_no_fault_of_a_file() -> None:
    with pytest.raises(Unavailable, match="no such bucket"), asking_for("read a", "a", SOURCE):
        raise _refusal(404, "NoSuchBucket")


def test_a_source_whose_bucket_is_gone_says_so_in_a_listing() -> None:
    with pytest.raises(Unavailable, match="no such bucket"), asking("list 'in/'", SOURCE):
        raise _refusal(404, "NoSuchBucket")


@pytest.mark.parametrize(
    ("status", "code"), [(403, "InvalidAccessKeyId"), (403, "SignatureDoesNotMatch")]
)
def test_credentials_that_s3_does_not_take_are_no_fault_of_a_file(status: int, code: str) -> None:
    with pytest.raises(AccessDenied, match=code), asking_for("read a", "a", SOURCE):
        raise _refusal(status, code)


def test_in_our_own_bucket_a_denial_is_one_of_the_stack() -> None:
    with (
        pytest.raises(AccessDenied, match="not allowed to read a"),
        asking_for("read a", "a", OURS),
    ):
        raise _refusal(403, "AccessDenied")


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "InvalidObjectState"), (400, "KMS.DisabledException"), (501, "NotImplemented")],
)
def test_in_our_own_bucket_another_refusal_is_told_by_its_code(status: int, code: str) -> None:
    message = f"S3 refused to read a: {code}: not so"

    with pytest.raises(StorageRefused) as caught, asking_for("read a", "a", OURS):
        raise _refusal(status, code, "not so")

    assert caught.value.detail == message
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("status", "code"), [(400, "InvalidRequest"), (404, "NoSuchBucket"), (409, "BucketNotEmpty")]
)
def test_what_is_about_no_file_is_told_by_its_code(status: int, code: str) -> None:
    with (
        pytest.raises(StorageRefused, match=f"S3 refused to list 'in/': {code}"),
        asking("list 'in/'"),
    ):
        raise _refusal(status, code)
