"""What S3 says of objects, in the answers as botocore reads them. Pure."""

from typing import TYPE_CHECKING

from chalicelib.s3.objects import (
    BY_KMS,
    COLD,
    ObjectFacts,
    ObjectPage,
    content_encoding,
    crc32_of_base64,
    has_crc32,
    is_cold,
    storage_class,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        HeadObjectOutputTypeDef,
        ListObjectVersionsOutputTypeDef,
        ObjectTypeDef,
        ObjectVersionTypeDef,
    )


def headed(key: str, answer: "HeadObjectOutputTypeDef", version: str | None) -> ObjectFacts:
    """Returns the facts in the answer to a HEAD. `version` is the one that was asked for."""
    given = answer.get("ChecksumCRC32")
    composite = answer.get("ChecksumType") == "COMPOSITE"
    kept = answer.get("StorageClass")
    return ObjectFacts(
        key=key,
        size=answer["ContentLength"],
        etag=answer["ETag"],
        modified=int(answer["LastModified"].timestamp()),
        crc32=None if composite else crc32_of_base64(given),
        composite=composite and given is not None,
        metadata=answer["Metadata"],
        version=version or answer.get("VersionId"),
        storage_class=storage_class(kept),
        is_archived=is_cold(kept, answer.get("ArchiveStatus"), answer.get("Restore")),
        encoding=content_encoding(answer.get("ContentEncoding")),
        disposition=answer.get("ContentDisposition"),
        kms=answer.get("ServerSideEncryption") in BY_KMS,
    )


def listed(item: "ObjectTypeDef") -> ObjectFacts:
    """Returns the facts of one object of a listing. S3 has restored an object whose status has a
    date.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreStatus.html"""
    restored = "RestoreExpiryDate" in item.get("RestoreStatus", {})
    return _listed(item, restored=restored)


def newest(answer: "ListObjectVersionsOutputTypeDef") -> ObjectPage:
    """Returns the newest versions in a page of versions."""
    versions, markers = answer.get("Versions", []), answer.get("DeleteMarkers", [])
    facts = tuple(_listed(item, version=item["VersionId"]) for item in versions if item["IsLatest"])
    # AWS documents NextKeyMarker as the first key that is not in the page. If that were true, the
    # page after it would not have it either. So the last key is taken from what was listed.
    last = max((rows[-1]["Key"] for rows in (versions, markers) if rows), default="")
    return ObjectPage(facts, answer["IsTruncated"], last)


def _listed(
    item: "ObjectTypeDef | ObjectVersionTypeDef",
    *,
    restored: bool = False,
    version: str | None = None,
) -> ObjectFacts:
    kept = item.get("StorageClass")
    return ObjectFacts(
        key=item["Key"],
        size=item["Size"],
        etag=item["ETag"],
        modified=int(item["LastModified"].timestamp()),
        in_s3=has_crc32(item.get("ChecksumAlgorithm", []), item.get("ChecksumType")),
        version=version,
        storage_class=storage_class(kept),
        is_archived=kept in COLD and not restored,
    )
