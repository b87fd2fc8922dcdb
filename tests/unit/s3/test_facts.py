"""What a HEAD says of an object: the fast path and botocore understand the same."""

from dataclasses import replace

import pytest

from chalicelib.errors import Reason, SourceUnreadable
from chalicelib.s3.access import Access
from chalicelib.s3.objects import ObjectFacts
from tests.unit.s3.script import BAD_HEAD, Said, Script, refusal

HEADERS = {
    "content-length": "5",
    "etag": '"e"',
    "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT",
    "x-amz-meta-filename": "a.bin",
}
FACTS = ObjectFacts("in/a", 5, '"e"', 1_704_067_200, metadata={"filename": "a.bin"})
ONGOING, RESTORED = 'ongoing-request="true"', 'ongoing-request="false", expiry-date="Fri, 1 Jan"'
SOURCE = Access()


@pytest.mark.parametrize(
    ("headers", "facts"),
    [
        ({}, {}),
        ({"x-amz-version-id": "v1"}, {"version": "v1"}),
        ({"x-amz-version-id": "null"}, {"version": "null"}),
        ({"x-amz-storage-class": "STANDARD_IA"}, {"storage_class": "STANDARD_IA"}),
        ({"x-amz-storage-class": "STANDARD"}, {}),
        ({"x-amz-storage-class": "GLACIER_IR"}, {"storage_class": "GLACIER_IR"}),
        (
            {"x-amz-storage-class": "GLACIER"},
            {"storage_class": "GLACIER", "is_archived": True},
        ),
        (
            {"x-amz-storage-class": "DEEP_ARCHIVE", "x-amz-restore": ONGOING},
            {"storage_class": "DEEP_ARCHIVE", "is_archived": True},
        ),
        (
            {"x-amz-storage-class": "DEEP_ARCHIVE", "x-amz-restore": RESTORED},
            {"storage_class": "DEEP_ARCHIVE"},
        ),
        (
            {"x-amz-storage-class": "INTELLIGENT_TIERING"},
            {"storage_class": "INTELLIGENT_TIERING"},
        ),
        (
            {
                "x-amz-storage-class": "INTELLIGENT_TIERING",
                "x-amz-archive-status": "DEEP_ARCHIVE_ACCESS",
            },
            {"storage_class": "INTELLIGENT_TIERING", "is_archived": True},
        ),
        ({"content-encoding": "gzip"}, {"encoding": "gzip"}),
        ({"content-encoding": "aws-chunked"}, {}),
        ({"content-encoding": "GZIP,aws-chunked"}, {"encoding": "gzip"}),
        ({"content-encoding": "aws-chunked, gzip , br"}, {"encoding": "gzip, br"}),
        ({"content-encoding": ""}, {}),
        ({"content-encoding": "identity"}, {}),
        (
            {"content-disposition": 'attachment; filename="b.txt"'},
            {"disposition": 'attachment; filename="b.txt"'},
        ),
        ({"x-amz-server-side-encryption": "AES256"}, {}),
        ({"x-amz-server-side-encryption": "aws:kms"}, {"kms": True}),
        ({"x-amz-server-side-encryption": "aws:kms:dsse"}, {"kms": True}),
    ],
)
@pytest.mark.parametrize("fast", [True, False])
def test_the_facts_are_those_of_the_headers(
    headers: dict[str, str],
    facts: dict[str, object],
    fast: bool,  # noqa: FBT001 - a parameter
) -> None:
    script = Script([Said(200, HEADERS | headers)])

    assert script.bucket(SOURCE, fast=fast).head("in/a") == replace(FACTS, **facts)  # type: ignore[arg-type]  # any fields
    assert script.methods == ["HEAD"]


@pytest.mark.parametrize("version", ["v/1+2 ~", "null"])
@pytest.mark.parametrize("fast", [True, False])
def test_the_version_that_was_asked_for_is_the_one_of_the_facts(version: str, fast: bool) -> None:  # noqa: FBT001 - a parameter
    script = Script([Said(200, HEADERS | {"x-amz-version-id": version})])

    facts = script.bucket(SOURCE, fast=fast).head("in/a", version=version)

    assert facts == replace(FACTS, version=version)
    assert script.asked[0].query == {"versionId": version}


@pytest.mark.parametrize("fast", [True, False])
def test_an_object_that_is_missing_or_deleted_has_no_facts(fast: bool) -> None:  # noqa: FBT001 - a parameter
    missing, marker = Said(404), Said(404, {"x-amz-delete-marker": "true"})

    for answer in (missing, marker):
        assert Script([answer]).bucket(SOURCE, fast=fast).head("in/a") is None


def test_a_version_that_is_none_has_no_facts() -> None:
    """A delete marker, one that is gone, and an id that S3 does not take."""
    gone, marker = [Said(404)], [Said(405, {"x-amz-delete-marker": "true"})]
    refused = [*BAD_HEAD, refusal(400, "InvalidArgument", "Invalid version id specified")]

    for answers in (gone, marker, refused):
        script = Script([*answers])
        assert script.bucket(SOURCE).head("in/a", version="v") is None
        assert not script.answers


def test_a_status_of_a_head_that_says_nothing_is_a_refusal_of_the_file() -> None:
    with pytest.raises(SourceUnreadable, match="in/a cannot be read: S3 answers 405") as caught:
        Script([Said(405)]).bucket(SOURCE).head("in/a")

    assert caught.value.reason is Reason.REFUSED
