"""Parses S3's answers to ListObjectsV2 and ListObjectVersions. Pure.

botocore's parser works with a model of each answer. That takes ten times as long: minutes for a
million files.
"""

from datetime import datetime
from urllib.parse import unquote_plus
from xml.etree import ElementTree  # nosec B405 - what it parses, S3 wrote; botocore does so too

from chalicelib.s3.objects import COLD, ObjectFacts, ObjectPage, has_crc32, storage_class


def listed_page(body: bytes) -> ObjectPage | None:
    """Returns the page in an answer with `encoding-type=url`; None if the answer is not understood.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  # nosec B314 - S3's own
        space = root.tag.removesuffix("ListBucketResult")
        facts = tuple(_listed(item, space) for item in root.iter(f"{space}Contents"))
        return ObjectPage(facts, _text(root, f"{space}IsTruncated") == "true")
    except (ElementTree.ParseError, ValueError):
        return None


def newest_page(body: bytes) -> ObjectPage | None:
    """Returns the newest versions in a page of versions, whose answer has `encoding-type=url`; None
    if the answer is not understood.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
    """
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  # nosec B314 - S3's own
        space = root.tag.removesuffix("ListVersionsResult")
        versions = root.findall(f"{space}Version")
        facts = tuple(
            _listed(item, space, _text(item, f"{space}VersionId"))
            for item in versions
            if _text(item, f"{space}IsLatest") == "true"
        )
        kinds = versions, root.findall(f"{space}DeleteMarker")
        last = max((_key(rows[-1], space) for rows in kinds if rows), default="")
        return ObjectPage(facts, _text(root, f"{space}IsTruncated") == "true", last)
    except (ElementTree.ParseError, ValueError):
        return None


def _key(item: ElementTree.Element, space: str) -> str:
    return unquote_plus(_text(item, f"{space}Key"), errors="strict")


def _listed(item: ElementTree.Element, space: str, version: str | None = None) -> ObjectFacts:
    modified = datetime.fromisoformat(_text(item, f"{space}LastModified"))
    kept = item.findtext(f"{space}StorageClass")
    return ObjectFacts(
        key=_key(item, space),
        size=int(_text(item, f"{space}Size")),
        etag=_text(item, f"{space}ETag"),
        modified=int(modified.timestamp()),
        in_s3=has_crc32(
            [found.text for found in item.findall(f"{space}ChecksumAlgorithm")],
            item.findtext(f"{space}ChecksumType"),
        ),
        version=version,
        storage_class=storage_class(kept),
        is_archived=kept in COLD,
    )


def _text(element: ElementTree.Element, name: str) -> str:
    """Returns the text of the child with this name. Raises ValueError if there is none."""
    text = element.findtext(name)
    if not text:
        raise ValueError(f"there is no {name}")
    return text
